"""Chooses how each layer is built: the fastest network whose estimate fits the board.

All layers work at once, so the slowest one sets the pace: for a pace of T cycles an image, each
layer takes its cheapest option of at most T cycles. The smallest T that fits is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tinyrob import frozen as fr
from tinyrob.errors import DoesNotFit, RecipeError, UnsupportedModel
from tinyrob.hls.boards import FpgaBoard
from tinyrob.hls.costs import (
    RESOURCE_UNITS,
    IoType,
    Option,
    Resources,
    Strategy,
    largest_reuse_factor,
    legal_reuse_factors,
    matrix,
    option_for,
    options,
)
from tinyrob.hls.frontend import HlsLayer, HlsNetwork
from tinyrob.toml_table import read_toml

# Vivado HLS splits no array of more elements than this into registers.
MOST_PARALLEL_VALUES = 4096
STRATEGIES = ("latency", "resource", "distributed_arithmetic")
IO_TYPES = ("io_parallel", "io_stream")


@dataclass(frozen=True)
class Override:
    """What the user asks of one layer."""

    strategy: Strategy
    reuse_factor: int


@dataclass(frozen=True)
class Overrides:
    """What the user asks of the network: an I/O type, and layers by their frozen names."""

    io_type: IoType | None = None
    layers: Mapping[str, Override] = field(default_factory=dict)


@dataclass(frozen=True)
class Schedule:
    """The choice: an option for each layer (by identifier), and what they cost together."""

    io_type: IoType
    choices: Mapping[str, Option]

    @property
    def resources(self) -> Resources:
        """Of all layers: an estimate."""
        return sum((option.resources for option in self.choices.values()), Resources())

    @property
    def initiation_interval(self) -> int:
        """Cycles between two inputs: an estimate."""
        return max(option.cycles for option in self.choices.values())

    @property
    def latency(self) -> int:
        """Cycles from the first input value to the last output: an estimate."""
        first = sum(option.latency for option in self.choices.values())
        if self.io_type == "io_parallel":
            return sum(option.cycles for option in self.choices.values()) + first
        return self.initiation_interval + first


def read_overrides(path: Path) -> Overrides:
    """Reads an override file. Raises RecipeError, naming file and key.

    ``io_type = "io_stream"`` and tables ``[layers.NAME]`` with ``strategy`` and, where
    it is not 1, ``reuse_factor``.
    """
    top = read_toml(path, RecipeError)
    present = top.keys()
    io_type = top.choice("io_type", IO_TYPES) if "io_type" in present else None
    layers = {}
    table = top.optional_table("layers")
    if table is not None:
        names = table.keys()
        for name in names:
            one = table.table(name)
            given = one.keys()
            layers[name] = Override(
                one.choice("strategy", STRATEGIES),  # type: ignore[arg-type]
                one.integer("reuse_factor", 1) if "reuse_factor" in given else 1,
            )
            one.done()
        table.done()
    top.done()
    return Overrides(io_type, layers)  # type: ignore[arg-type]


def plan(
    network: HlsNetwork,
    board: FpgaBoard,
    overrides: Overrides | None = None,
    *,
    shared: bool = True,
) -> Schedule:
    """The fastest schedule that fits ``board``; ``shared`` allows distributed arithmetic.

    Raises RecipeError for an override that makes no sense, DoesNotFit where nothing fits: it says
    which resource, by how much, at which layer, and what would fit.
    """
    asked = overrides or Overrides()
    _check(network, asked)
    best: Schedule | None = None
    smallest: Schedule | None = None
    for io_type in _io_types(network, asked):
        fitting, least = _search(network, board, io_type, asked.layers, shared)
        if fitting is not None and (
            best is None or fitting.initiation_interval < best.initiation_interval
        ):
            best = fitting
        if smallest is None or _share(least, board) < _share(smallest, board):
            smallest = least
    if best is not None:
        return best
    assert smallest is not None
    raise _does_not_fit(network, board, smallest, asked)


def why_not_stream(layer: HlsLayer) -> str | None:
    """What hls4ml's streaming library cannot do of a layer, or None."""
    node = layer.node
    if isinstance(node, fr.MaxPool2D) and node.window != node.strides:
        return f"pools windows {node.window} by strides {node.strides}, which overlap or leave gaps"
    return None


