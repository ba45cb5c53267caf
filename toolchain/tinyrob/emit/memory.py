"""Which layer needs what memory when, and where it is: lifetimes, sharing, the arena."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from tinyrob.emit.arena import Block, lower_bound, place
from tinyrob.ir.graph import numpy_type
from tinyrob.kernels.kernel import Kernel
from tinyrob.network.layers import Network
from tinyrob.passes import Optimize

_Overwriting = Callable[[int, int], bool]
"""Whether an input of so many bytes may be overwritten by an output of so many."""


def _never(source: int, output: int) -> bool:
    return False


_OVERWRITING: tuple[_Overwriting, ...] = (operator.ge, operator.eq, _never)


@dataclass(frozen=True)
class MemoryPlan:
    """``offsets`` of each value in the arena (None: a constant in flash); for each layer the
    offset of its scratch (None: none) and the bytes alive while it runs, scratch included."""

    offsets: tuple[int | None, ...]
    scratch: tuple[int | None, ...]
    live: tuple[int, ...]
    arena_bytes: int


def plan_memory(network: Network, kernels: Sequence[Kernel]) -> MemoryPlan:
    """The smallest of three plans: with every overwriting that kernels allow, with none, and with
    those of an input by an output as large."""
    plans = [_plan(network, kernels, overwriting) for overwriting in _OVERWRITING]
    return min(plans, key=lambda plan: plan.arena_bytes)


def with_room(
    network: Network,
    kernels: Sequence[Kernel],
    roomy: Sequence[Kernel | None],
    optimize: Optimize,
) -> tuple[list[Kernel], MemoryPlan]:
    """The kernels, and in place of some those of ``roomy`` (None: there is none) whose scratch
    does not make the arena larger: layers in the middle of a network often leave some free. All
    of them where speed is all that counts, none where size is: they are more code."""
    if optimize == "speed":
        taken = [faster or kernel for kernel, faster in zip(kernels, roomy, strict=True)]
        return taken, plan_memory(network, taken)
    taken, plan = list(kernels), plan_memory(network, kernels)
    if optimize == "size":
        return taken, plan
    for steps in _wholes(network):
        changed = list(taken)
        for step in steps:
            changed[step] = roomy[step] or taken[step]
        if all(faster is kernel for faster, kernel in zip(changed, taken, strict=True)):
            continue
        if any(roomy[step] is None for step in steps):
            continue  # a layer's bands have one kernel: each packs its weights in its own way
        more = [changed[i].scratch(layer := network.layers[i]) - taken[i].scratch(layer)
                for i in steps]  # fmt: skip
        if any(plan.live[i] + m > plan.arena_bytes for i, m in zip(steps, more, strict=True)):
            continue
        found = plan_memory(network, changed)
        if found.arena_bytes <= plan.arena_bytes:
            taken, plan = changed, found
    return taken, plan


def _wholes(network: Network) -> list[list[int]]:
    """The steps that make each layer: one, or all its bands."""
    found: dict[int, list[int]] = {}
    for step, layer in enumerate(network.layers):
        found.setdefault(id(layer if layer.part is None else layer.part.whole), []).append(step)
    return list(found.values())


def _lifetimes(network: Network) -> dict[int, tuple[int, int]]:
    """First and last layer during which each value is alive; pieces are with what they are of.
    Inputs are written before layer 0, outputs are read after the last one."""
    first = dict.fromkeys(network.inputs, 0)
    last = dict.fromkeys(network.inputs, 0)
    for step, layer in enumerate(network.layers):
        first.setdefault(network.root(layer.output), step)
        for value in (*layer.inputs, layer.output, *layer.states):
            last[network.root(value)] = step
    end = max(len(network.layers) - 1, 0)
    for value in network.outputs:
        last[value] = end
        if network.states:
            first[value] = 0  # a request that comes again finds the answer still there
    for value in network.states:
        first[value], last[value] = 0, end
    return {v: (first[v], last[v]) for v in first}


def _shared(network: Network, kernels: Sequence[Kernel], fits: _Overwriting) -> dict[int, int]:
    """Value -> the value whose memory it takes over, where its layer is that one's last reader and
    ``fits`` says so of their sizes."""
    life = _lifetimes(network)
    takes_over: dict[int, int] = {}
    for step, (layer, kernel) in enumerate(zip(network.layers, kernels, strict=True)):
        for index in kernel.in_place(layer):
            source = layer.inputs[index]
            if (
                {source, layer.output} <= life.keys()
                and life[source][1] == step
                and source not in network.outputs
                and not {source, layer.output}.intersection(network.states)
                and layer.inputs.count(source) == 1
                and fits(network.values[source].bytes, network.values[layer.output].bytes)
            ):
                takes_over[layer.output] = source
                break
    return takes_over


@dataclass(frozen=True)
class _Blocks:
    """The blocks of values that share memory (``groups``: one of each), then those of scratch."""

    owner: dict[int, int]
    groups: list[int]
    steps: list[int]  # layers with scratch
    blocks: list[Block]


def peak(network: Network, kernels: Sequence[Kernel]) -> int:
    """The most bytes that are alive at one time, where outputs overwrite inputs as large.

    What is alive then depends on which layers have run, not on their order. The arena is seldom
    larger, and smaller where smaller outputs overwrite larger inputs.
    """
    return lower_bound(_blocks(network, kernels, operator.eq).blocks)


def alive(network: Network, kernels: Sequence[Kernel]) -> tuple[int, ...]:
    """For each layer the bytes that are alive as it runs, as of ``peak``."""
    return _alive(_blocks(network, kernels, operator.eq).blocks, len(network.layers))


def _alive(blocks: Sequence[Block], steps: int) -> tuple[int, ...]:
    changes = [0] * (steps + 2)  # a network without layers has blocks, too
    for block in blocks:
        changes[block.first] += block.size
        changes[block.last + 1] -= block.size
    return tuple(accumulate(changes[:steps]))


def _blocks(network: Network, kernels: Sequence[Kernel], overwriting: _Overwriting) -> _Blocks:
    life = _lifetimes(network)
    owner = {value: value for value in life}
    for value, source in _shared(network, kernels, overwriting).items():
        owner[value] = owner[source]
    align = {v: numpy_type(network.values[v].dtype).itemsize for v in life}
    for value, group in owner.items():
        align[group] = max(align[group], align[value])
    for layer, kernel in zip(network.layers, kernels, strict=True):
        for value in map(network.root, (*layer.inputs, layer.output, *layer.states)):
            if value in owner:
                align[owner[value]] = max(align[owner[value]], kernel.align)

    groups = sorted(set(owner.values()))
    span = {group: life[group] for group in groups}
    for value, group in owner.items():
        span[group] = min(span[group][0], life[value][0]), max(span[group][1], life[value][1])
    blocks = [Block(network.values[group].bytes, *span[group], align[group]) for group in groups]
    wanted = [kernel.scratch(layer) for layer, kernel in zip(network.layers, kernels, strict=True)]
    steps = [step for step, size in enumerate(wanted) if size]
    blocks += [Block(wanted[step], step, step, kernels[step].align) for step in steps]
    return _Blocks(owner, groups, steps, blocks)


def _plan(network: Network, kernels: Sequence[Kernel], overwriting: _Overwriting) -> MemoryPlan:
    memory = _blocks(network, kernels, overwriting)
    owner, blocks = memory.owner, memory.blocks
    placement = place(blocks)
    offset = dict(zip(memory.groups, placement.offsets, strict=False))
    scratch = dict(zip(memory.steps, placement.offsets[len(memory.groups) :], strict=True))

    def place_of(value: int) -> int | None:
        within = network.values[value].within
        root, before = (value, 0) if within is None else within
        return offset[owner[root]] + before if root in owner else None

    return MemoryPlan(
        tuple(map(place_of, range(len(network.values)))),
        tuple(scratch.get(step) for step in range(len(network.layers))),
        _alive(blocks, len(network.layers)),
        placement.peak,
    )
