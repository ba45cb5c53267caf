"""How deep the FIFOs of a streaming network must be: far less than hls4ml's whole tensors.

A chain needs room for a row (up to 32 beats), so that a layer may work on while the next one pads.
Where a stream forks and joins again, the shorter path must hold what the longer one has swallowed
before its first value comes out; too little of it and the hardware stands still for ever, which no
C simulation shows. So the network is run here as processes that block on full and empty FIFOs, and
a FIFO that blocks it is made deeper until two images have passed (T. M. Parks, Bounded scheduling
of process networks, 1995). Such a network stands still under every timing or under none; but for
pipelines, which may hold back values until they are pushed on or the image ends: all of them, none,
and at each join those of one path and not of the other, are taken to hold back ``IN_FLIGHT``.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

IN_FLIGHT = 32
SHIFT_REGISTER = 32
"""Bits that a LUT can hold as one."""
_IMAGES = 2
_READ, _WRITE = 1, 2


@dataclass(frozen=True)
class Fifo:
    """A stream between two processes: ``width`` bits a beat, ``row`` beats a row of the image.

    ``writer`` is hls4ml's name of the process, ``index`` which of its outputs this is, ``beats``
    how many an image has. ``depth`` in beats.
    """

    writer: str
    index: int
    width: int
    row: int
    beats: int
    depth: int


@dataclass(frozen=True)
class Process:
    """What reads all of ``inputs`` and writes all of ``outputs`` (FIFOs by number), step by step.

    ``steps`` of an image: sums of 1 (reads) and 2 (writes).
    """

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    steps: bytes


def copied(count: int) -> bytes:
    """Steps of what writes a beat for each one that it reads."""
    return bytes([_READ | _WRITE]) * count


def first(count: int) -> bytes:
    """Of what makes ``count`` beats from nothing: the input."""
    return bytes([_WRITE]) * count


def gathered(count: int) -> bytes:
    """Of what reads ``count`` beats and writes one: an average, a dense layer."""
    return bytes([_READ]) * (count - 1) + bytes([_READ | _WRITE])


def padded(shape: Sequence[int], padding: tuple[tuple[int, int], tuple[int, int]]) -> bytes:
    """Of what puts a border around an image of ``shape`` (height, width, ...)."""
    (top, bottom), (left, right) = padding
    width = left + shape[1] + right
    row = bytes([_WRITE]) * left + copied(shape[1]) + bytes([_WRITE]) * right
    return bytes([_WRITE]) * (top * width) + row * shape[0] + bytes([_WRITE]) * (bottom * width)


def windowed(shape: Sequence[int], window: tuple[int, int], strides: tuple[int, int]) -> bytes:
    """Of what slides a window over an image of ``shape``, without padding."""

    def last(at: int, axis: int) -> bool:
        beyond = at - (window[axis] - 1)
        return beyond >= 0 and beyond % strides[axis] == 0

    ends = [last(x, 1) for x in range(shape[1])]
    return bytes(
        _READ | _WRITE if end and last(y, 0) else _READ for y in range(shape[0]) for end in ends
    )


@cache
def depths(processes: tuple[Process, ...], fifos: tuple[Fifo, ...]) -> tuple[int, ...]:
    """Depths with which ``_IMAGES`` images pass, in the order of ``fifos``; at most whole images.

    ``processes`` are in topological order; a FIFO that nobody reads is the network's output.
    """
    smallest = [min(fifo.beats, max(2, min(fifo.row, SHIFT_REGISTER))) for fifo in fifos]
    room = list(smallest)
    unread = set(range(len(fifos))) - {i for process in processes for i in process.inputs}
    for i in unread:
        room[i] = _IMAGES * fifos[i].beats
    for holding in _pipelines(processes):
        _grow(processes, fifos, room, holding)
    # What had to be deeper gets a row more, so that the join need not wait for the fork.
    return tuple(
        fifo.beats if i in unread else min(fifo.beats, room[i] + fifo.row * (room[i] > smallest[i]))
        for i, fifo in enumerate(fifos)
    )


def _pipelines(processes: Sequence[Process]) -> Iterator[set[str]]:
    """Which processes hold values back: the cases that matter."""
    yield {process.name for process in processes}
    yield set()
    before: dict[int, set[str]] = {}
    for process in processes:
        paths = [before[i] for i in process.inputs]
        for path in paths if len(paths) > 1 else ():
            yield {name for name in path if any(name not in other for other in paths)}
        for i in process.outputs:
            before[i] = {process.name}.union(*paths)


def _grow(
    processes: Sequence[Process], fifos: Sequence[Fifo], room: list[int], holding: set[str]
) -> None:
    """Makes ``room`` deeper until ``_IMAGES`` images pass."""
    filled = [0] * len(fifos)
    running = [_Running(p, IN_FLIGHT if p.name in holding else 0) for p in processes]
    while True:
        moved = [process.run(filled, room) for process in running]
        if any(moved):
            continue
        if all(process.finished for process in running):
            return
        # The blocked writer nearest to the output: what it waits for is behind a join.
        blocked = [i for process in processes for i in process.outputs if filled[i] >= room[i]]
        assert blocked, "a process waits for a beat that nobody sends"
        room[blocked[-1]] += fifos[blocked[-1]].row


class _Running:
    """A process on its way through ``_IMAGES`` images, ``in_flight`` steps deep."""

    def __init__(self, process: Process, in_flight: int) -> None:
        self._process, self._in_flight = process, in_flight
        self._done, self._total = 0, _IMAGES * len(process.steps)
        self._held: deque[int] = deque()

    @property
    def finished(self) -> bool:
        """Whether all is done; what is held leaves as soon as there is room."""
        return self._done == self._total and not self._held

    def run(self, filled: list[int], room: list[int]) -> bool:
        """Steps until the process blocks; whether there was one."""
        moved = False
        while self._step(filled, room):
            moved = True
        return moved

    def _step(self, filled: list[int], room: list[int]) -> bool:
        process, held, done = self._process, self._held, self._done
        at = done % len(process.steps)
        # An image's last values are not held back: the loop over it ends.
        if held and (at == 0 or done - held[0] >= self._in_flight):
            if any(filled[i] >= room[i] for i in process.outputs):
                return False
            held.popleft()
            for i in process.outputs:
                filled[i] += 1
            return True
        if done == self._total:
            return False
        if process.steps[at] & _READ:
            if any(filled[i] == 0 for i in process.inputs):
                return False
            for i in process.inputs:
                filled[i] -= 1
        if process.steps[at] & _WRITE:
            held.append(done)
        self._done += 1
        return True


def in_luts(fifo: Fifo) -> bool:
    """Whether it is a shift register of LUTs: block RAMs are 512 deep and more."""
    return fifo.depth <= 2 * SHIFT_REGISTER


def luts(fifos: Iterable[Fifo]) -> int:
    """Of those in shift registers."""
    return sum(f.width * math.ceil(f.depth / SHIFT_REGISTER) for f in fifos if in_luts(f))


def block_rams(fifos: Iterable[Fifo]) -> int:
    """18 Kib RAMs of the others: 512 x 36 or 1024 x 18 each."""
    total = 0
    for fifo in fifos:
        if not in_luts(fifo):
            wide = math.ceil(fifo.width / 36) * math.ceil(fifo.depth / 512)
            total += min(wide, math.ceil(fifo.width / 18) * math.ceil(fifo.depth / 1024))
    return total
