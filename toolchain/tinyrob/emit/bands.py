"""Layers that are several calls, one a band of rows: what these share, and which are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinyrob import passes
from tinyrob.emit.memory import alive, plan_memory
from tinyrob.kernels.descriptor import Array, Descriptor, Field
from tinyrob.kernels.kernel import Kernel
from tinyrob.kernels.table import find
from tinyrob.network.layers import Copy, Layer, Network
from tinyrob.passes.bands import Memory
from tinyrob.project.layer_cost import Bands

MEMORY = Memory(alive, lambda network, kernels: plan_memory(network, kernels).arena_bytes)
"""By what bands are chosen."""


def in_bands(
    network: Network, kernels: Sequence[Kernel], isa: str
) -> tuple[Network, list[Kernel], tuple[Bands, ...]]:
    """The network with layers in bands where that takes less memory, its kernels, and what is in
    bands."""
    changed, taken = passes.band_rows(network, kernels, lambda layer: find(layer, isa), MEMORY)
    segments: list[list[Layer]] = []
    following = -1
    for layer in changed.layers:
        if layer.part is None:
            continue
        step = network.layers.index(layer.part.whole)
        if segments and any(layer.part.whole is one for one in segments[-1]):
            continue
        if step == following:
            segments[-1].append(layer.part.whole)
        else:
            segments.append([layer.part.whole])
        following = step + 1
    whole = MEMORY.arena(network, kernels) if segments else 0
    found = []
    for inner in segments:
        calls = sum(
            layer.part is not None and any(layer.part.whole is one for one in inner)
            for layer in changed.layers
        )
        found.append(Bands(inner[0].name, inner[-1].name, len(inner), calls, whole))
    return changed, taken, tuple(found)


def observed(layer: Layer) -> bool:
    """Whether an observer is shown what a call makes: what is copied has been shown already."""
    return not isinstance(layer.spec, Copy)


def indices(network: Network) -> list[int | None]:
    """The number of each call among those that are observed."""
    found: list[int | None] = []
    count = 0
    for layer in network.layers:
        found.append(count if observed(layer) else None)
        count += observed(layer)
    return found


def shared_arrays(network: Network, descriptors: Sequence[Descriptor]) -> list[Descriptor]:
    """The descriptors, in which the bands of one layer point to the same arrays."""
    known: dict[tuple[int, str, bytes], Array] = {}

    def shared(field: Field, whole: int) -> Field:
        if isinstance(field, Array):
            return known.setdefault((whole, field.ctype, field.stored), field)
        if isinstance(field, Mapping):
            return {name: shared(inner, whole) for name, inner in field.items()}
        return field

    return [
        descriptor if layer.part is None else Descriptor(
            descriptor.struct,
            {name: shared(f, id(layer.part.whole)) for name, f in descriptor.fields.items()},
        )
        for layer, descriptor in zip(network.layers, descriptors, strict=True)
    ]  # fmt: skip


def first_arrays(descriptors: Sequence[Descriptor]) -> list[list[Array]]:
    """Of each descriptor the arrays that no earlier one points to."""
    seen: set[Array] = set()
    found = []
    for descriptor in descriptors:
        arrays = [array for array in descriptor.arrays().values() if array not in seen]
        seen.update(arrays)
        found.append(arrays)
    return found


def first_structs(descriptors: Sequence[Descriptor]) -> list[int]:
    """For each descriptor the first one that is the same: bands in the middle of an image are."""
    found: list[int] = []
    for step, descriptor in enumerate(descriptors):
        earlier = (
            i for i in sorted(set(found))
            if (descriptors[i].struct, descriptors[i].fields)
            == (descriptor.struct, descriptor.fields)
        )  # fmt: skip
        found.append(next(earlier, step))
    return found
