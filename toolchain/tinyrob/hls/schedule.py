"""Chooses how each layer is built: the fastest network whose estimate fits the board.

All layers work at once, so the slowest one sets the pace: for a pace of T cycles an image, each
layer takes its cheapest option of at most T cycles. The smallest T that fits is taken. (Intel's
compiler may run the layers of an image one after the other; the estimate then is their sum.)
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tinyrob.errors import DoesNotFit, RecipeError, UnsupportedModel
from tinyrob.frozen import model as fr
from tinyrob.hls.boards import FpgaBoard
from tinyrob.hls.costs import (
    IoType,
    Option,
    Resources,
    Vendor,
    largest_reuse_factor,
    option_for,
    options,
)
from tinyrob.hls.network import HlsLayer, HlsNetwork
from tinyrob.hls.overrides import Override, Overrides, check_overrides

# Vivado HLS splits no array of more elements than this into registers.
MOST_PARALLEL_VALUES = 4096


@dataclass(frozen=True)
class Schedule:
    """The choice: an option for each layer (by identifier), and what they cost together."""

    io_type: IoType
    choices: Mapping[str, Option]
    vendor: Vendor = "amd"

    @property
    def resources(self) -> Resources:
        """Of all layers: an estimate."""
        return sum((option.resources for option in self.choices.values()), Resources())

    @property
    def initiation_interval(self) -> int:
        """Cycles between two inputs: an estimate."""
        cycles = [option.cycles for option in self.choices.values()]
        # All is one component there, whose loops run in turn.
        return sum(cycles) if self.vendor == "intel" else max(cycles)

    @property
    def latency(self) -> int:
        """Cycles from the first input value to the last output: an estimate."""
        first = sum(option.latency for option in self.choices.values())
        if self.io_type == "io_parallel" or self.vendor == "intel":
            return sum(option.cycles for option in self.choices.values()) + first
        return self.initiation_interval + first


def plan(
    network: HlsNetwork,
    board: FpgaBoard,
    overrides: Overrides | None = None,
    *,
    shared: bool = True,
) -> Schedule:
    """The fastest schedule that fits ``board``; ``shared`` allows distributed arithmetic.

    With an ``interval`` asked for: the smallest that is fast enough.

    Raises RecipeError for an override that makes no sense, DoesNotFit where nothing fits: it says
    which resource, by how much, at which layer, and what would fit.
    """
    asked = overrides or Overrides()
    check_overrides(network, asked, board.vendor)
    found = [
        _search(network, board, io_type, asked, shared)
        for io_type in _io_types(network, asked, board.vendor)
    ]
    fitting = [fits for fits, _ in found if fits is not None]
    if fitting:
        best = min(fitting, key=lambda one: _rank(one, board, asked))
        if asked.interval is not None and best.initiation_interval > asked.interval:
            raise DoesNotFit(
                f"{network.name} cannot take an image every {asked.interval:,} cycles on "
                f"{board.name}: the fastest that fits needs {best.initiation_interval:,}",
                "allow more cycles, or take a larger board (`tinyrob boards`)",
            )
        return best
    smallest = min((least for _, least in found), key=lambda one: _share(one, board))
    raise _does_not_fit(network, board, smallest, asked)


def why_not_stream(layer: HlsLayer) -> str | None:
    """What hls4ml's streaming library cannot do of a layer, or None."""
    node = layer.node
    if isinstance(node, fr.MaxPool2D) and node.window != node.strides:
        return f"pools windows {node.window} by strides {node.strides}, which overlap or leave gaps"
    return None


def _io_types(network: HlsNetwork, asked: Overrides, vendor: Vendor) -> list[IoType]:
    """Those that the network can have. Raises UnsupportedModel where there is none."""
    reasons = {layer.node.name: why_not_stream(layer) for layer in network.layers}
    refused = {name: why for name, why in reasons.items() if why is not None}
    able: list[IoType] = []
    for layer in network.layers:
        want = asked.layers.get(layer.node.name)
        if want and want.reuse_factor > largest_reuse_factor(layer, "io_parallel"):
            if asked.io_type == "io_parallel":
                most = largest_reuse_factor(layer, "io_parallel")
                raise RecipeError(
                    f"override of layer {layer.node.name!r}: a parallel convolution cannot have "
                    f"the reuse factor {want.reuse_factor}",
                    f"at most {most}, or io_type = 'io_stream'",
                )
            asked = replace(asked, io_type="io_stream")
    widest = max(network.layers, key=_values)
    parallel = _values(widest) <= MOST_PARALLEL_VALUES
    if asked.io_type == "io_parallel" and not parallel and vendor == "amd":
        raise UnsupportedModel(
            f"layer {widest.node.name!r} has {_values(widest):,} values, and io_parallel keeps "
            f"them in registers: AMD's tools split no array of more than {MOST_PARALLEL_VALUES:,}",
            "--io-type io_stream",
        )
    if asked.io_type == "io_parallel" or (asked.io_type is None and parallel):
        able.append("io_parallel")
    if asked.io_type != "io_parallel" and not refused:
        able.append("io_stream")
    if not able:
        name, why = next(iter(refused.items()))
        raise UnsupportedModel(
            f"layer {name!r} {why}: hls4ml cannot stream that, and the network needs streams"
            if asked.io_type is None
            else f"layer {name!r} {why}: hls4ml cannot stream that",
            "make its strides equal to its window, or pool by a convolution with strides",
        )
    return able


