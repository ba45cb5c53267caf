"""Layers with packed weights as the descriptors of the kernels for Cortex-M with DSP."""

from __future__ import annotations

from collections.abc import Callable

from tinyrob.kernels.descriptor import Array, Descriptor
from tinyrob.kernels.dsp import describe as describe_dsp
from tinyrob.kernels.dsp import layout as dsp
from tinyrob.kernels.dsp import packed_layout as dsp_packed
from tinyrob.kernels.kernel import Kernel
from tinyrob.kernels.portable import describe
from tinyrob.network import layers as net


def _conv(layer: net.Layer) -> net.Layer:
    """The convolution of a layer, without the sum at its end."""
    if isinstance(layer.spec, net.ConvAdd):
        return describe_dsp.halves(layer)[0]
    return layer


def accepts(bits: int) -> Callable[[net.Layer], bool]:
    """Weights of these bits within the ranges of tr_dsp_packed.h; a sum that the plain kernel
    takes as well."""

    def check(layer: net.Layer) -> bool:
        if isinstance(layer.spec, net.ConvAdd) and not describe_dsp.add_accepts(
            describe_dsp.halves(layer)[1]
        ):
            return False
        return dsp_packed.fits(_conv(layer), bits)

    return check


def scratch(layer: net.Layer) -> int:
    """As the plain kernel's, with room for whole rounds of taps."""
    conv = _conv(layer)
    assert isinstance(conv.spec, net.Conv)
    windows = 48 * dsp_packed.rounds(conv.spec.weights[0].size)
    size = max(windows, describe_dsp.conv2d_scratch(conv))
    if isinstance(layer.spec, net.ConvAdd):
        size += (3 * conv.spec.out_c + 3) // 4 * 4
    return size


def conv2d(bits: int) -> Callable[[net.Layer], Descriptor]:
    """tr_conv2d_dsp with a packed stream."""

    def describer(layer: net.Layer) -> Descriptor:
        stream = Array("int32_t", dsp_packed.convolution(layer, bits))
        return Descriptor(
            "tr_conv2d_dsp", {**describe_dsp.conv2d_geometry(layer), "stream": stream}
        )

    return describer


def conv2d_add(bits: int) -> Callable[[net.Layer], Descriptor]:
    """tr_conv2d_add_dsp with a packed stream."""

    def describer(layer: net.Layer) -> Descriptor:
        conv, add = describe_dsp.halves(layer)
        fields = {"conv": conv2d(bits)(conv).fields, "add": describe.add(add).fields}
        return Descriptor("tr_conv2d_add_dsp", fields)

    return describer


def slowdown(layer: net.Layer, plain: Kernel) -> float:
    """Instructions over those of the DSP kernel, from the costs that the kernels' files state."""
    if plain.isa != "dsp":
        return float("inf")
    conv = _conv(layer)
    assert isinstance(conv.spec, net.Conv)
    taps, pairs = conv.spec.weights[0].size, (conv.spec.out_c + 1) // 2
    steps, rounds = dsp.steps(taps), dsp_packed.rounds(taps)
    gather = 10 * steps + 90
    before = gather + pairs * (17 * steps + 2 * -(-steps // 8) + 61)
    packed = gather + 50 + 16 * rounds + pairs * (37 * rounds + 3 * -(-rounds // 4) + 63)
    return packed / before
