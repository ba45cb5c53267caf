"""Layers as the descriptors of the kernels for Cortex-M with DSP, and which layers those take."""

from __future__ import annotations

from dataclasses import asdict, replace

from tinyrob.ir.qmath import Factor
from tinyrob.kernels.descriptor import Array, Descriptor, Field
from tinyrob.kernels.dsp import layout as dsp
from tinyrob.kernels.groups import ByGroups
from tinyrob.kernels.phases import ByPhases
from tinyrob.kernels.portable import describe
from tinyrob.network import layers as net
from tinyrob.network.bounds import accumulators

_LARGEST_ADD_SHIFT = 22
_FEWEST_STEPS, _MOST_STEPS = 4, 24
_SHARE, _LARGE = 100, 2**15
"""A 100th of what a layer reads and writes is what more speed may cost of RAM, and nothing where
that is so many bytes: what such layers take is likely to be the whole network's peak."""
_FEWEST_STEPS_OF_PIXELS, _SHARE_OF_PIXELS = 8, 20
"""A 20th, whatever its size, for 1x1 kernels, which read little but weights."""
_FEW_OUTPUTS = 16
"""A classifier's: the 500 bytes of a faster epilogue save it as many instructions."""
_EPILOGUE = 60
"""Instructions an output that it saves."""
_LEFT_OVER = {0: 0.0, 1: 2.5, 2: 1.5, 3: 0.0}
"""Instructions an input that the last ``out_c % 4`` outputs cost more with it: they are a four."""


def _conv(layer: net.Layer) -> net.Conv:
    return describe.spec_of(layer, net.Conv)


def conv2d_accepts(layer: net.Layer) -> bool:
    """Constants within the ranges of tr_dsp_dot.h."""
    return dsp.paired(_conv(layer)) and dsp.rescales_right(layer)


def _ring(layer: net.Layer) -> int:
    """How many triples of pixels share weights: two, where the flash's cache (256 bytes on an
    STM32L4) keeps those of a pair of channels."""
    spec = _conv(layer)
    w = spec.window
    steps = dsp.steps(spec.weights[0].size)
    values = w.in_h * w.in_w * spec.in_c + w.out_h * w.out_w * spec.out_c
    shares = steps >= _FEWEST_STEPS and _SHARE * 24 * steps <= values < _LARGE
    if w.kernel_h == w.kernel_w == 1 and steps >= _FEWEST_STEPS_OF_PIXELS:
        shares = shares or _SHARE_OF_PIXELS * 24 * steps <= values
    return 2 if shares and steps <= _MOST_STEPS else 1


def conv2d_shared_scratch(layer: net.Layer) -> int:
    """As well, those of another three."""
    more = 24 * dsp.steps(_conv(layer).weights[0].size) if _ring(layer) > 1 else 0
    return conv2d_scratch(layer) + more


def conv2d_scratch(layer: net.Layer) -> int:
    """The windows of three pixels in int16, and copies of those that cannot be read in place."""
    spec = _conv(layer)
    window = spec.window
    steps = dsp.steps(spec.weights[0].size)
    ragged = window.kernel_w * spec.in_c % 4 != 0 or window.dilation_w != 1
    copies = 12 * steps + 4 if ragged or window.padded else 0
    tails = dsp.tails(spec)
    return 24 * steps + copies + (12 * tails + 4 if tails else 0)


def conv2d_in_place(layer: net.Layer) -> tuple[int, ...]:
    """Pointwise convolutions may overwrite their input: they read three pixels, then write them."""
    spec = _conv(layer)
    w = spec.window
    pointwise = (w.kernel_h, w.kernel_w, w.stride_h, w.stride_w) == (1, 1, 1, 1) and not w.padded
    return (0,) if pointwise and spec.out_c <= spec.in_c and spec.batches == 1 else ()


