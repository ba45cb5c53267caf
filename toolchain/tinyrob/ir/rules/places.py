"""Rules of what looks for a place along an axis, and of what sums up to it."""

from __future__ import annotations

from tinyrob.ir.graph import ArgMax, ArgMin, Cumsum, Tensor
from tinyrob.ir.qmath import sum_factor
from tinyrob.ir.rules.common import Site

_INT32 = 2
_MAX_SUMMED = 2**16


def check_arg(site: Site) -> None:
    """ARG_MAX and ARG_MIN: int32 of int8."""
    attributes = site.attributes
    assert isinstance(attributes, ArgMax | ArgMin)
    site.count(2, 2)
    source = site.activation()
    axis = axis_of(site, source)
    made = site.graph.tensors[site.op.outputs[0]]
    if source.dtype != "int8":
        site.refuse(f"{source.name!r} is {source.dtype}", "convert with full int8 quantization")
    if made.dtype != "int32" or attributes.output_type != _INT32:
        site.refuse(
            f"it makes {made.dtype}, of which TFLite Micro has no {site.op.kind}",
            f"use output_type=tf.int32 for {'argmax' if site.op.kind == 'ARG_MAX' else 'argmin'}",
        )
    grid = site.output.quantization
    assert grid is not None
    if (grid.scale, grid.zero_point) != (1.0, 0):
        site.contradiction(f"its places have the scale {grid.scale}")
    site.shape([n for i, n in enumerate(source.shape) if i != axis])


def check_cumsum(site: Site) -> None:
    """CUMSUM."""
    assert isinstance(site.attributes, Cumsum)
    site.count(2, 2)
    source = site.activation()
    axis = axis_of(site, source)
    site.shape(source.shape)
    _summed(site, source, source.shape[axis])


def check_add_n(site: Site) -> None:
    """ADD_N: of any number on one grid."""
    site.count(2, max(len(site.op.inputs), 2))
    tensors = [site.quantized(i) for i in range(len(site.op.inputs))]
    site.same_quantization(*tensors[1:], output=tensors[0])
    if all(t.data is not None for t in tensors):
        site.refuse("all operands are constants", "fold constants when converting")
    for tensor in tensors:
        site.shape(tensor.shape)
    _summed(site, tensors[0], len(tensors))


def _summed(site: Site, source: Tensor, count: int) -> None:
    """TFLite needs the output's factor below one, and aborts where it rounds up to it."""
    grid, output = source.quantization, site.output.quantization
    assert grid is not None
    assert output is not None
    if 2 * grid.scale / (2.0**20 * output.scale) > 1 - 2.0**-20:
        site.refuse(
            f"its input's scale {grid.scale} is too far above its output's {output.scale}",
            "the input's scale must be under 524,288 output scales",
        )
    assert sum_factor(grid.scale, output.scale).shift <= 0
    if count > _MAX_SUMMED:
        site.refuse(f"it sums {count} values", f"sum up to {_MAX_SUMMED}")


def axis_of(site: Site, source: Tensor) -> int:
    """The one axis that is named, counted from the front."""
    stored = site.constant(1, "int32", "axis")
    assert stored.data is not None
    rank = len(source.shape)
    if stored.elements != 1 or not -rank <= int(stored.data.ravel()[0]) < rank:
        site.contradiction(f"has axis {stored.data.ravel().tolist()}, its input has {rank}")
    return int(stored.data.ravel()[0]) % rank
