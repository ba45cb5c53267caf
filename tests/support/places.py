"""Strategies for what looks for places, for sums of many, and for functions of bool."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from support.islands import COMPARISONS, back, compared, floats
from tinyrob.ir import graph as ir

if TYPE_CHECKING:
    from support.graphs import Builder

Strategy = Callable[["Builder", int], int]


def _axis(b: Builder, shape: tuple[int, ...]) -> tuple[int, int]:
    """One behind the batch's, and how it is stored."""
    axis = b.integer(1, len(shape) - 1)
    return axis, b.scalar(axis - len(shape) if b.integer(0, 1) else axis)


def arg(kind: type[ir.Attributes]) -> Strategy:
    """Behind it QUANTIZE, so that other operators may follow."""

    def build(b: Builder, source: int) -> int:
        shape = b.tensors[source].shape
        axis, stored = _axis(b, shape)
        made = [n for i, n in enumerate(shape) if i != axis]
        place = b.tensor(made, ir.Quantization((1.0,), (0,)), "int32")
        b.ops.append(ir.Op(kind(), (source, stored), (place,)))
        return b.apply(ir.Quantize(), (place,), made, b.grid(8.0))

    return build


def cumsum(b: Builder, source: int) -> int:
    tensor = b.tensors[source]
    axis, stored = _axis(b, tensor.shape)
    attributes = ir.Cumsum(b.integer(0, 1) == 1, b.integer(0, 1) == 1)
    grid = b.grid(tensor.quantization.scale * tensor.shape[axis])
    return b.apply(attributes, (source, stored), tensor.shape, grid)


def add_n(b: Builder, source: int) -> int:
    """Of other activations, of constants, and of more than an int32 holds 20 bits up."""
    tensor = b.tensors[source]
    alike = [
        i
        for i in b.activations
        if (b.tensors[i].shape, b.tensors[i].quantization) == (tensor.shape, tensor.quantization)
    ]
    inputs = [source, *(b.choice(alike) for _ in range(b.choice((1, 2, 20))))]
    if b.integer(0, 1):
        data = b.random.integers(-128, 128, tensor.shape)
        inputs.insert(b.integer(0, 1), b.tensor((), tensor.quantization, data=data))
    return b.apply(ir.AddN(), inputs, tensor.shape, b.grid(2 * tensor.quantization.scale))


def _condition(b: Builder, attributes: ir.Attributes, inputs, shape) -> int:
    made = b.tensor(shape, None, "bool")
    b.ops.append(ir.Op(attributes, tuple(inputs), (made,)))
    return made


def _shown(b: Builder, condition: int) -> int:
    shape = b.tensors[condition].shape
    return back(b, floats(b, ir.Cast(), condition, shape), 2.0**-6)


def logical(kind: type[ir.Attributes]) -> Strategy:
    def build(b: Builder, source: int) -> int:
        first, second = (compared(b, source, b.choice(COMPARISONS)) for _ in range(2))
        return _shown(b, _condition(b, kind(), (first, second), b.tensors[source].shape))

    return build


def logical_not(b: Builder, source: int) -> int:
    first = compared(b, source, b.choice(COMPARISONS))
    return _shown(b, _condition(b, ir.LogicalNot(), (first,), b.tensors[source].shape))


def reduce_all(b: Builder, source: int) -> int:
    shape, keep = b.tensors[source].shape, b.integer(0, 1) == 1
    axis, stored = _axis(b, shape)
    made = [1 if i == axis else n for i, n in enumerate(shape) if keep or i != axis]
    first = compared(b, source, b.choice(COMPARISONS))
    return _shown(b, _condition(b, ir.ReduceAll(keep), (first, stored), made))


PLACES: dict[str, Strategy] = {
    "ARG_MAX": arg(ir.ArgMax),
    "ARG_MIN": arg(ir.ArgMin),
    "CUMSUM": cumsum,
    "ADD_N": add_n,
    "LOGICAL_AND": logical(ir.LogicalAnd),
    "LOGICAL_OR": logical(ir.LogicalOr),
    "LOGICAL_NOT": logical_not,
    "REDUCE_ALL": reduce_all,
}
