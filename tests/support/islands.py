"""Strategies for float32 between integers, for comparisons and for what chooses by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tinyrob.ir import graph as ir

if TYPE_CHECKING:
    from support.graphs import Builder

Strategy = Callable[["Builder", int], int]
_FUNCTIONS = (ir.Elu, ir.Abs, ir.Neg, ir.Square, ir.Sin, ir.Cos, ir.Floor, ir.Ceil, ir.Round)
COMPARISONS = (ir.Equal, ir.NotEqual, ir.Greater, ir.GreaterEqual, ir.Less, ir.LessEqual)


def floats(b: Builder, attributes: ir.Attributes, source: int, shape) -> int:
    output = b.tensor(shape, None, "float32")
    b.ops.append(ir.Op(attributes, (source,), (output,)))
    return output


def back(b: Builder, source: int, about: float) -> int:
    return b.apply(ir.Quantize(), (source,), b.tensors[source].shape, b.grid(about))


def island(*kinds: type[ir.Attributes]) -> Strategy:
    """DEQUANTIZE, functions and moves in between, QUANTIZE; now and then on the grid it had."""

    def build(b: Builder, source: int) -> int:
        tensor = b.tensors[source]
        shape, scale = tensor.shape, tensor.quantization.scale
        current = floats(b, ir.Dequantize(), source, shape)
        for kind in (*kinds, *(b.choice(_FUNCTIONS) for _ in range(b.integer(0, 1)))):
            current = floats(b, kind(), current, shape)
            scale = max(scale * scale * 64, 2.0**-20) if kind is ir.Square else max(scale, 2.0**-8)
        if b.integer(0, 1):
            order = [0, *range(len(shape) - 1, 0, -1)]
            again = b.tensor([shape[i] for i in order], None, "float32")
            b.ops.append(ir.Op(ir.Transpose(), (current, b.ints(order)), (again,)))
            current = again
        if not kinds and b.integer(0, 1):
            shape = b.tensors[current].shape
            return b.apply(ir.Quantize(), (current,), shape, tensor.quantization)
        return back(b, current, scale)

    return build


def compared(b: Builder, source: int, kind: type[ir.Attributes]) -> int:
    """A bool tensor, of int8. The scales are below one, as TFLite Micro wants them."""
    shape = b.tensors[source].shape
    first, second = (
        ir.Quantization((b.scale(2.0**-4),), (b.integer(-128, 127),)) for _ in range(2)
    )
    scaled = b.tensor(shape, first)
    b.ops.append(ir.Op(ir.Quantize(), (source,), (scaled,)))
    grid = first if b.integer(0, 1) else second
    other = b.tensor((), grid, data=b.random.integers(-128, 128, b.choice((shape, shape[-1:], ()))))
    pair = (scaled, other) if b.integer(0, 1) else (other, scaled)
    made = b.tensor(shape, None, "bool")
    b.ops.append(ir.Op(kind(), pair, (made,)))
    return made


def comparison(kind: type[ir.Attributes]) -> Strategy:
    """Behind it CAST and QUANTIZE, as Keras' layers have them."""

    def build(b: Builder, source: int) -> int:
        made = compared(b, source, kind)
        return back(b, floats(b, ir.Cast(), made, b.tensors[made].shape), 2.0**-6)

    return build


def select(b: Builder, source: int) -> int:
    condition = compared(b, source, b.choice(COMPARISONS))
    shape, grid = b.tensors[source].shape, b.tensors[source].quantization
    wanted = b.choice((shape, shape[-1:], (1,) * len(shape)))
    values = b.random.integers(b.low, b.high + 1, wanted)
    other = b.tensor((), grid, b.dtype, values)
    pair = (source, other) if b.integer(0, 1) else (other, source)
    return b.apply(ir.SelectV2(), (condition, *pair), shape, grid)


ISLANDS: dict[str, Strategy] = {
    "DEQUANTIZE": island(),
    "CAST": comparison(ir.Greater),
    "SELECT_V2": select,
    **{kind.kind: island(kind) for kind in _FUNCTIONS if kind not in (ir.Elu, ir.Abs)},
    **{kind.kind: comparison(kind) for kind in COMPARISONS},
}
"""ELU and ABS, which there are on int8 too, are drawn inside of DEQUANTIZE's."""
