"""Rules of operators that work element by element, and of softmax."""

from __future__ import annotations

import math

from tinyrob.ir.graph import Add, Quantization, Softmax, Tensor
from tinyrob.ir.qmath import ADD_LEFT_SHIFT, rescale_factor
from tinyrob.ir.rules.common import Site

_MAX_CLASSES = 511
_MAX_BROADCAST_RANK = 5
# 255 is the largest difference of two int8 values.
_LARGEST = 255


def _grid(tensor: Tensor) -> Quantization:
    assert tensor.quantization is not None
    return tensor.quantization


def _broadcast(site: Site) -> tuple[Tensor, Tensor]:
    """Two operands, at least one computed, whose shapes broadcast to the output's."""
    site.count(2, 2)
    first, second = site.quantized(0), site.quantized(1)
    if first.data is not None and second.data is not None:
        site.refuse("both operands are constants", "fold constants when converting")
    rank = max(len(first.shape), len(second.shape))
    if rank > _MAX_BROADCAST_RANK:
        site.refuse(f"it has {rank} axes", f"reshape to at most {_MAX_BROADCAST_RANK}")
    shapes = [(1,) * (rank - len(t.shape)) + t.shape for t in (first, second)]
    for a, b in zip(*shapes, strict=True):
        if a != b and 1 not in (a, b):
            site.contradiction(f"{list(first.shape)} and {list(second.shape)} do not broadcast")
    site.shape(tuple(max(a, b) for a, b in zip(*shapes, strict=True)))
    return first, second


def check_add(site: Site) -> None:
    """ADD."""
    attributes = site.attributes
    assert isinstance(attributes, Add)
    first, second = _broadcast(site)
    larger, output = max(_grid(first).scale, _grid(second).scale), _grid(site.output).scale
    # TFLite needs the output's factor below one, and aborts where it rounds up to it.
    if 2 * larger / (2.0**ADD_LEFT_SHIFT * output) > 1 - 2.0**-20:
        site.refuse(
            f"its operands' scale {larger} is too far above its output's {output}",
            "the larger operand scale must be under 524,288 output scales",
        )
    site.fused(attributes.activation)


def check_extremum(site: Site) -> None:
    """MINIMUM and MAXIMUM."""
    site.same_quantization(*_broadcast(site))


def _unary(site: Site) -> Tensor:
    site.count(1, 1)
    source = site.activation()
    site.shape(source.shape)
    return source


def check_quantize(site: Site) -> None:
    """QUANTIZE."""
    source = _unary(site)
    site.in_range(_LARGEST, rescale_factor(_grid(source).scale, _grid(site.output).scale))


def check_relu(site: Site) -> None:
    """RELU."""
    source = _unary(site)
    site.in_range(_LARGEST, rescale_factor(_grid(source).scale, _grid(site.output).scale))


def check_relu6(site: Site) -> None:
    """RELU6: TFLite Micro clamps on the input's grid and ignores the output's."""
    source = _unary(site)
    site.same_quantization(source)
    site.clampable(_grid(source))


def check_softmax(site: Site) -> None:
    """SOFTMAX."""
    attributes = site.attributes
    assert isinstance(attributes, Softmax)
    source = _unary(site)
    output = _grid(site.output)
    if (output.scale, output.zero_point) != (1 / 256, -128):
        site.refuse(
            f"its output has scale {output.scale} and zero point {output.zero_point}",
            "an int8 softmax has scale 1/256 and zero point -128",
        )
    if not source.shape or source.shape[-1] > _MAX_CLASSES:
        site.refuse(
            f"its input {list(source.shape)} is not of 1 to {_MAX_CLASSES} classes",
            "TFLite Micro's int8 softmax takes no more; leave the softmax out",
        )
    beta = attributes.beta
    if not math.isfinite(beta) or not beta * _grid(source).scale >= 2.0**-25:
        site.refuse(f"beta is {beta}, times an input scale of {_grid(source).scale}", "use beta 1")
