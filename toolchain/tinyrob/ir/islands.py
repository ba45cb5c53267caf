"""Float32 between integers: DEQUANTIZE, functions of one value, QUANTIZE.

TFLite's converter leaves such an island wherever it knows no int8 form of an operator (ELU, NEG,
SQUARE, SIN, ...), and TFLite Micro computes it in float32. Of int8 it can only make 256 results:
they are worked out here, and a kernel looks them up. Values may be moved meanwhile.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir import operators as kinds
from tinyrob.ir.border import dequantized, enter
from tinyrob.ir.graph import Op, Tensor
from tinyrob.ir.moves import MOVES, moved

Float32Array = NDArray[np.float32]
Function = Callable[[Float32Array], Float32Array]
MOST_STEPS = 2.0**30
"""What a result comes to at most, in steps of the output: C converts it to int32."""


def _each(function: Callable[[float], float]) -> Function:
    """A C library's float32 function: the exact value, rounded once."""

    def apply(x: Float32Array) -> Float32Array:
        values, where = np.unique(x, return_inverse=True)
        made = np.array([function(float(v)) for v in values], np.float32)
        result: Float32Array = made[where].reshape(x.shape)
        return result

    return apply


UNARY: dict[type[kinds.Attributes], Function] = {
    kinds.Elu: _each(lambda x: math.expm1(x) if x < 0 else x),
    kinds.Abs: np.abs,
    kinds.Neg: np.negative,
    kinds.Square: np.square,
    kinds.Sin: _each(math.sin),
    kinds.Cos: _each(math.cos),
    kinds.Floor: np.floor,
    kinds.Ceil: np.ceil,
    kinds.Round: np.rint,
}
"""What TFLite Micro computes of float32 values, by operator."""
INSIDE = frozenset((*UNARY, *MOVES, kinds.Dequantize, kinds.Cast, kinds.Quantize))
"""Operators of which an island may consist."""


def entered(start: Tensor, values: NDArray[Any]) -> Float32Array:
    """The float32 values that an island begins with: DEQUANTIZE of int8, CAST of bool."""
    if start.dtype == "bool":
        return values.astype(np.float32)
    return dequantized(start, values)


def left(end: Tensor, outer: Tensor, values: Float32Array) -> NDArray[np.int8]:
    """QUANTIZE at its end: ``outer`` is the float32 tensor."""
    result: NDArray[np.int8] = enter(end, outer, values)
    return result


def island_table(
    start: Tensor, functions: Sequence[kinds.Attributes], outer: Tensor, end: Tensor
) -> NDArray[np.int8]:
    """(256,): what becomes of -128, -127, ..., 127. Of bool, only 0 and 1 are."""
    values = np.arange(-128, 128)
    if start.dtype == "bool":
        values = values.clip(0, 1)
    return left(end, outer, computed(entered(start, values), functions))


def computed(values: Float32Array, functions: Sequence[kinds.Attributes]) -> Float32Array:
    """The functions, one after the other."""
    with np.errstate(over="ignore", invalid="ignore"):
        for function in functions:
            values = UNARY[type(function)](values)
    return values


def origin(
    ops: Sequence[Op], tensors: Sequence[Tensor], index: int
) -> tuple[Tensor, list[kinds.Attributes]] | None:
    """The int8 or bool tensor that the values of float32 tensor ``index`` were, and the functions
    of them that these are; None where they come from elsewhere."""
    makers = {i: op for op in ops for i in op.outputs}
    functions: list[kinds.Attributes] = []
    while tensors[index].dtype == "float32":
        maker = makers.pop(index, None)  # none twice: a damaged file's may go round in circles
        if maker is None or type(maker.attributes) not in INSIDE:
            return None
        if type(maker.attributes) in UNARY:
            functions.insert(0, maker.attributes)
        given = maker.inputs[moved(maker) :][:1]
        if not given or given[0] < 0:
            return None
        index = given[0]
    start = tensors[index]
    grid = start.quantization
    known = start.dtype == "bool" or (
        start.dtype == "int8" and grid is not None and len(grid.scales) == 1
    )
    return (start, functions) if known else None
