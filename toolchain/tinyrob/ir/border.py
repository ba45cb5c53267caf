"""The border of a network whose file takes and gives float32 or uint8: what TFLite computes there.

The integer operators begin behind a QUANTIZE and end in front of a DEQUANTIZE (or a QUANTIZE to
uint8). Those stand in the graph as pairs of tensors, inner and outer; here is their arithmetic.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import DataError
from tinyrob.ir.graph import Graph, Quantization, Tensor, numpy_type
from tinyrob.ir.qmath import multiply_by_quantized_multiplier, rescale_factor

Array = NDArray[Any]
OUTER_TYPES = ("float32", "uint8")


def inputs_of(graph: Graph) -> tuple[tuple[Tensor, Tensor], ...]:
    """(inner, outer) of each input; one tensor twice where nothing is converted."""
    return _pairs(graph, graph.inputs, graph.entries)


def outputs_of(graph: Graph) -> tuple[tuple[Tensor, Tensor], ...]:
    """(inner, outer) of each output."""
    return _pairs(graph, graph.outputs, graph.exits)


def _pairs(
    graph: Graph, inner: tuple[int, ...], outer: tuple[int, ...]
) -> tuple[tuple[Tensor, Tensor], ...]:
    return tuple((graph.tensors[i], graph.tensors[o]) for i, o in zip(inner, outer, strict=True))


def enter(inner: Tensor, outer: Tensor, values: Array) -> Array:
    """Inputs of the file's type as the integers that the operators see.

    float32: division by the scale in float32, rounded half away from zero, plus the zero point,
    clamped (TFLite's AffineQuantize). uint8: QUANTIZE's rescaling.
    """
    if inner is outer:
        return values
    if outer.dtype == "uint8":
        return _rescaled(_grid(outer), _grid(inner), values, inner)
    grid = _grid(inner)
    steps = values.astype(np.float32) / np.float32(grid.scale)
    rounded = np.trunc(steps.astype(np.float64) + np.copysign(0.5, steps))
    info = _limits(inner)
    # Beyond int32 a conversion from float is not defined in C: clamp before.
    rounded = np.clip(np.nan_to_num(rounded, nan=-(2.0**30)), -(2.0**30), 2.0**30)
    result: Array = np.clip(rounded + grid.zero_point, info.min, info.max).astype(info.dtype)
    return result


def leave(inner: Tensor, outer: Tensor, values: Array) -> Array:
    """Integers that the operators make as outputs of the file's type: the product with the scale
    in double, then float32 (TFLite's Dequantize); to uint8: QUANTIZE's rescaling."""
    if inner is outer:
        return values
    if outer.dtype == "uint8":
        return _rescaled(_grid(inner), _grid(outer), values, outer)
    return dequantized(inner, values)


def dequantized(inner: Tensor, values: Array) -> NDArray[np.float32]:
    """The real values that integers stand for."""
    grid = _grid(inner)
    steps = values.astype(np.int64) - grid.zero_point
    return (np.float64(grid.scale) * steps).astype(np.float32)


def restore(inner: Tensor, outer: Tensor, values: Array) -> Array:
    """Inputs of the file's type from which ``enter`` makes ``values``.

    Raises DataError where there are none: a uint8 input whose grid is not the operators'.
    """
    if inner is outer:
        return values
    if outer.dtype != "uint8":
        return dequantized(inner, values)
    every = np.arange(256, dtype=np.uint8)
    reached = enter(inner, outer, every).astype(np.int64)
    table = np.full(256, -1, np.int64)
    table[reached + 128] = every
    found = table[values.astype(np.int64) + 128]
    if found.min(initial=0) < 0:
        raise DataError(
            f"no uint8 value of {outer.name!r} becomes {int(values[found < 0].reshape(-1)[0])} "
            f"of {inner.name!r}",
            "give inputs of the model's own type",
        )
    return found.astype(np.uint8)


def _rescaled(source: Quantization, target: Quantization, values: Array, to: Tensor) -> Array:
    factor = rescale_factor(source.scale, target.scale)
    scaled = multiply_by_quantized_multiplier(
        values.astype(np.int32) - np.int32(source.zero_point), factor.multiplier, factor.shift
    )
    info = _limits(to)
    result: Array = np.clip(scaled + target.zero_point, info.min, info.max).astype(info.dtype)
    return result


def _limits(tensor: Tensor) -> np.iinfo[Any]:
    kind: Any = numpy_type(tensor.dtype)
    return np.iinfo(kind)


def _grid(tensor: Tensor) -> Quantization:
    assert tensor.quantization is not None
    return tensor.quantization
