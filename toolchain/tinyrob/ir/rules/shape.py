"""Rules of operators that move, join or average values."""

from __future__ import annotations

import math

from tinyrob.ir.graph import (
    Activation,
    Concatenation,
    Mean,
    PadV2,
    ReduceMax,
    ReduceMin,
    Reshape,
    Sum,
    Tensor,
)
from tinyrob.ir.qmath import mean_factor, rescale_factor
from tinyrob.ir.rules.common import Site
from tinyrob.ir.rules.movement import check_pad_v2

_MAX_PAD_RANK = 4


def check_reshape(site: Site) -> None:
    """RESHAPE."""
    attributes = site.attributes
    assert isinstance(attributes, Reshape)
    site.count(1, 2)
    source = site.activation()
    site.same_quantization(source)
    if source.elements != site.output.elements:
        site.contradiction(f"it cannot make {list(site.output.shape)} of {list(source.shape)}")
    wanted = attributes.new_shape
    if site.operand(1) is not None:
        stored = site.constant(1, "int32", "shape").data
        assert stored is not None
        wanted = tuple(int(d) for d in stored.ravel())
    if wanted and (
        len(wanted) != len(site.output.shape)
        or any(d not in (-1, e) for d, e in zip(wanted, site.output.shape, strict=True))
    ):
        site.contradiction(
            f"it asks for {list(wanted)} and its output is {list(site.output.shape)}"
        )


def check_pad(site: Site) -> None:
    """PAD and PADV2."""
    if isinstance(site.attributes, PadV2):
        site.count(3, 3)
        check_pad_v2(site)
    else:
        site.count(2, 2)
    source = site.activation()
    site.same_quantization(source)
    paddings = site.constant(1, "int32", "paddings")
    if paddings.shape != (len(source.shape), 2) or len(source.shape) > _MAX_PAD_RANK:
        site.contradiction(f"its paddings {list(paddings.shape)} do not fit {list(source.shape)}")
    assert paddings.data is not None
    pairs = [(int(a), int(b)) for a, b in paddings.data]
    if any(not 0 <= p < 65536 for pair in pairs for p in pair):
        site.contradiction(f"has paddings {pairs}")
    site.shape(tuple(d + a + b for d, (a, b) in zip(source.shape, pairs, strict=True)))


def check_mean(site: Site) -> None:
    """MEAN and SUM."""
    elements = _reduced(site)
    source, output = site.activation().quantization, site.output.quantization
    assert source is not None
    assert output is not None
    if isinstance(site.attributes, Sum):
        factor = rescale_factor(source.scale, output.scale)
    else:
        factor = mean_factor(source.scale, output.scale, elements)
    site.in_range(site.largest * elements, factor)


def check_reduce(site: Site) -> None:
    """REDUCE_MAX and REDUCE_MIN."""
    _reduced(site)
    site.same_quantization(site.activation())


def _reduced(site: Site) -> int:
    """How many values become one."""
    attributes = site.attributes
    assert isinstance(attributes, Mean | Sum | ReduceMax | ReduceMin)
    site.count(2, 2)
    source = site.activation()
    site.shape(reduced_shape(site, source))
    axes = mean_axes(site, source)
    return math.prod(d for i, d in enumerate(source.shape) if i in axes)


def reduced_shape(site: Site, source: Tensor) -> list[int]:
    """What is left of a shape that a reduction is given."""
    axes = mean_axes(site, source)
    if getattr(site.attributes, "keep_dims", False):
        return [1 if i in axes else d for i, d in enumerate(source.shape)]
    return [d for i, d in enumerate(source.shape) if i not in axes]


def mean_axes(site: Site, source: Tensor) -> set[int]:
    """The axes that MEAN reduces, counted from the front."""
    rank = len(source.shape)
    stored = site.constant(1, "int32", "axes").data
    assert stored is not None
    axes = [int(a) for a in stored.ravel()]
    if any(not -rank <= a < rank for a in axes):
        site.contradiction(f"has axes {axes}, the input has {rank}")
    return {a % rank for a in axes}


def check_concatenation(site: Site) -> None:
    """CONCATENATION."""
    attributes = site.attributes
    assert isinstance(attributes, Concatenation)
    site.count(1, max(len(site.op.inputs), 1))
    if attributes.activation is not Activation.NONE:
        site.refuse(f"it has the fused activation {attributes.activation.value}", "use NONE")
    tensors = [site.quantized(i) for i in range(len(site.op.inputs))]
    site.same_quantization(*tensors)
    if all(t.data is not None for t in tensors):
        site.refuse("all operands are constants", "fold constants when converting")
    shape, rank = list(tensors[0].shape), len(tensors[0].shape)
    if not -rank <= attributes.axis < rank:
        site.contradiction(f"has axis {attributes.axis}, its inputs have {rank}")
    axis = attributes.axis % rank
    for other in tensors[1:]:
        if len(other.shape) != rank or any(
            i != axis and a != b for i, (a, b) in enumerate(zip(shape, other.shape, strict=False))
        ):
            site.contradiction(f"{list(other.shape)} does not go with {shape}")
    shape[axis] = sum(t.shape[axis] for t in tensors)
    site.shape(shape)
