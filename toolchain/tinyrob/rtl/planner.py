"""The cheapest fold of every layer for an interval, by the model of ``costs.py``.

Layers are chosen one by one, from the input on: of the foldings that make the interval, the one
that takes the smallest part of the device, LUTs, block RAMs and multipliers each by their number.
Where one of these runs out, it counts for more and all is chosen again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tinyrob.errors import UnsupportedModel
from tinyrob.frozen import model as fr
from tinyrob.frozen.model import FrozenModel, Node
from tinyrob.frozen.shapes import output_shapes
from tinyrob.hls.fixed import bits_of_range
from tinyrob.rtl.bit_serial_graph import word_bits
from tinyrob.rtl.costs import Cost, fold_cost, unfolded_costs
from tinyrob.rtl.devices import Device, Family
from tinyrob.rtl.folding import (
    Fold,
    Foldable,
    Products,
    Work,
    divisors,
    row_plan,
    ternary,
    weight_bits,
    work_of,
)

# The part of a device that a design may fill by this model, and still be placed and routed.
USABLE = {"luts": 0.72, "rams": 0.9, "dsps": 0.95}


@dataclass
class Plan:
    """Folds by layer, what each costs and takes (cycles an image)."""

    folds: dict[str, Fold] = field(default_factory=dict)
    costs: dict[str, Cost] = field(default_factory=dict)
    cycles: dict[str, int] = field(default_factory=dict)

    @property
    def cost(self) -> Cost:
        """Of all layers."""
        return sum(self.costs.values(), Cost())

    @property
    def slowest(self) -> str:
        """The layer that an image waits for."""
        return max(self.cycles, key=lambda name: self.cycles[name], default="")

    @property
    def interval(self) -> int:
        """Cycles an image takes, by the model."""
        return max(self.cycles.values(), default=0)

    def to_dict(self) -> dict[str, Any]:
        """As ``tinyrob export-rtl --json`` has it: estimates, and the layer that is waited for."""
        cost = self.cost
        return {
            "interval": self.interval,
            "slowest": self.slowest,
            "lut": round(cost.luts),
            "ebr": cost.rams,
            "dsp": cost.dsps,
        }


def over(cost: Cost, device: Device) -> list[str]:
    """Resources that ``device`` has too little of."""
    return [
        name for name, part in USABLE.items() if getattr(cost, name) > part * getattr(device, name)
    ]


@dataclass(frozen=True)
class _Option:
    """A fold (None: unfolded), its cost and cycles, and values a beat that it reads and gives."""

    fold: Fold | None
    cost: Cost
    reads: int
    gives: int
    cycles: int


class Planner:
    """Chooses folds of ``model`` for ``device``; what each costs is found once.

    With ``folded`` the unrolled and bit-serial forms are no choices.
    """

    def __init__(self, model: FrozenModel, device: Device, *, folded: bool = False) -> None:
        self.device = device
        self._folded = folded
        self._nodes = model.nodes
        self._shapes = output_shapes(model)
        by_name = {node.name: node for node in model.nodes}
        self._options = {node.name: self._of(node, by_name) for node in model.nodes}

    def _of(self, node: Node, nodes: Mapping[str, Node]) -> list[_Option]:
        shape = self._shapes[node.name]
        if isinstance(node, fr.Add | fr.Clamp):
            return [
                _Option(Fold(n), Cost(40.0 * n), n, n, math.prod(shape) // n)
                for n in divisors(shape[-1])
            ]
        if not isinstance(node, fr.Conv2D | fr.DepthwiseConv2D | fr.Dense | fr.MaxPool2D):
            return []
        source = nodes[node.inputs[0]]
        work = work_of(node, self._shapes[source.name], shape)
        taken = bits_of_range(source.grid.lo, source.grid.hi)
        found = [
            _Option(
                fold,
                fold_cost(node, source.grid, work, fold, self.device.family),
                work.lanes(fold),
                fold.pe,
                _least(work, fold),
            )
            for fold in _folds(node, work, taken, self.device)
        ]
        if not self._folded and not isinstance(node, fr.MaxPool2D):
            found += _unfolded(node, source, work, taken, self.device.family)
        return found

    def plan(self, interval: int) -> Plan:
        """The cheapest folds for ``interval``, which may not fit, nor be made."""
        # Multipliers count for little: those that are left over cost nothing.
        weight = {"luts": 1.0, "rams": 1.0, "dsps": 0.1}
        best = None
        for _ in range(12):
            found = self._multiplied(self._plan(interval, weight))
            short = over(found.cost, self.device)
            if best is None or len(short) < len(over(best.cost, self.device)):
                best = found
            if not short:
                break
            for name in short:
                weight[name] *= 1.4
        assert best is not None
        return best

    def fastest(self) -> Plan | None:
        """The plan with the shortest interval that fits; None where none does."""
        low, high = 1.0, float(1 << 30)
        best = self.plan(int(high))
        if over(best.cost, self.device):
            return None
        while high / low > 1.02:
            middle = math.sqrt(low * high)
            found = self.plan(int(middle))
            if found.interval <= middle and not over(found.cost, self.device):
                best, high = found, middle
            else:
                low = middle
        return best

    def _plan(self, interval: int, weight: Mapping[str, float]) -> Plan:
        lanes: dict[str, int] = {}
        found = Plan()
        for node in self._nodes:
            shape, options = self._shapes[node.name], self._options[node.name]
            if not options:
                last = shape[-1]
                reshape = isinstance(node, fr.Reshape)
                lanes[node.name] = math.gcd(lanes[node.inputs[0]], last) if reshape else last
                continue
            taken = [(lanes[name], math.prod(self._shapes[name])) for name in node.inputs]
            option, cycles = self._cheapest(options, taken, interval, weight)
            if option.fold is not None:
                found.folds[node.name] = option.fold
            found.costs[node.name] = option.cost
            found.cycles[node.name], lanes[node.name] = cycles, option.gives
        return found

    def _multiplied(self, found: Plan) -> Plan:
        """``found`` with the device's multipliers where they save the most LUTs each."""
        left = USABLE["dsps"] * self.device.dsps
        ways = []
        for name, fold in found.folds.items():
            same = [
                option
                for option in self._options[name]
                if option.fold and (option.fold.pe, option.fold.simd) == (fold.pe, fold.simd)
            ]
            without = next(option for option in same if not option.cost.dsps)
            assert without.fold is not None
            found.folds[name], found.costs[name] = without.fold, without.cost
            for option in same:
                if option.cost.dsps:
                    saved = without.cost.luts - option.cost.luts
                    ways.append((saved / option.cost.dsps, name, option))
        for saved, name, option in sorted(ways, key=lambda way: way[0], reverse=True):
            if saved > 0 and option.cost.dsps <= left and not found.costs[name].dsps:
                assert option.fold is not None
                found.folds[name], found.costs[name] = option.fold, option.cost
                left -= option.cost.dsps
        return found

    def _cheapest(
        self,
        options: list[_Option],
        taken: list[tuple[int, int]],
        interval: int,
        weight: Mapping[str, float],
    ) -> tuple[_Option, int]:
        """The cheapest option that makes the interval, else the fastest; its cycles."""
        device = self.device
        luts, rams, dsps = (
            weight[name] / max(1, getattr(device, name)) for name in ("luts", "rams", "dsps")
        )
        best: tuple[tuple[int, float], _Option, int] | None = None
        for option in options:
            # Beats of another width are first cut to what divides both.
            beats = [values // math.gcd(lanes, option.reads) for lanes, values in taken]
            cycles = max(option.cycles, *beats)
            late = max(0, cycles - interval)
            if best is not None and late > best[0][0]:
                continue
            cost = option.cost
            joints = 8.0 * option.reads * sum(lanes != option.reads for lanes, _ in taken)
            part = luts * (cost.luts + joints) + rams * cost.rams + dsps * cost.dsps
            if best is None or (late, part) < best[0]:
                best = (late, part), option, cycles
        assert best is not None
        return best[1:]


def _unfolded(
    node: fr.Conv2D | fr.DepthwiseConv2D | fr.Dense,
    source: Node,
    work: Work,
    taken: int,
    family: Family,
) -> Iterator[_Option]:
    try:
        bits = word_bits(node, source)
    except UnsupportedModel:  # a range that only a folded layer clamps to
        return
    for cost, cycles in unfolded_costs(node, work, bits, taken, family):
        yield _Option(None, cost, work.channels, work.outputs, cycles)


def _least(work: Work, fold: Fold) -> int:
    """Cycles an image, with the wait for rows where the ring holds few beyond a window's."""
    cycles, rows = work.cycles(fold), work.rows
    ahead = row_plan(rows).rows - min(rows.extent, rows.size)
    waits = max(0, rows.stride - ahead) * rows.out / rows.size
    return math.ceil(cycles / max(1 - waits, 1 / rows.size))


def _folds(node: Foldable, work: Work, taken: int, device: Device) -> Iterator[Fold]:
    kinds: list[Products] = [Products.TERNARY]
    if not isinstance(node, fr.MaxPool2D) and not ternary(node):
        kinds = [Products.SHIFTS, *([Products.MULTIPLIER] if device.dsps else [])]
        # Two weights, and the bits of one product between them, on one side of 18 bits.
        wide = device.dsps and device.family.multiplier >= 18
        if wide and not work.own and taken + 2 * weight_bits(node) + 1 <= 18:
            kinds.append(Products.TWO_A_MULTIPLIER)
    for pe in divisors(work.outputs):
        if pe % work.many == 0:
            for simd in [1] if work.own else divisors(work.channels):
                for kind in kinds:
                    yield Fold(pe, simd, kind, not device.family.distributed)
