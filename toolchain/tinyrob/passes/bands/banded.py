"""Some layers of a network, a band of rows at a time.

All of them make a few rows, then all the next few: of what is between them only those rows are in
memory that a later band still reads. They are copied to where the next rows will follow, so that
nothing is computed twice and every kernel sees an image.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tinyrob.ir.graph import numpy_type
from tinyrob.network.layers import Copy, Layer, Network, Part, Value
from tinyrob.passes.bands.rows import NotByRows, Rows, Span

MOST_CALLS = 160
"""How many calls a segment may become: each costs some 30 bytes of code, and a struct where it is
like no other."""


@dataclass(frozen=True)
class Segment:
    """Layers [first, last) of a network, in bands of ``step`` rows of what the last one makes.

    ``stay``: what is kept stays in one place, from the first band on, and moves to its front; else
    it is put aside while its layer does not run. ``rows`` by layer.
    """

    first: int
    last: int
    step: int
    stay: bool
    rows: Mapping[Layer, Rows]


def banded(network: Network, segment: Segment) -> Network:
    """The network with those layers in bands. Raises NotByRows where they cannot be, or would be
    more than ``MOST_CALLS`` calls."""
    writer = _Writer(network, segment)
    writer.write()
    return replace(
        network,
        values=tuple(writer.values),
        layers=(
            *network.layers[: segment.first], *writer.layers, *network.layers[segment.last :],
        ),
    )  # fmt: skip


def by_rows(network: Network, segment: Segment) -> dict[int, int] | None:
    """How many rows each value has that the segment reads or makes in rows; None where its layers
    do not agree, or rows are no whole bytes."""
    found: dict[int, int] = {}
    for layer in network.layers[segment.first : segment.last]:
        rows = segment.rows[layer]
        sides = [*zip(layer.inputs, rows.read, strict=True), (layer.output, rows.made)]
        for value, count in sides:
            if count is None:
                continue
            if found.setdefault(value, count) != count or network.values[value].bytes % count:
                return None
    return found


@dataclass
class _Held:
    """Where rows [``first``, ``last``) of a value are: in ``place``, ``before`` of its rows behind
    its start."""

    place: int
    first: int
    last: int
    before: int = 0


@dataclass
class _Writer:
    """Writes the calls of all bands."""

    network: Network
    segment: Segment
    values: list[Value] = field(init=False)
    layers: list[Layer] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        network, segment = self.network, self.segment
        self.values = list(network.values)
        self.inner = network.layers[segment.first : segment.last]
        rows = by_rows(network, segment)
        if rows is None:
            raise NotByRows
        self.rows = rows
        self.made = {layer.output for layer in self.inner}
        self._check_values()
        others = (*network.layers[: segment.first], *network.layers[segment.last :])
        outside = {value for layer in others for value in layer.inputs}.union(network.outputs)
        self.whole = {v for v in self.rows if v not in self.made or v in outside}
        self.readers = {
            value: [
                (layer, index) for layer in self.inner
                for index, read in enumerate(layer.inputs) if read == value
            ]
            for value in self.made
        }  # fmt: skip
        self.done = dict.fromkeys(self.made, 0)
        self.held: dict[int, _Held] = {}
        self.pieces: dict[tuple[int, int, int], int] = {}
        self.most: dict[int, int] = {}

    def _check_values(self) -> None:
        """What goes by rows is made anew each time; whole operands are there before the first
        band."""
        for value in map(self.network.values.__getitem__, self.rows):
            if not (value.data is None and value.initial is None and value.within is None):
                raise NotByRows
        for layer in self.inner:
            pairs = zip(layer.inputs, self.segment.rows[layer].read, strict=True)
            if any(count is None and value in self.made for value, count in pairs):
                raise NotByRows

    def write(self) -> None:
        """All bands, one behind the other."""
        total = self.rows[self.inner[-1].output]
        stops = [*range(self.segment.step, total, self.segment.step), total]
        if len(stops) * len(self.inner) > MOST_CALLS:
            raise NotByRows
        if self.segment.stay:
            self._reserve([self._targets(stop, total) for stop in stops])
        for stop in stops:
            self._band(self._targets(stop, total))

    def _targets(self, stop: int, total: int) -> dict[int, int]:
        """How many rows there must be of each value, for ``stop`` of ``total`` of the last one."""
        found: dict[int, int] = {}
        for layer in reversed(self.inner):
            value, rows = layer.output, self.rows[layer.output]
            if stop == total:
                found[value] = rows
                continue
            # What only others read keeps pace.
            wanted = [stop if layer is self.inner[-1] else 0]
            readers = self.readers[value]
            if not readers:
                wanted.append(-(-rows * stop // total))
            for reader, index in readers:
                ready = found[reader.output]
                if ready:
                    wanted.append(self._needs(reader, index, (0, ready))[1])
            found[value] = self.segment.rows[layer].end(max(wanted))
        return found

    def _needs(self, layer: Layer, index: int, made: Span) -> Span:
        return self.segment.rows[layer].needs(index, made)

    def _needed(self, value: int, done: Mapping[int, int], made: int) -> int:
        """The first of a value's ``made`` rows that readers need that have made ``done`` rows."""
        first = made
        for reader, index in self.readers[value]:
            output = reader.output
            if done[output] < self.rows[output]:
                start = self._needs(reader, index, (done[output], done[output] + 1))[0]
                first = min(first, start)
        return first

    def _reserve(self, targets: list[dict[int, int]]) -> None:
        """How many rows are held at most of what is kept from one band to the next."""
        done = dict.fromkeys(self.made, 0)
        kept: set[int] = set()
        for target in targets:
            for value in self.made - self.whole:
                first = self._needed(value, done, done[value])
                self.most[value] = max(self.most.get(value, 0), target[value] - first)
                if first < done[value]:
                    kept.add(value)
            done = target
        self.most = {value: rows for value, rows in self.most.items() if value in kept}

    def _band(self, target: dict[int, int]) -> None:
        before = dict(self.done)
        left = {
            value: [r for r, _ in self.readers[value] if target[r.output] > before[r.output]]
            for value in self.made
        }
        for layer in self.inner:
            value = layer.output
            if target[value] > before[value]:
                self._call(layer, (before[value], target[value]), before)
                if not left[value]:
                    self._put_aside(value, target)
            for read in set(layer.inputs) & self.made:
                if layer in left[read]:
                    left[read] = [other for other in left[read] if other is not layer]
                    if not left[read]:
                        self._put_aside(read, target)

    def _call(self, layer: Layer, made: Span, before: Mapping[int, int]) -> None:
        rows, value = self.segment.rows[layer], layer.output
        inputs = []
        for index, read in enumerate(layer.inputs):
            whole = rows.read[index] is None
            inputs.append(read if whole else self._rows(read, rows.needs(index, made)))
        output = self._room(value, made, before)
        self.done[value] = made[1]
        each = self._each(value)
        size = self._row_values(value)
        self.layers.append(
            replace(
                layer,
                spec=rows.cut(made),
                inputs=tuple(inputs),
                output=output,
                part=Part(layer, made[0] * size, (made[1] - made[0]) * size),
            )
        )
        assert self.values[output].bytes == each * (made[1] - made[0])

    def _each(self, value: int) -> int:
        """Bytes of a row."""
        return self.network.values[value].bytes // self.rows[value]

    def _row_values(self, value: int) -> int:
        return self._each(value) // numpy_type(self.network.values[value].dtype).itemsize

    def _rows(self, value: int, span: Span) -> int:
        """The value that is those rows of another one."""
        if value in self.whole:
            return self._piece(value, value, span[0], span[1] - span[0])
        held = self.held[value]
        if not held.first <= span[0] < span[1] <= held.last:
            raise NotByRows
        return self._piece(held.place, value, held.before + span[0] - held.first, span[1] - span[0])

    def _room(self, value: int, made: Span, before: Mapping[int, int]) -> int:
        """Where rows [made) go, behind those that are kept."""
        if value in self.whole:
            return self._piece(value, value, made[0], made[1] - made[0])
        first = self._needed(value, before, made[0])
        kept, held = made[0] - first, self.held.get(value)
        if value in self.most:
            place = held.place if held is not None else self._new(value, self.most[value])
        else:
            place = self._new(value, made[1] - first)
        if kept:
            assert held is not None
            self._copy(value, held, first, made[0], place)
        self.held[value] = _Held(place, first, made[1])
        return self._piece(place, value, kept, made[1] - made[0])

    def _put_aside(self, value: int, target: Mapping[int, int]) -> None:
        """What later bands read goes where it takes no more room than that."""
        if value in self.whole or value in self.most:
            return
        held = self.held[value]
        first = self._needed(value, target, held.last)
        if first in (held.first, held.last):
            return
        place = self._new(value, held.last - first)
        self._copy(value, held, first, held.last, place)
        self.held[value] = _Held(place, first, held.last)

    def _copy(self, value: int, held: _Held, first: int, last: int, place: int) -> None:
        """Rows [first, last) of those that are held go to the front of a place."""
        source = self._piece(held.place, value, held.before + first - held.first, last - first)
        target = self._piece(place, value, 0, last - first)
        if source == target:
            return
        one = self.network.values[value]
        self.layers.append(
            Layer(
                one.name, "", Copy((last - first) * self._each(value)), (source,), target, (),
                dtype=one.dtype,
            )
        )  # fmt: skip

    def _new(self, value: int, rows: int) -> int:
        one = self.network.values[value]
        self.values.append(replace(one, bytes=rows * self._each(value)))
        return len(self.values) - 1

    def _piece(self, place: int, value: int, before: int, rows: int) -> int:
        """Some rows of what is in ``place``; the place itself, where that is all of it."""
        each = self._each(value)
        start, size = before * each, rows * each
        if (start, size) == (0, self.values[place].bytes):
            return place
        key = (place, start, size)
        if key not in self.pieces:
            one = self.values[place]
            self.values.append(replace(one, bytes=size, within=(place, start)))
            self.pieces[key] = len(self.values) - 1
        return self.pieces[key]
