"""Layers with packed weights as the descriptors of the portable kernels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import numpy as np

from tinyrob.kernels.descriptor import Array, Descriptor
from tinyrob.kernels.kernel import Kernel
from tinyrob.kernels.portable import describe
from tinyrob.network import layers as net
from tinyrob.network.bounds import rows
from tinyrob.network.levels import OFFSET, Levels, find_levels

_BLOCK = 4
_LARGEST_TAPS = 2**15
"""For sums of fields of 2 bits, up to 64 times too large, within 32 bits."""


def _levels(layer: net.Layer) -> tuple[net.Conv, Levels | None]:
    assert isinstance(layer.spec, net.Conv)
    return layer.spec, find_levels(layer.spec)


def accepts(bits: int) -> Callable[[net.Layer], bool]:
    """Weights of so many bits."""

    def check(layer: net.Layer) -> bool:
        spec, levels = _levels(layer)
        return levels is not None and levels.bits <= bits and spec.weights[0].size <= _LARGEST_TAPS

    return check


def conv2d(bits: int) -> Callable[[net.Layer], Descriptor]:
    """tr_conv2d_packed."""

    def describer(layer: net.Layer) -> Descriptor:
        _, levels = _levels(layer)
        assert levels is not None
        plain = dict(describe.conv2d(layer).fields)
        plain["weights"] = Array("int8_t", fields(levels, bits))
        return Descriptor(
            "tr_conv2d_packed", {"conv": plain, "factor": Array("uint8_t", levels.factor)}
        )

    return describer


def fields(levels: Levels, bits: int) -> net.Int8:
    """For each four channels, tap by tap: their levels without a sign, ``bits`` apart."""
    channels, taps = levels.level.shape
    padded = np.pad(levels.level, ((0, -channels % _BLOCK), (0, 0))) + OFFSET[bits]
    blocks = padded.reshape(-1, _BLOCK, taps)
    packed = np.bitwise_or.reduce(blocks << (bits * np.arange(_BLOCK))[:, None], axis=1)
    stored: net.Int8 = packed.astype("<u2" if bits == 4 else "u1").reshape(-1).view(np.int8)
    return stored


def conv2d_slowdown(layer: net.Layer, plain: Kernel) -> float:
    """Instructions over those of the portable kernel, as measured: 1.08 to 1.10 on
    Cortex-M3, 1.14 to 1.21 on RV32."""
    return 1.1 if plain.isa == "portable" else float("inf")


def uniform_accepts(layer: net.Layer) -> bool:
    """One output for each input channel."""
    assert isinstance(layer.spec, net.Depthwise)
    return layer.spec.depth == 1


def uniform(layer: net.Layer) -> Descriptor:
    """tr_depthwise_uniform."""
    spec = layer.spec
    assert isinstance(spec, net.Depthwise)
    return Descriptor(
        "tr_depthwise_uniform",
        {
            "window": asdict(spec.window),
            "batches": spec.batches,
            "channels": spec.in_c,
            "input_offset": -spec.input_zero_point,
            "weights": Array("int8_t", rows(spec)[:, 0]),
            "bias": Array("int32_t", spec.bias),
            "multiplier": Array("int32_t", spec.multiplier),
            "shift": Array("int8_t", spec.shift),
            "output": {
                "zero_point": spec.output_zero_point,
                "lo": layer.clamp[0],
                "hi": layer.clamp[1],
            },
        },
    )


def uniform_slowdown(layer: net.Layer, plain: Kernel) -> float:
    """A sum takes fewer instructions a tap than products do, unless a vector of them is one."""
    return 1.5 if plain.vector_products else 0.6
