"""Rules of operators that work element by element, and of softmax."""

from __future__ import annotations

import math

from tinyrob.ir import division, lookup
from tinyrob.ir.curves16 import LARGEST_MULTIPLIER, argument_of, power_of_two
from tinyrob.ir.graph import Add, Div, LeakyRelu, Mul, Quantization, Softmax, Sub, Tensor
from tinyrob.ir.qmath import (
    ADD_LEFT_SHIFT,
    ADD_LEFT_SHIFT_INT16,
    Factor,
    div_factor,
    mul_factor,
    quantize_multiplier,
    rescale_factor,
    squared_difference_factors,
    squared_difference_shift,
)
from tinyrob.ir.rules.common import Site
from tinyrob.ir.softmax16 import softmax_factor16

# Sums in Q12. TFLite Micro stops where 512 classes or more are as likely as the likeliest.
_MAX_CLASSES = 4095
_MAX_CLASSES_INT16 = 65535
_MAX_BROADCAST_RANK = 5
_LARGEST = {"int8": 255, "int16": 2**15, "int32": 2**31 - 257}
"""Of a value without its zero point; the least int32 is judged with the others."""


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
    """ADD and SUB."""
    attributes = site.attributes
    assert isinstance(attributes, Add | Sub)
    first, second = _broadcast(site)
    larger, output = max(_grid(first).scale, _grid(second).scale), _grid(site.output).scale
    # TFLite needs the output's factor below one, and aborts where it rounds up to it.
    left = ADD_LEFT_SHIFT_INT16 if site.wide else ADD_LEFT_SHIFT
    if 2 * larger / (2.0**left * output) > 1 - 2.0**-20:
        site.refuse(
            f"its operands' scale {larger} is too far above its output's {output}",
            f"the larger operand scale must be under {2 ** (left - 1):,} output scales",
        )
    site.fused(attributes.activation)


def check_mul(site: Site) -> None:
    """MUL."""
    attributes = site.attributes
    assert isinstance(attributes, Mul)
    first, second = _broadcast(site)
    factor = mul_factor(_grid(first).scale, _grid(second).scale, _grid(site.output).scale)
    site.in_range(site.largest**2, factor)
    site.fused(attributes.activation)


def check_div(site: Site) -> None:
    """DIV."""
    attributes = site.attributes
    assert isinstance(attributes, Div)
    first, second = _broadcast(site)
    shift = div_factor(_grid(first).scale, _grid(second).scale, _grid(site.output).scale).shift
    if not division.LEAST_SHIFT <= shift <= division.GREATEST_SHIFT:
        site.refuse(
            f"its quotients are scaled by 2^{shift}, for which TFLite Micro shifts by more bits "
            "than an int32 has: what that gives is undefined",
            f"scale the divisor, so that the shift is in [{division.LEAST_SHIFT}, "
            f"{division.GREATEST_SHIFT}]: 64 of its steps and more for the least divisor",
        )
    site.fused(attributes.activation)


def check_squared_difference(site: Site) -> None:
    """SQUARED_DIFFERENCE."""
    first, second = _broadcast(site)
    factors = squared_difference_factors(
        _grid(first).scale, _grid(second).scale, _grid(site.output).scale,
        squared_difference_shift(site.output.dtype),
    )  # fmt: skip
    largest = 2**15 if site.wide else site.largest << 7
    site.in_range(largest**2, factors.output)


def check_prelu(site: Site) -> None:
    """PRELU."""
    source, alpha = _broadcast(site)
    output = _grid(site.output)
    if source.data is not None:
        site.refuse(f"{source.name!r} is a constant", "fold constants when converting")
    if source.dtype != site.output.dtype or alpha.dtype != "int8":
        site.refuse(
            f"it makes {site.output.dtype} of {source.dtype} and slopes of {alpha.dtype}",
            "TFLite Micro takes slopes of int8, and makes what it is given",
        )
    site.in_range(site.largest, rescale_factor(_grid(source).scale, output.scale))
    factor = mul_factor(_grid(source).scale, _grid(alpha).scale, output.scale)
    site.in_range(site.largest * 255, factor)


def check_lookup(site: Site) -> None:
    """LOGISTIC, TANH, HARD_SWISH, ELU, ABS: any grids."""
    _unary(site)


def check_logistic(site: Site) -> None:
    """LOGISTIC."""
    source = _unary(site)
    if site.wide:
        _curve16(site, source)
        return
    _saturating(site, source)
    if _grid(site.output).zero_point != -128:
        site.refuse(
            f"its output has the zero point {_grid(site.output).zero_point}",
            "an int8 sigmoid has scale 1/256 and zero point -128",
        )


def check_tanh(site: Site) -> None:
    """TANH."""
    source = _unary(site)
    if site.wide:
        _curve16(site, source)
    else:
        _saturating(site, source)