def _values(layer: HlsLayer) -> int:
    """Of its output."""
    return math.prod(layer.shape)


def _search(
    network: HlsNetwork,
    board: FpgaBoard,
    io_type: IoType,
    asked: Overrides,
    shared: bool,
) -> tuple[Schedule | None, Schedule]:
    """The best schedule that fits (or None), and the one that takes the least of the board."""
    choices = {
        layer.name: _options(layer, io_type, asked.layers, shared, board.vendor)
        for layer in network.layers
    }
    slowest_minimum = max(min(o.cycles for o in found) for found in choices.values())
    paces = sorted({o.cycles for found in choices.values() for o in found})
    tried: list[tuple[float, Schedule]] = []
    for pace in (p for p in paces if p >= slowest_minimum):
        chosen = {
            name: min(
                (o for o in found if o.cycles <= pace),
                key=lambda o: (_weight(o, board), o.cycles),
            )
            for name, found in choices.items()
        }
        schedule = Schedule(io_type, chosen, board.vendor)
        tried.append((_share(schedule, board), schedule))
        fast_enough = asked.interval is not None and schedule.initiation_interval <= asked.interval
        if tried[-1][0] <= 1 and not fast_enough:
            break  # slower ones only take less: of no interest where the fastest is wanted
    fitting = [schedule for share, schedule in tried if share <= 1]
    best = min(fitting, key=lambda one: _rank(one, board, asked), default=None)
    return best, min(tried, key=lambda one: one[0])[1]


def _rank(schedule: Schedule, board: FpgaBoard, asked: Overrides) -> tuple[float, float]:
    """Less is better: the fewest cycles, or, where they are few enough, the least of the board."""
    cycles = schedule.initiation_interval
    if asked.interval is not None and cycles <= asked.interval:
        return 0, _share(schedule, board)
    return cycles, _share(schedule, board)


def _options(
    layer: HlsLayer,
    io_type: IoType,
    asked: Mapping[str, Override],
    shared: bool,
    vendor: Vendor,
) -> list[Option]:
    want = asked.get(layer.node.name)
    if want is None or (want.strategy == "distributed_arithmetic" and not shared):
        return list(options(layer, io_type, shared=shared, vendor=vendor))
    return [option_for(layer, io_type, want.strategy, want.reuse_factor, vendor)]


def _weight(option: Option, board: FpgaBoard) -> float:
    """What an option takes of the board: shares, summed, so that no resource is free."""
    pairs = zip(option.resources.counts(), board.budget.counts(), strict=True)
    return sum(used / have for used, have in pairs if have)


def _share(schedule: Schedule, board: FpgaBoard) -> float:
    return schedule.resources.share_of(board.budget)


def _does_not_fit(
    network: HlsNetwork, board: FpgaBoard, least: Schedule, asked: Overrides
) -> DoesNotFit:
    used, have = least.resources, board.budget
    name, label = max(
        board.units.items(),
        key=lambda item: getattr(used, item[0]) / max(1, getattr(have, item[0])),
    )
    total, limit = getattr(used, name), getattr(have, name)
    worst = max(
        network.layers, key=lambda layer: getattr(least.choices[layer.name].resources, name)
    )
    own = getattr(least.choices[worst.name].resources, name)
    message = (
        f"{network.name} does not fit {board.name}: an estimated {total:,} {label}, {limit:,} may "
        f"be used ({total - limit:,} too many); layer {worst.node.name!r} alone takes {own:,}"
    )
    if asked.io_type is not None and not asked.layers:
        with contextlib.suppress(DoesNotFit):
            other = plan(network, board, replace(asked, io_type=None)).io_type
            return DoesNotFit(message, f"with --io-type {other} it fits")
    if asked.layers:
        fitting, _ = _search(network, board, least.io_type, replace(asked, layers={}), True)
        if fitting is not None:
            option = fitting.choices[worst.name]
            return DoesNotFit(
                message,
                f"with strategy = {str(option.strategy)!r} and reuse_factor = "
                f"{option.reuse_factor} for {worst.node.name!r} (and no other override) it fits",
            )
    return DoesNotFit(
        message,
        "no reuse factor makes it fit: take a larger board (`tinyrob boards`), or fewer channels",
    )