def _io_types(network: HlsNetwork, asked: Overrides) -> list[IoType]:
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
            asked = Overrides("io_stream", asked.layers)
    if asked.io_type == "io_parallel" or (asked.io_type is None and _parallel(network)):
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


def _parallel(network: HlsNetwork) -> bool:
    """Whether every tensor may be registers."""
    sizes = [layer.attributes.get("n_in", 0) for layer in network.layers]
    for layer in network.layers:
        size = 1
        for extent in layer.shape:
            size *= extent
        sizes.append(size)
    return bool(max(sizes) <= MOST_PARALLEL_VALUES)


def _search(
    network: HlsNetwork,
    board: FpgaBoard,
    io_type: IoType,
    asked: Mapping[str, Override],
    shared: bool,
) -> tuple[Schedule | None, Schedule]:
    """The fastest schedule that fits (or None), and the one that takes the least of the board."""
    choices = {layer.name: _options(layer, io_type, asked, shared) for layer in network.layers}
    slowest_minimum = max(min(o.cycles for o in found) for found in choices.values())
    paces = sorted({o.cycles for found in choices.values() for o in found})
    least: Schedule | None = None
    for pace in (p for p in paces if p >= slowest_minimum):
        chosen = {
            name: min(
                (o for o in found if o.cycles <= pace),
                key=lambda o: (_weight(o, board), o.cycles),
            )
            for name, found in choices.items()
        }
        schedule = Schedule(io_type, chosen)
        if schedule.resources.share_of(board.budget) <= 1:
            return schedule, schedule
        if least is None or _share(schedule, board) < _share(least, board):
            least = schedule
    assert least is not None
    return None, least


def _options(
    layer: HlsLayer, io_type: IoType, asked: Mapping[str, Override], shared: bool
) -> list[Option]:
    want = asked.get(layer.node.name)
    if want is None or (want.strategy == "distributed_arithmetic" and not shared):
        return list(options(layer, io_type, shared=shared))
    return [option_for(layer, io_type, want.strategy, want.reuse_factor)]


def _weight(option: Option, board: FpgaBoard) -> float:
    """What an option takes of the board: shares, summed, so that no resource is free."""
    pairs = zip(option.resources.counts(), board.budget.counts(), strict=True)
    return sum(used / have for used, have in pairs if have)


def _share(schedule: Schedule, board: FpgaBoard) -> float:
    return schedule.resources.share_of(board.budget)


def _check(network: HlsNetwork, asked: Overrides) -> None:
    layers = {layer.node.name: layer for layer in network.layers}
    for name, want in asked.layers.items():
        layer = layers.get(name)
        if layer is None or layer.arithmetic is None:
            able = [n for n, other in layers.items() if other.arithmetic is not None]
            raise RecipeError(
                f"override of layer {name!r}: the network has no such layer with weights",
                f"it has {', '.join(able)}",
            )
        if "depthwise_data" in layer.attributes and want != Override("latency", 1):
            raise UnsupportedModel(
                f"layer {name!r} is depthwise: hls4ml builds it by the strategy 'latency' only",
                "leave it out of the overrides",
            )
        factors = legal_reuse_factors(*matrix(layer)) if want.strategy == "resource" else [1]
        if want.reuse_factor not in factors:
            near = sorted(factors, key=lambda f: abs(f - want.reuse_factor))[:4]
            raise RecipeError(
                f"override of layer {name!r}: strategy {want.strategy!r} cannot have the reuse "
                f"factor {want.reuse_factor}",
                f"possible: {', '.join(map(str, sorted(near)))}",
            )


def _does_not_fit(
    network: HlsNetwork, board: FpgaBoard, least: Schedule, asked: Overrides
) -> DoesNotFit:
    used, have = least.resources, board.budget
    name, label = max(
        RESOURCE_UNITS.items(),
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
    if asked.layers:
        fitting, _ = _search(network, board, least.io_type, {}, True)
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
