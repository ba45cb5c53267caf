"""Kernels whose channels hold few levels become kernels of packed weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Literal

from tinyrob.kernels.kernel import Kernel
from tinyrob.network import layers as net
from tinyrob.network.levels import find_levels

Optimize = Literal["size", "balanced", "speed", "ram"]
OPTIMIZE: dict[Optimize, float] = {
    "size": float("inf"), "balanced": 1.15, "speed": 1.0, "ram": 1.15,
}  # fmt: skip
"""What is optimized for, and how many times a plain kernel's instructions a packed one may take."""

CODE_BYTES = {"2-bit": 1500, "4-bit": 1500, "uniform": 600}
"""About what the code of each packing takes: what it has to save, in all its layers."""

_PACKED: dict[type[net.Spec], dict[int, type[net.Spec]]] = {
    net.Conv: {2: net.Conv2Bit, 4: net.Conv4Bit},
    net.ConvAdd: {2: net.ConvAdd2Bit, 4: net.ConvAdd4Bit},
}


def pack_weights(
    network: net.Network,
    kernel_of: Callable[[net.Layer], Kernel | None],
    optimize: Optimize,
    code_bytes: Mapping[str, int] = CODE_BYTES,
) -> net.Network:
    """Packs the layers for which a kernel is fast enough, where that makes the firmware smaller.

    ``kernel_of`` gives a layer's kernel, or None. Exact: the sums are the same integers.
    """
    saved: dict[str, int] = {}
    packed: dict[int, tuple[str, net.Layer]] = {}
    for index, layer in enumerate(network.layers):
        found = _candidate(layer)
        if found is None:
            continue
        packing, candidate = found
        plain, kernel = kernel_of(layer), kernel_of(candidate)
        if plain is None or kernel is None:
            continue
        if kernel.slowdown(candidate, plain) > OPTIMIZE[optimize]:
            continue
        less = plain.describe(layer).constant_bytes - kernel.describe(candidate).constant_bytes
        if less > 0:
            packed[index] = found
            saved[packing] = saved.get(packing, 0) + less
    worth = {packing for packing, less in saved.items() if less > code_bytes[packing]}
    return replace(
        network,
        layers=tuple(
            packed[i][1] if i in packed and packed[i][0] in worth else layer
            for i, layer in enumerate(network.layers)
        ),
    )


def _candidate(layer: net.Layer) -> tuple[str, net.Layer] | None:
    """How the layer's weights can be packed, and the layer with them packed so."""
    spec = layer.spec
    if type(spec) is net.Depthwise and (spec.weights == spec.weights[0, 0]).all():
        return _packed(layer, net.DepthwiseUniform, "uniform")
    conv = spec.conv if isinstance(spec, net.ConvAdd) else spec
    if type(spec) in _PACKED and isinstance(conv, net.Conv):
        levels = find_levels(conv)
        if levels is not None:
            return _packed(layer, _PACKED[type(spec)][levels.bits], f"{levels.bits}-bit")
    return None


def _packed(layer: net.Layer, kind: type[net.Spec], packing: str) -> tuple[str, net.Layer]:
    values = {field.name: getattr(layer.spec, field.name) for field in fields(layer.spec)}
    return packing, replace(layer, spec=kind(**values), op=f"{layer.op} ({packing})")
