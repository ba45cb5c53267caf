"""Which layers run in bands, of how many rows: those that lower the peak of the memory alive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tinyrob.kernels.kernel import Kernel
from tinyrob.network.layers import Layer, Network
from tinyrob.passes.bands.banded import Segment, banded
from tinyrob.passes.bands.rows import NotByRows, Rows, rows_of

KernelOf = Callable[[Layer], Kernel | None]


@dataclass(frozen=True)
class Memory:
    """How much is needed: ``alive`` bytes at each layer, which is quick to tell, and the ``arena``
    that holds them."""

    alive: Callable[[Network, Sequence[Kernel]], tuple[int, ...]]
    arena: Callable[[Network, Sequence[Kernel]], int]


_Rows = dict[Layer, Rows | None]

_STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 24)
"""Rows of a band."""
_LONGEST = 24
"""Layers of a segment."""
_MOST = 4
"""Segments."""
_SLACK = 1 / 64
"""An arena larger by that share is as good, where it takes fewer calls."""
_FINALISTS = 4
"""Of how many segments the arena is planned."""
WORTH = 1 / 32
"""What share of the memory bands must save: they cost code."""


@dataclass(frozen=True)
class _Found:
    network: Network
    kernels: list[Kernel]
    live: tuple[int, ...]
    arena: int

    @property
    def peak(self) -> int:
        return max(self.live, default=0)


def band_rows(
    network: Network, kernels: Sequence[Kernel], kernel_of: KernelOf, memory: Memory
) -> tuple[Network, list[Kernel]]:
    """The network with layers in bands where its peak is theirs, and the kernels of its layers.

    ``kernels`` are those of the network given, ``kernel_of`` says which one is for a layer. Exact:
    each row is computed once, of the same integers. Unchanged where less than ``WORTH`` of the
    memory is saved.

    Running the first layers patch by patch is MCUNetV2's idea (Lin et al. 2021, arXiv:2110.15352);
    rows that are kept in place of patches that overlap are Alwani et al.'s ("Fused-layer CNN
    accelerators", MICRO 2016): nothing is computed twice.
    """
    constants = {i for i, value in enumerate(network.values) if value.data is not None}
    rows: _Rows = {layer: rows_of(layer, constants.__contains__) for layer in network.layers}
    live, arena = memory.alive(network, kernels), memory.arena(network, kernels)
    stages = [_Found(network, list(kernels), live, arena)]
    while len(stages) <= _MOST:
        better = _next(stages[-1], rows, kernel_of, memory)
        if better is None:
            break
        stages.append(better)
    best = _fewest(stages)
    if best.arena > arena * (1 - WORTH):
        best = stages[0]
    return best.network, best.kernels


def _fewest(found: Sequence[_Found]) -> _Found:
    """The smallest arena, or the fewest calls for one about as small."""
    enough = min(one.arena for one in found) * (1 + _SLACK)
    near = [one for one in found if one.arena <= enough]
    return min(near, key=lambda one: (len(one.network.layers), one.arena))


def _next(now: _Found, rows: _Rows, kernel_of: KernelOf, memory: Memory) -> _Found | None:
    """One more segment around the layer of the peak; None where none lowers that."""
    lower: list[tuple[int, int, Network, list[Kernel]]] = []
    lowest = now.peak
    for segment, floor in _segments(now, rows):
        if floor >= lowest * (1 + _SLACK):
            continue
        try:
            changed = banded(now.network, segment)
            kernels = kernels_of(now.network, now.kernels, changed, kernel_of)
        except NotByRows:
            continue
        peak = max(memory.alive(changed, kernels))
        if peak < now.peak:
            lowest = min(lowest, peak)
            lower.append((peak, len(changed.layers), changed, kernels))
    lower.sort(key=lambda one: one[:2])
    finalists = []
    for _, _, network, kernels in lower[:_FINALISTS]:
        try:
            taken = accepted(network, kernels, kernel_of)
        except NotByRows:
            continue
        live, arena = memory.alive(network, taken), memory.arena(network, taken)
        finalists.append(_Found(network, taken, live, arena))
    better = [one for one in finalists if one.arena < now.arena]
    return _fewest(better) if better else None


def _segments(now: _Found, rows: _Rows) -> Iterator[tuple[Segment, int]]:
    """Segments around the peak, the longest first, and what is alive in any case."""
    layers, live = now.network.layers, now.live
    peak = live.index(now.peak)

    def free(step: int) -> bool:
        return 0 <= step < len(layers) and rows.get(layers[step]) is not None

    if not free(peak):
        return
    first, last = peak, peak + 1
    while free(first - 1) and peak - first < _LONGEST:
        first -= 1
    while free(last) and last - peak < _LONGEST:
        last += 1
    known = {layer: found for layer, found in rows.items() if found is not None}
    for start in range(first, peak + 1):
        for stop in range(last, peak, -1):
            if not 1 < stop - start <= _LONGEST:
                continue
            total = known[layers[stop - 1]].made
            floor = max(*live[:start], *live[stop:], _around(now.network, start, stop), 0)
            for step in _STEPS:
                if step < total:
                    yield Segment(start, stop, step, True, known), floor
                    yield Segment(start, stop, step, False, known), floor


def _around(network: Network, start: int, stop: int) -> int:
    """Bytes of what layers [start, stop) read and make for others: whole, and alive together at
    their last band at least where others read it behind them as well."""
    inner = network.layers[start:stop]
    made = {layer.output for layer in inner}
    later = {v for layer in network.layers[stop:] for v in layer.inputs}.union(network.outputs)
    read = {v for layer in inner for v in layer.inputs} - made
    held = (read | made) & later
    # The first layer's input is needed up to the last band, whose output is nearly whole then.
    held |= {v for v in inner[0].inputs if v in read and network.values[v].data is None}
    return sum(network.values[v].bytes for v in held if network.values[v].data is None)


def kernels_of(
    network: Network, kernels: Sequence[Kernel], changed: Network, kernel_of: KernelOf
) -> list[Kernel]:
    """Of each band of ``changed`` the whole layer's kernel in ``network``; of copies the one that
    there is. Raises NotByRows where a kernel wants its rows aligned and they are not."""
    whole = dict(zip(network.layers, kernels, strict=True))
    found = []
    for layer in changed.layers:
        kernel = whole.get(layer)  # as it was: no layer of a new band
        if kernel is None and layer.part is not None:
            kernel = whole[layer.part.whole]
        if kernel is None:
            kernel = kernel_of(layer)
        found.append(_aligned(changed, layer, kernel))
    return found


def accepted(network: Network, kernels: Sequence[Kernel], kernel_of: KernelOf) -> list[Kernel]:
    """The kernels; for a band that is not for the whole layer's kernel, the one that takes it."""
    return [
        kernel
        if layer.part is None or kernel.accepts(layer)
        else _aligned(network, layer, kernel_of(layer))
        for layer, kernel in zip(network.layers, kernels, strict=True)
    ]


def _aligned(network: Network, layer: Layer, kernel: Kernel | None) -> Kernel:
    pieces = (network.values[v].within for v in (*layer.inputs, layer.output))
    if kernel is None or any(p is not None and p[1] % kernel.align for p in pieces):
        raise NotByRows
    return kernel
