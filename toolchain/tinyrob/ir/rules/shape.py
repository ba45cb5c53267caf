"""Rules of operators that move, join or average values."""

from __future__ import annotations

import math

from tinyrob.ir.graph import Activation, Concatenation, Mean, Reshape
from tinyrob.ir.qmath import mean_factor
from tinyrob.ir.rules.common import Site

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
    """PAD."""
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
    """MEAN."""
    attributes = site.attributes
    assert isinstance(attributes, Mean)
    site.count(2, 2)
    source = site.activation()
    axes = mean_axes(site)
    reduced = [d for i, d in enumerate(source.shape) if i in axes]
    kept = [1 if i in axes else d for i, d in enumerate(source.shape)]
    if not attributes.keep_dims:
        kept = [d for i, d in enumerate(source.shape) if i not in axes]
    site.shape(kept)
    elements = math.prod(reduced)
    assert source.quantization is not None
    assert site.output.quantization is not None
    factor = mean_factor(source.quantization.scale, site.output.quantization.scale, elements)
    site.in_range(255 * elements, factor)


def mean_axes(site: Site) -> set[int]:
    """The axes that MEAN reduces, counted from the front."""
    rank = len(site.activation().shape)
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
