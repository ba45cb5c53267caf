"""Rows that a stream keeps: read, joined with new ones and written back becomes one move."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinyrob.network import layers as net
from tinyrob.network.layers import Layer, Network


def slide_rows(network: Network) -> Network:
    """A state that is read, joined with fresh rows behind it, and overwritten with the last of them
    becomes the joined rows themselves: they move to the front, and the fresh ones go behind.

    Exact: whoever read the joined rows reads the same, and nobody else read the state.
    """
    for read in network.layers:
        network = _slid(network, read)
    return network


def _slid(network: Network, read: Layer) -> Network:
    state = read.inputs[0]
    if network.values[state].initial is None or not _copies(read):
        return network
    join = _reader(network, read.output)
    if join is None or not isinstance(join.spec, net.Concat) or len(join.inputs) != 2:
        return network
    older, fresh = join.spec.lengths
    limits = (-128, 127) if join.dtype == "int8" else (-32768, 32767)
    if join.inputs[0] != read.output or join.inputs[1] == read.output or join.clamp != limits:
        return network
    if join.output in network.outputs or network.consumers(state) != (network.layers.index(read),):
        return network
    writers = [x for x in network.layers if x.output == state]
    last = next((x for x in network.layers if x.output == writers[0].inputs[0]), None)
    if len(writers) != 1 or not _copies(writers[0]) or last is None:
        return network
    if not _takes_last(last, join) or _reader(network, last.output) is not writers[0]:
        return network
    gone = (read, last, writers[0])
    spec = net.Slide(join.spec.rows, older, fresh, network.values[join.output].bytes
                     // (join.spec.rows * (older + fresh)))  # fmt: skip
    values = list(network.values)
    values[join.output] = replace(values[join.output], initial=_first(network, state, spec))
    values[state] = replace(values[state], initial=None)
    slide = replace(
        join, op=f"{read.op} + {join.op}", spec=spec, inputs=join.inputs[1:], shapes=join.shapes[1:]
    )
    layers = [slide if x is join else x for x in network.layers if x not in gone]
    return replace(network, values=tuple(values), layers=tuple(layers))


def _copies(layer: Layer) -> bool:
    """Whether a layer makes the same bytes again."""
    spec = layer.spec
    return isinstance(spec, net.Move) and spec.loops.is_view and spec.loops.start == 0


def _reader(network: Network, value: int) -> Layer | None:
    """Who alone reads a value."""
    readers = network.consumers(value)
    return network.layers[readers[0]] if len(readers) == 1 else None


def _takes_last(layer: Layer, join: Layer) -> bool:
    """Whether a layer takes the last of what was joined, as much of it as is kept."""
    spec, of = layer.spec, join.spec
    assert isinstance(of, net.Concat)
    if layer.inputs != (join.output,) or not isinstance(spec, net.Move):
        return False
    older, fresh = of.lengths
    loops = spec.loops
    if loops.run != older or loops.start != fresh:
        return False
    if of.rows == 1:
        return loops.is_view
    return loops.sizes == (of.rows,) and loops.strides == (older + fresh,)


def _first(network: Network, state: int, spec: net.Slide) -> net.Int8:
    """What the joined rows are before anything came: the state's first values stand behind others
    that move out before they are read. Like their neighbours these keep to what a channel has."""
    initial = network.values[state].initial
    assert initial is not None
    rows = initial.reshape(spec.rows, -1)
    gone = spec.fresh * spec.bytes_each
    whole: net.Int8 = np.concatenate([[np.resize(row, gone) for row in rows], rows], axis=1)
    return whole.reshape(-1)
