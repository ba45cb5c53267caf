"""Kernels whose channels hold few levels become kernels of packed weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Literal, Protocol

from tinyrob.emit import network as n
from tinyrob.emit.descriptor import Descriptor
from tinyrob.emit.levels import find_levels

Optimize = Literal["size", "balanced", "speed"]
OPTIMIZE: dict[Optimize, float] = {"size": float("inf"), "balanced": 1.15, "speed": 1.0}
"""What is optimized for, and how many times a plain kernel's instructions a packed one may take."""

CODE_BYTES = 1500
"""About what the code of a kind of packed kernel takes: what it has to save, in all its layers."""

_PACKED: dict[type[n.Spec], dict[int, type[n.Spec]]] = {
    n.Conv: {2: n.Conv2Bit, 4: n.Conv4Bit},
    n.ConvAdd: {2: n.ConvAdd2Bit, 4: n.ConvAdd4Bit},
}


class _Kernel(Protocol):
    """What is asked of a row of the kernel table."""

    @property
    def isa(self) -> str: ...
    @property
    def describe(self) -> Callable[[n.Layer], Descriptor]: ...
    @property
    def slowdown(self) -> Callable[[n.Layer], float]: ...


def pack_weights(
    network: n.Network,
    kernel_of: Callable[[n.Layer], _Kernel | None],
    optimize: Optimize,
    code_bytes: int = CODE_BYTES,
) -> n.Network:
    """Packs the layers for which a kernel is fast enough, where that makes the firmware smaller.

    ``kernel_of`` gives a layer's kernel, or None. A packed kernel of another instruction set than
    the plain one's counts as too slow for all but "size". Exact: the sums are the same integers.
    """
    saved: dict[int, int] = {}
    packed: dict[int, tuple[int, n.Layer]] = {}
    for index, layer in enumerate(network.layers):
        found = _candidate(layer)
        if found is None:
            continue
        bits, candidate = found
        plain, kernel = kernel_of(layer), kernel_of(candidate)
        if plain is None or kernel is None:
            continue
        slower = kernel.slowdown(candidate) if kernel.isa == plain.isa else float("inf")
        if slower > OPTIMIZE[optimize]:
            continue
        less = plain.describe(layer).constant_bytes - kernel.describe(candidate).constant_bytes
        if less > 0:
            packed[index] = bits, candidate
            saved[bits] = saved.get(bits, 0) + less
    return replace(
        network,
        layers=tuple(
            packed[i][1] if i in packed and saved[packed[i][0]] > code_bytes else layer
            for i, layer in enumerate(network.layers)
        ),
    )


def _candidate(layer: n.Layer) -> tuple[int, n.Layer] | None:
    """The layer with its weights packed in as few bits as they need."""
    spec = layer.spec
    conv = spec.conv if isinstance(spec, n.ConvAdd) else spec
    levels = find_levels(conv) if type(spec) in _PACKED and isinstance(conv, n.Conv) else None
    if levels is None:
        return None
    values = {field.name: getattr(spec, field.name) for field in fields(spec)}
    packed = _PACKED[type(spec)][levels.bits](**values)
    return levels.bits, replace(layer, spec=packed, op=f"{layer.op} ({levels.bits}-bit)")