def conv2d_geometry(layer: net.Layer) -> dict[str, Field]:
    """The fields of tr_conv2d_dsp but its stream."""
    spec = _conv(layer)
    return {
        "window": asdict(spec.window),
        "batches": spec.batches,
        "in_c": spec.in_c,
        "out_c": spec.out_c,
        "input_zero_point": spec.input_zero_point,
        "rectified": int(dsp.rectified(layer)),
        "ring": 1,
        "zero_point": spec.output_zero_point,
        "lo": layer.clamp[0],
        "hi": layer.clamp[1],
    }


def conv2d_shared(layer: net.Layer) -> Descriptor:
    """tr_conv2d_dsp, of as many triples of pixels as share weights."""
    alone = conv2d(layer)
    return Descriptor(alone.struct, {**alone.fields, "ring": _ring(layer)})


def conv2d(layer: net.Layer) -> Descriptor:
    """tr_conv2d_dsp."""
    stream = Array("int32_t", dsp.convolution(layer))
    return Descriptor("tr_conv2d_dsp", {**conv2d_geometry(layer), "stream": stream})


def conv2d_short2_accepts(layer: net.Layer) -> bool:
    """One or two taps, accumulators of 30 bits, factors within the epilogue's range."""
    return dsp.short_lanes(_conv(layer)) == 1 and _short_fits(layer)


def conv2d_short_accepts(layer: net.Layer) -> bool:
    """As well, three or four taps."""
    return dsp.short_lanes(_conv(layer)) == 2 and _short_fits(layer)


def conv2d_short6_accepts(layer: net.Layer) -> bool:
    """As well, five or six taps in a row; from four pixels on it is the better one."""
    return _short_of(layer, 3) and _pixels(layer) > 3


def conv2d_short8_accepts(layer: net.Layer) -> bool:
    """As well, two words of taps."""
    return _short_of(layer, 4) and _pixels(layer) > 3


def conv2d_short12_accepts(layer: net.Layer) -> bool:
    """As well, three words of taps."""
    return _short_of(layer, 6) and _pixels(layer) > 3


def _pixels(layer: net.Layer) -> int:
    spec = _conv(layer)
    return spec.window.out_h * spec.window.out_w * spec.batches


def _short_of(layer: net.Layer, lanes: int) -> bool:
    spec = _conv(layer)
    flat = spec.window.dilation_w == 1 or spec.window.kernel_w == 1
    return dsp.short_lanes(spec) == lanes and flat and _short_fits(layer)


def _short_fits(layer: net.Layer) -> bool:
    small = bool(accumulators(_conv(layer)).magnitude.max() < 2**30)
    return small and dsp.rescales_right(layer)


def conv2d_short_scratch(layer: net.Layer) -> int:
    """The taps of some pixels in int16."""
    return {1: 192, 2: 192, 3: 192, 4: 160, 6: 384}[dsp.short_lanes(_conv(layer))]


def conv2d_short(layer: net.Layer) -> Descriptor:
    """tr_conv2d_dsp, for tr_conv2d_short_dsp_s8 and its kin."""
    fields = {**conv2d_geometry(layer), "rectified": int(dsp.short_rectified(layer))}
    return Descriptor("tr_conv2d_dsp", {**fields, "stream": Array("int32_t", dsp.short(layer))})


def add_accepts(layer: net.Layer) -> bool:
    """Operands of one shape, factors within the ranges of tr_dsp_add.h."""
    spec = layer.spec
    assert isinstance(spec, net.Add)
    return not (spec.shape.a_repeats or spec.shape.b_repeats) and _add_fits(spec)


def _add_fits(spec: net.Add) -> bool:
    half = Factor(2**30, 0)
    coarse = [factor == half for factor in (spec.a, spec.b)]
    fine = [-f.shift for f in (spec.a, spec.b) if f != half] + [-spec.output.shift]
    return any(coarse) and all(1 <= shift <= _LARGEST_ADD_SHIFT for shift in fine)


def halves(layer: net.Layer) -> tuple[net.Layer, net.Layer]:
    """A convolution with a sum at its end, as the two layers that it was."""
    spec = layer.spec
    assert isinstance(spec, net.ConvAdd)
    return (
        replace(layer, spec=spec.conv, clamp=spec.conv_clamp, inputs=layer.inputs[:1]),
        replace(layer, spec=spec.add),
    )


