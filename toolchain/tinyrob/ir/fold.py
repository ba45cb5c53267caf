"""Folds what converters leave of shapes: operators on constants become the constants they make.

The converter's usual call leaves the batch axis open, and computes the shape that a RESHAPE asks
for at run time: SHAPE, STRIDED_SLICE, PACK. TFLite Micro knows every shape before it runs, and so
do we.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir import operators as kinds
from tinyrob.ir.graph import Op, Tensor, numpy_type
from tinyrob.ir.moves import MOVES, BadMove, moved, sources

Array = NDArray[Any]
_MAX_FOLDED = 2**20
"""Elements of a constant that is folded: those of weights are no shapes."""
_INTEGERS = ("int8", "int16", "int32", "int64")


def folded(ops: Sequence[Op], tensors: list[Tensor]) -> list[Op]:
    """The operators that are left; ``tensors`` hold what the others make, as constants."""
    kept = []
    for op in ops:
        made = _made(op, tensors)
        if made is None:
            kept.append(op)
            continue
        for index, value in zip(op.outputs, made, strict=True):
            constant = np.array(value, numpy_type(tensors[index].dtype))
            constant.setflags(write=False)
            tensors[index] = replace(tensors[index], data=constant, shape=constant.shape)
    return kept


def _made(op: Op, tensors: Sequence[Tensor]) -> list[Array] | None:
    """What the operator makes, where that is known already."""
    operands = [tensors[i] for i in op.inputs if i >= 0]
    outputs = [tensors[i] for i in op.outputs if i >= 0]
    if not outputs or len(outputs) != len(op.outputs):
        return None
    if any(t.dtype not in _INTEGERS or t.elements > _MAX_FOLDED for t in outputs):
        return None
    if isinstance(op.attributes, kinds.Shape):
        return [np.array(operands[0].shape, np.int64)] if len(operands) == 1 else None
    if isinstance(op.attributes, kinds.ZerosLike):
        return [np.zeros(operands[0].shape, np.int64)] if len(operands) == 1 else None
    values = [t.data for t in operands]
    constants = [v for v in values if v is not None]
    if not values or len(constants) != len(values):
        return None
    if type(op.attributes) in MOVES:
        try:
            found = sources(op, tensors)
        except BadMove:
            return None
        data = constants[moved(op)]
        made = [data.reshape(-1)[index] for index in found]
        return made if len(made) == len(outputs) else None
    function = _FOLDS.get(type(op.attributes))
    # int8 arithmetic has scales: it is never a shape's.
    plain = isinstance(op.attributes, kinds.Fill) or outputs[0].dtype in ("int32", "int64")
    if function is None or not plain:
        return None
    try:
        return [function(op.attributes, constants)]
    except (ValueError, IndexError, np.exceptions.AxisError):
        return None


def _pack(a: kinds.Attributes, values: list[Array]) -> Array:
    assert isinstance(a, kinds.Pack)
    return np.stack(values, a.axis)


def _concatenation(a: kinds.Attributes, values: list[Array]) -> Array:
    assert isinstance(a, kinds.Concatenation)
    return np.concatenate(values, a.axis)


def _fill(a: kinds.Attributes, values: list[Array]) -> Array:
    shape = [int(n) for n in values[0].ravel()]
    if math.prod(shape) > _MAX_FOLDED or values[1].size != 1:
        raise ValueError(f"fills {shape}")
    return np.full(shape, values[1].ravel()[0])


_FOLDS: dict[type[kinds.Attributes], Callable[[kinds.Attributes, list[Array]], Array]] = {
    kinds.Pack: _pack,
    kinds.Concatenation: _concatenation,
    kinds.Cast: lambda a, values: values[0],
    kinds.Fill: _fill,
    kinds.BroadcastArgs: lambda a, values: np.array(np.broadcast_shapes(*map(tuple, values))),
    kinds.Add: lambda a, values: np.add(values[0].astype(np.int64), values[1]),
    kinds.Sub: lambda a, values: np.subtract(values[0].astype(np.int64), values[1]),
    kinds.Mul: lambda a, values: np.multiply(values[0].astype(np.int64), values[1]),
}
