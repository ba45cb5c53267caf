"""Rules of float32 islands, of comparisons and of what chooses by them."""

from __future__ import annotations

import numpy as np

from tinyrob.ir.graph import Tensor
from tinyrob.ir.islands import MOST_STEPS, computed, entered, origin
from tinyrob.ir.moves import moved
from tinyrob.ir.rules.common import Site
from tinyrob.ir.rules.movement import positions
from tinyrob.ir.rules.shape import reduced_shape

_MAX_BROADCAST_RANK = 4
_FLOAT_HINT = "convert with full int8 quantization"


def check_dequantize(site: Site) -> None:
    """DEQUANTIZE, in front of float32 functions."""
    site.count(1, 1)
    source = site.activation()
    _made(site, "float32", source.shape)


def check_cast(site: Site) -> None:
    """CAST: of bool to float32."""
    site.count(1, 1)
    source = site.operand(0)
    assert source is not None
    if source.dtype != "bool" or _output(site).dtype != "float32":
        site.refuse(f"it makes {_output(site).dtype} of {source.dtype}", _cast_hint(site))
    _made(site, "float32", source.shape)


def _cast_hint(site: Site) -> str:
    if _output(site).dtype == "int32":
        return "give indices as an input of their own: tf.keras.Input(..., dtype='int32')"
    return "tinyrob takes CAST of bool to float32, behind a comparison, and of constants"


def check_function(site: Site) -> None:
    """A function of one float32 value."""
    site.count(1, 1)
    source = site.operand(0)
    assert source is not None
    if source.dtype != "float32" or source.data is not None:
        site.refuse(
            f"{source.name!r} is {source.dtype}, of which TFLite Micro has no {site.op.kind}",
            "it runs in float32 only: convert again, TFLite puts a DEQUANTIZE in front of it",
        )
    _made(site, "float32", source.shape)


def check_float_move(site: Site) -> None:
    """What moves float32 values."""
    position = moved(site.op)
    source = site.operand(position)
    if source is None:
        site.contradiction(f"input {position} is absent")
    found = positions(site, source)
    made = [site.graph.tensors[i] for i in site.op.outputs]
    if len(found) != len(made):
        site.contradiction(f"has {len(made)} outputs instead of {len(found)}")
    for index, output in zip(found, made, strict=True):
        if (index.shape, "float32") != (output.shape, output.dtype) or index.size == 0:
            site.contradiction(
                f"its output is {output.dtype} {list(output.shape)}, which should be float32 "
                f"{list(index.shape)}"
            )


def check_float_quantize(site: Site) -> None:
    """QUANTIZE at an island's end: what came of the 256 values fits an int32."""
    site.count(1, 1)
    source = site.operand(0)
    assert source is not None
    site.shape(source.shape)
    found = origin(site.graph.ops[: site.index], site.graph.tensors, site.op.inputs[0])
    if found is None and source.data is None and _is_made(site):
        return  # by an operator that is refused itself
    if found is None:
        site.refuse(f"{source.name!r} comes from no integers", _FLOAT_HINT)
    start, functions = found
    grid = site.output.quantization
    assert grid is not None
    reals = computed(entered(start, np.arange(-128, 128)), functions)
    steps = np.abs(reals.astype(np.float64)) / grid.scale
    if not (steps < MOST_STEPS).all():
        site.refuse(
            f"it is given {reals[~(steps < MOST_STEPS)][0]:g}, on a scale of {grid.scale}: in C no "
            "such number becomes an integer",
            "choose a coarser output scale",
        )


def _is_made(site: Site) -> bool:
    """Whether an operator before this one makes its input."""
    return any(site.op.inputs[0] in op.outputs for op in site.graph.ops[: site.index])


def check_comparison(site: Site) -> None:
    """EQUAL, GREATER and their like."""
    site.count(2, 2)
    tensors = site.quantized(0), site.quantized(1)
    _broadcast(site, tensors, "bool")
    for tensor in tensors:
        assert tensor.quantization is not None
        if tensor.quantization.scale >= 1 - 2.0**-20:
            site.refuse(
                f"{tensor.name!r} has the scale {tensor.quantization.scale}",
                "TFLite Micro compares scales below 1 only: train with smaller values",
            )


def check_logical(site: Site) -> None:
    """LOGICAL_AND and LOGICAL_OR."""
    site.count(2, 2)
    _broadcast(site, (_condition(site, 0), _condition(site, 1)), "bool")


def check_not(site: Site) -> None:
    """LOGICAL_NOT."""
    site.count(1, 1)
    _made(site, "bool", _condition(site, 0).shape)


def check_all(site: Site) -> None:
    """REDUCE_ALL."""
    site.count(2, 2)
    source = _condition(site, 0)
    if source.data is not None:
        site.refuse(f"{source.name!r} is a constant", "fold constants when converting")
    _made(site, "bool", tuple(reduced_shape(site, source)))


def _condition(site: Site, position: int) -> Tensor:
    tensor = site.operand(position)
    if tensor is None:
        site.contradiction(f"input {position} is absent")
    if tensor.dtype != "bool":
        site.refuse(f"{tensor.name!r} is {tensor.dtype}, not bool", "compare values first")
    return tensor


def check_select(site: Site) -> None:
    """SELECT_V2."""
    site.count(3, 3)
    condition = site.operand(0)
    assert condition is not None
    if condition.dtype != "bool" or condition.data is not None:
        site.refuse(f"its condition {condition.name!r} is {condition.dtype}", "compare values")
    first, second = site.quantized(1), site.quantized(2)
    site.same_quantization(first, second)
    _broadcast(site, (condition, first, second), site.output.dtype)


def _broadcast(site: Site, tensors: tuple[Tensor, ...], dtype: str) -> None:
    if all(t.data is not None for t in tensors):
        site.refuse("all operands are constants", "fold constants when converting")
    shapes = [t.shape for t in tensors]
    if max(len(s) for s in shapes) > _MAX_BROADCAST_RANK:
        site.refuse(
            f"it has {max(len(s) for s in shapes)} axes", f"reshape to {_MAX_BROADCAST_RANK}"
        )
    try:
        made = np.broadcast_shapes(*shapes)
    except ValueError:
        site.contradiction(f"{' and '.join(str(list(s)) for s in shapes)} do not broadcast")
    _made(site, dtype, made)


def _output(site: Site) -> Tensor:
    if len(site.op.outputs) != 1:
        site.contradiction(f"has {len(site.op.outputs)} outputs instead of one")
    return site.graph.tensors[site.op.outputs[0]]


def _made(site: Site, dtype: str, shape: tuple[int, ...]) -> None:
    output = _output(site)
    if (output.dtype, output.shape) != (dtype, tuple(shape)):
        site.contradiction(
            f"its output is {output.dtype} {list(output.shape)}, which should be {dtype} "
            f"{list(shape)}"
        )
