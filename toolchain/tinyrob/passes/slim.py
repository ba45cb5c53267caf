"""Channels that are one number for every input, or that nothing reads, are taken out.

Trained networks have them: a convolution's channel with zero weights, what a depthwise layer makes
of it, a column of weights that are all zero. Which classes of a value (see network/intervals.py)
may go is the largest choice in which every layer agrees: one that works class by class drops a
class of all its operands and of its output or of none; a convolution or a dense layer takes
constants into its biases. What remains computes the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tinyrob.network import layers as net
from tinyrob.network.intervals import Interval, intervals, joins_channels, keeps_classes
from tinyrob.passes.trimmed import trimmed

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Ties:
    """A layer that works class by class: for each input the class that each class of the output
    is made of (-1: of none); None for an input that is read whole."""

    sources: tuple[Ints | None, ...]


def slim(network: net.Network) -> net.Network:
    """Without classes that are constant or unread, wherever all their readers can do without."""
    known = intervals(network)
    gone = _choice(network, known)
    trims = {value: _trim(flags, known[value]) for value, flags in gone.items() if flags.any()}
    return trimmed(network, trims) if trims else network


def _trim(gone: Bools, interval: Interval) -> net.Trim:
    constant = np.flatnonzero(gone & interval.constant)
    return net.Trim(
        interval.period,
        tuple(int(c) for c in np.flatnonzero(~gone)),
        {int(c): int(interval.least[c]) for c in constant},
    )


def _choice(network: net.Network, known: dict[int, Interval]) -> dict[int, Bools]:
    """For each computed value which classes go: all at first, then fewer until layers agree."""
    gone = {x.output: np.ones(known[x.output].period, bool) for x in network.layers}
    slides = {x.output for x in network.layers if isinstance(x.spec, net.Slide)}
    kept = {*network.inputs, *network.outputs, *(set(network.states) - slides)}
    for value in kept & gone.keys():
        gone[value][:] = False
    while True:
        before = sum(int(flags.sum()) for flags in gone.values())
        for layer in reversed(network.layers):
            _agree(network, layer, known, gone)
        if sum(int(flags.sum()) for flags in gone.values()) < before:
            continue
        # A tensor keeps one element at least.
        empty = [flags for flags in gone.values() if flags.all()]
        if not empty:
            return gone
        empty[0][0] = False


def _agree(
    network: net.Network, layer: net.Layer, known: dict[int, Interval], gone: dict[int, Bools]
) -> None:
    """Keeps what this layer cannot do without."""
    out = gone[layer.output]
    if layer.dtype == "int8" and isinstance(layer.spec, net.Conv | net.Dense):
        source = layer.inputs[0]
        if source in gone:
            gone[source] &= _spared(layer.spec, known[source], ~out)
        return
    ties = _ties(network, layer, known)
    if ties is None:
        for value in (*layer.inputs, layer.output):
            if value in gone:
                gone[value][:] = False
        return
    for value, classes in zip(layer.inputs, ties.sources, strict=True):
        if network.values[value].data is not None:
            continue
        theirs = gone.get(value, np.zeros(known[value].period if value in known else 1, bool))
        if classes is None:
            theirs[:] = False
            continue
        made = classes >= 0
        out[made] &= theirs[classes[made]]
        theirs[classes[made & ~out]] = False


def _spared(spec: net.Conv | net.Dense, source: Interval, kept: Bools) -> Bools:
    """Classes of its input that a layer needs not: its weights there are zero, or they are
    constants, which biases can hold."""
    if spec.in_c % source.period:
        return np.zeros(source.period, bool)
    weights = spec.weights[kept].reshape(-1, spec.in_c // source.period, source.period)
    unread = ~weights.any(axis=(0, 1))
    constant = source.constant
    if isinstance(spec, net.Conv) and spec.window.padded:
        constant = constant & (source.least == spec.input_zero_point)
    spared: Bools = unread | constant
    return spared


def _ties(network: net.Network, layer: net.Layer, known: dict[int, Interval]) -> _Ties | None:
    """How a layer's classes hang together; None where nothing may go."""
    if layer.dtype != "int8":
        return None
    spec, made = layer.spec, known[layer.output].period
    periods = [known[i].period if i in known else 1 for i in layer.inputs]
    each = np.arange(made)
    if isinstance(spec, net.Depthwise):
        return _Ties((each // spec.depth,)) if periods == [spec.in_c] else None
    if isinstance(spec, net.Add | net.Minimum | net.Maximum):
        return _elementwise(network, layer, spec.shape, periods, made)
    if isinstance(spec, net.Concat) and joins_channels(spec, periods):
        firsts = np.cumsum([0, *periods])
        joined = [np.where((each >= a) & (each < b), each - a, -1)
                  for a, b in pairwise(firsts)]  # fmt: skip
        return _Ties(tuple(joined))
    if isinstance(spec, net.Pad):
        inside = (each >= spec.before[3]) & (each < made - spec.after[3])
        ties = _Ties((np.where(inside, each - spec.before[3], -1),))
        return ties if periods == [spec.size[3]] else None
    whole = (
        isinstance(spec, net.Requantize | net.Lookup)
        or (isinstance(spec, net.Pool) and periods == [spec.channels])
        or (isinstance(spec, net.Mean) and spec.inner % periods[0] == 0)
        or (isinstance(spec, net.Slide) and spec.kept % made == 0 and spec.fresh % made == 0)
        or (isinstance(spec, net.Concat) and all(x % made == 0 for x in spec.lengths))
    )
    return _Ties((each,) * len(periods)) if whole and set(periods) == {made} else None


def _elementwise(
    network: net.Network, layer: net.Layer, shape: net.Broadcast, periods: list[int], made: int
) -> _Ties | None:
    sources: list[Ints | None] = []
    for value, period, mask in zip(
        layer.inputs, periods, (shape.a_repeats, shape.b_repeats), strict=True
    ):
        constant = network.values[value].data is not None and shape.size[3] % made == 0
        if mask & 8:
            sources.append(None)
        elif constant or (period == made and keeps_classes(shape, mask, made)):
            sources.append(np.arange(made))
        else:
            return None
    return _Ties(tuple(sources))
