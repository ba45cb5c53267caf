"""The order of layers in which the least memory is alive at once."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tinyrob.emit.memory import peak
from tinyrob.kernels.kernel import Kernel
from tinyrob.network.layers import Layer, Network

WORK = 100_000
"""How many steps, of a layer run after a set of others, a search may weigh."""

_WIDENING = 4


def minimum_peak_order(
    network: Network, kernel: Callable[[Layer], Kernel], work: int = WORK
) -> Network:
    """The network with its layers in the order of the lowest peak that ``work`` steps find.

    A shortcut's convolution, for one, is computed before the branch that it is added to: while
    both read the same input. The order given stays where none that is found has a lower peak.

    What is alive depends on the set of layers that have run, not on their order, so this is
    dynamic programming over such sets: Liberis and Lane 2019, "Neural networks on microcontrollers:
    saving memory at inference via operator reordering" (arXiv:1910.05110). There may be
    exponentially many: of each size the best few go on (beam search), ever more of them until none
    is left out, which makes the peak the least there is, or until the work is done. That is
    counted, not timed: the same network gets the same order on every machine.
    """
    if network.states:
        return network  # what reads and what writes a state keeps its order
    kernels = [kernel(layer) for layer in network.layers]
    read = {value for layer in network.layers for value in layer.inputs}.union(network.outputs)
    live = sum(network.values[value].bytes for value in read.intersection(network.inputs))
    order = _Search(_steps(network, kernels), live, work).best_order()
    found = replace(network, layers=tuple(network.layers[i] for i in order))
    better = peak(found, [kernels[i] for i in order]) < peak(network, kernels)
    return found if better else network


@dataclass(frozen=True)
class _Step:
    """A layer as the search sees it; sets of layers are integers whose bit i is layer i.

    ``inputs``: of each activation it reads, the readers and the bytes that are free after them.
    ``overwrites``: the readers of those whose memory its output takes over if it is the last.
    ``kept``: what of ``output`` is alive afterwards: nothing where nobody reads it.
    """

    needs: int
    successors: tuple[int, ...]
    inputs: tuple[tuple[int, int], ...]
    overwrites: tuple[int, ...]
    output: int
    kept: int
    scratch: int

    def cost(self, live: int, done: int) -> int:
        """The bytes alive as it runs, which ``done`` counts as done, beside ``live`` ones."""
        in_place = any(not readers & ~done for readers in self.overwrites)
        return live + self.scratch + (0 if in_place else self.output)

    def after(self, live: int, done: int) -> int:
        """The bytes alive afterwards."""
        return live + self.kept - sum(size for readers, size in self.inputs if not readers & ~done)

    @property
    def least(self) -> int:
        """No order has a lower peak: its own operands."""
        return self.cost(sum(size for _, size in self.inputs), -1)


def _steps(network: Network, kernels: list[Kernel]) -> list[_Step]:
    made = {layer.output: i for i, layer in enumerate(network.layers)}
    readers = dict.fromkeys((*network.inputs, *made), 0)
    for i, layer in enumerate(network.layers):
        for value in readers.keys() & set(layer.inputs):
            readers[value] |= 1 << i
    for value in network.outputs:
        readers[value] |= 1 << len(network.layers)  # the caller, who is never done
    size = {value: network.values[value].bytes for value in readers}
    steps = []
    for layer, kernel in zip(network.layers, kernels, strict=True):
        values = [value for value in dict.fromkeys(layer.inputs) if value in readers]
        output = size[layer.output]
        in_place = [layer.inputs[i] for i in kernel.in_place(layer)]
        steps.append(
            _Step(
                needs=sum(1 << made[value] for value in values if value in made),
                successors=tuple(
                    i for i, other in enumerate(network.layers) if layer.output in other.inputs
                ),
                inputs=tuple((readers[value], size[value]) for value in values),
                overwrites=tuple(
                    readers[value]
                    for value in in_place
                    if layer.inputs.count(value) == 1 and size.get(value) == output
                ),
                output=output,
                kept=output if readers[layer.output] else 0,
                scratch=kernel.scratch(layer),
            )
        )
    return steps


@dataclass(frozen=True)
class _State:
    """The layers that have run and those that can be next, the bytes alive, and the peak so far.

    ``last`` ran last, after the state ``before``.
    """

    done: int
    ready: int
    live: int
    peak: int
    last: int = -1
    before: _State | None = None

    def order(self) -> list[int]:
        """Which layers ran, the first one first."""
        found, state = [], self
        while state.before is not None:
            found.append(state.last)
            state = state.before
        return found[::-1]


class _OutOfWork(Exception):
    """The count is used up."""


class _Search:
    """``live`` bytes, the network's input, are there before any layer has run."""

    def __init__(self, steps: list[_Step], live: int, work: int) -> None:
        self._steps = steps
        self._left = work + len(steps)  # the order given costs nothing
        ready = sum(1 << i for i, step in enumerate(steps) if not step.needs)
        self._start = _State(0, ready, live, max((step.least for step in steps), default=0))
        self._best = self._start
        for i in range(len(steps)):
            self._best = self._run(self._best, i)

    def best_order(self) -> list[int]:
        """The best order that the work allows."""
        width, complete = 1, False
        try:
            while not complete and self._best.peak > self._start.peak:
                complete = self._sweep(width)
                width *= _WIDENING
        except _OutOfWork:
            pass
        return self._best.order()

    def _run(self, state: _State, i: int) -> _State:
        if not self._left:
            raise _OutOfWork
        self._left -= 1
        step, done = self._steps[i], state.done | 1 << i
        ready = state.ready & ~(1 << i)
        for successor in step.successors:
            if not self._steps[successor].needs & ~done:
                ready |= 1 << successor
        peak = max(state.peak, step.cost(state.live, done))
        return _State(done, ready, step.after(state.live, done), peak, i, state)

    def _sweep(self, width: int) -> bool:
        """Goes through sets of every size, ``width`` of each; whether none had to be left out."""
        sizes: list[dict[int, _State]] = [{} for _ in self._steps]
        sizes[0][0] = self._start
        complete = True
        for states in sizes:
            beam = heapq.nsmallest(width, states.values(), key=lambda s: (s.peak, s.live, s.done))
            complete &= len(beam) == len(states)
            for state in beam:
                for follower in self._followers(state):
                    if follower.peak >= self._best.peak:
                        continue
                    if not follower.ready:
                        self._best = follower
                        continue
                    same = sizes[follower.done.bit_count()]
                    known = same.get(follower.done)
                    if known is None or follower.peak < known.peak:
                        same[follower.done] = follower
        return complete

    def _followers(self, state: _State) -> list[_State]:
        """What may come next: only one where running it first can do no harm.

        That is a chain of layers after which no more is alive than before, and while which no more
        is alive than in any order from here. Whatever else ran before it would still find no less
        memory after it, since with every layer that has run more inputs have had their last reader.
        """
        found = [self._run(state, i) for i in _bits(state.ready)]
        least = min(follower.peak for follower in found)
        for follower in found:
            end: _State | None = follower
            while end is not None and end.peak <= least and end.live > state.live:
                made_ready = end.ready & ~end.before.ready if end.before else 0
                end = next((self._run(end, i) for i in _bits(made_ready)), None)
            if end is not None and end.peak <= least:
                return [end]
        return found


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