def _curve16(site: Site, source: Tensor) -> None:
    """An int16 sigmoid or tanh: of 15 bits behind the point, from an input of scale under 2.67."""
    if power_of_two(_grid(site.output).scale) != -15:
        site.refuse(
            f"its output has the scale {_grid(site.output).scale}",
            "an int16 sigmoid or tanh has scale 1/32768",
        )
    argument = argument_of(type(site.attributes), _grid(source).scale)
    if argument.multiplier > LARGEST_MULTIPLIER:
        site.refuse(f"its input has the scale {_grid(source).scale}", "train with smaller inputs")


def _saturating(site: Site, source: Tensor) -> None:
    """The input in fixed point with 4 integer bits: its factor's shift is one of a 64-bit 1."""
    if not 2.0**-27 <= _grid(source).scale < 2.0**35:
        site.refuse(f"its input has the scale {_grid(source).scale}", "train with smaller inputs")


def check_hard_swish(site: Site) -> None:
    """HARD_SWISH."""
    source, output = _grid(_unary(site)), _grid(site.output)
    if lookup.hard_swish_exponent(source, output) > 0 or not 2.0**-24 < source.scale < 2.0**12:
        site.refuse(
            f"its input has the scale {source.scale}, its output {output.scale}",
            "TFLite Micro takes an input scale of up to 128 output scales",
        )


def check_leaky_relu(site: Site) -> None:
    """LEAKY_RELU."""
    attributes = site.attributes
    assert isinstance(attributes, LeakyRelu)
    source, output = _grid(_unary(site)), _grid(site.output)
    if not math.isfinite(attributes.alpha):
        site.contradiction(f"has alpha {attributes.alpha}")
    for real in lookup.leaky_factors(attributes, source, output):
        site.in_range(site.largest, Factor(*quantize_multiplier(abs(real))))


def check_abs(site: Site) -> None:
    """ABS."""
    source, output = _grid(_unary(site)), _grid(site.output)
    site.in_range(site.largest, Factor(*quantize_multiplier(lookup.abs_factor(source, output))))


def check_rsqrt(site: Site) -> None:
    """RSQRT."""
    source, output = _grid(_unary(site)), _grid(site.output)
    if source.zero_point != -128:
        site.refuse(
            f"its input's zero point is {source.zero_point}: inputs below 0 make TFLite Micro stop",
            "give it an input that is quantized from 0 on",
        )
    shift = quantize_multiplier(lookup.rsqrt_factor(source, output))[1]
    if not -11 <= shift <= 20:
        site.refuse(f"its output scale {output.scale} is too fine", "choose a coarser one")


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
    if (source.dtype, site.output.dtype) == ("int32", "int32"):
        site.refuse("it makes int32 of int32", "TFLite Micro does not: leave it out")
    factor = rescale_factor(_grid(source).scale, _grid(site.output).scale)
    largest = _LARGEST[source.dtype] - (_grid(source).zero_point if source.dtype == "int16" else 0)
    if site.output.dtype != "int8" and _grid(site.output).zero_point:
        site.refuse(
            f"its output has the zero point {_grid(site.output).zero_point}",
            "TFLite's int16 activations are symmetric: convert again",
        )
    site.in_range(largest, factor)


def check_relu(site: Site) -> None:
    """RELU."""
    source = _unary(site)
    site.in_range(site.largest, rescale_factor(_grid(source).scale, _grid(site.output).scale))


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
    if source.dtype == "int16" and site.wide:
        _softmax16(site, source, attributes.beta)
        return
    if source.dtype == "int16":
        site.refuse("it makes int8 of int16, which TFLite Micro does not", "put a QUANTIZE behind")
    scale, zero = (2.0**-16, -(2**15)) if site.wide else (1 / 256, -128)
    near = 0.001 * scale if site.wide else 0.0
    if abs(output.scale - scale) > near or output.zero_point != zero:
        site.refuse(
            f"its output has scale {output.scale} and zero point {output.zero_point}",
            f"an {site.output.dtype} softmax of int8 has scale {scale} and zero point {zero}",
        )
    if not source.shape or source.shape[-1] > _MAX_CLASSES:
        site.refuse(
            f"its input {list(source.shape)} is not of 1 to {_MAX_CLASSES} classes",
            "TFLite Micro's int8 softmax takes no more; leave the softmax out",
        )
    beta = attributes.beta
    if not math.isfinite(beta) or not beta * _grid(source).scale >= 2.0**-25:
        site.refuse(f"beta is {beta}, times an input scale of {_grid(source).scale}", "use beta 1")


def _softmax16(site: Site, source: Tensor, beta: float) -> None:
    """Of int16, to 15 bits behind the point."""
    output = _grid(site.output)
    if abs(output.scale - 2.0**-15) > 0.001 * 2.0**-15:
        site.refuse(
            f"its output has the scale {output.scale}", "an int16 softmax has scale 1/32768"
        )
    if not source.shape or source.shape[-1] > _MAX_CLASSES_INT16:
        site.refuse(
            f"its input {list(source.shape)} is not of 1 to {_MAX_CLASSES_INT16} classes",
            "leave the softmax out",
        )
    if not math.isfinite(beta) or beta <= 0:
        site.refuse(f"beta is {beta}", "use beta 1")
    site.in_range(2**16, softmax_factor16(_grid(source).scale, beta))