def conv2d_add_accepts(layer: net.Layer) -> bool:
    """What both halves take."""
    conv, add = halves(layer)
    return conv2d_accepts(conv) and add_accepts(add)


def conv2d_add_scratch(layer: net.Layer) -> int:
    """The convolution's, behind its results for three pixels."""
    conv, _ = halves(layer)
    return (3 * _conv(conv).out_c + 3) // 4 * 4 + conv2d_scratch(conv)


def conv2d_add_in_place(layer: net.Layer) -> tuple[int, ...]:
    """The other operand is read value by value as the sum is written."""
    return (1,)


def conv2d_add(layer: net.Layer) -> Descriptor:
    """tr_conv2d_add_dsp."""
    conv, add = halves(layer)
    return Descriptor(
        "tr_conv2d_add_dsp", {"conv": conv2d(conv).fields, "add": describe.add(add).fields}
    )


def _dense(layer: net.Layer) -> net.Dense:
    return describe.spec_of(layer, net.Dense)


def fully_connected_accepts(layer: net.Layer) -> bool:
    """Constants within the ranges of tr_dsp_dot4.h, part by part."""
    return dsp.dense_parts(_dense(layer)) is not None


def fully_connected_scratch(layer: net.Layer) -> int:
    """A copy of a row that is no whole number of words."""
    taps = _dense(layer).in_c
    return 4 * dsp.steps(taps) if taps % 4 else 0


def fully_connected(layer: net.Layer) -> Descriptor:
    """tr_fully_connected_dsp."""
    spec = _dense(layer)
    fields = dict(describe.fully_connected(layer).fields)
    del fields["weights"], fields["bias"]
    parts = dsp.dense_parts(spec)
    assert parts is not None
    return Descriptor(
        "tr_fully_connected_dsp",
        {
            **fields,
            "part": dsp.steps(parts[0].in_c),
            "stream": Array("int32_t", dsp.dense_in_parts(parts)),
        },
    )


def fully_connected_scaled_accepts(layer: net.Layer) -> bool:
    """As well, factors within the epilogue's range, and outputs enough to be worth its code."""
    spec = _dense(layer)
    saved = _EPILOGUE * spec.out_c - _LEFT_OVER[spec.out_c % 4] * spec.in_c
    return (
        spec.out_c >= _FEW_OUTPUTS and saved > 0 and dsp.paired(spec) and dsp.rescales_right(layer)
    )


def fully_connected_scaled(layer: net.Layer) -> Descriptor:
    """tr_fully_connected_scaled_dsp."""
    spec = _dense(layer)
    factors = dsp.dense_factors(spec)
    return Descriptor(
        "tr_fully_connected_scaled_dsp",
        {
            "batches": spec.batches,
            "in_c": spec.in_c,
            "out_c": spec.out_c,
            "advance": 12 if factors.size > 3 else 0,
            "stream": Array("int32_t", dsp.dense(spec)),
            "factors": Array("int32_t", factors),
            "rectified": int(dsp.rectified(layer)),
            "lo": layer.clamp[0],
            "hi": layer.clamp[1],
        },
    )


def average_pool_accepts(layer: net.Layer) -> bool:
    """Sums of 16 bits."""
    spec = layer.spec
    assert isinstance(spec, net.Pool)
    return spec.window.kernel_h * spec.window.kernel_w <= 256


transpose_conv = ByPhases("tr_transpose_conv_dsp", conv2d, conv2d_accepts, conv2d_scratch)


def batch_matmul_scratch(layer: net.Layer) -> int:
    """Four columns of b, and what the kernel's file says."""
    of = describe.spec_of(layer, net.BatchMatmul).of
    steps = dsp.steps(of.depth)
    return 32 * steps + (4 * steps if of.depth % dsp.STEP else 0)


conv2d_grouped = ByGroups(
    "tr_conv2d_grouped_dsp", "words", "stream", conv2d, conv2d_accepts, conv2d_scratch
)
