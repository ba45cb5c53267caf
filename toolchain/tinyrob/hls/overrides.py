"""What a user asks of a schedule: I/O type, interval, and strategies and factors by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tinyrob.errors import RecipeError, UnsupportedModel
from tinyrob.files.toml_table import read_toml
from tinyrob.hls.costs import IoType, Strategy, Vendor, reuse_factors
from tinyrob.hls.network import HlsNetwork

STRATEGIES: tuple[Strategy, ...] = ("latency", "resource", "distributed_arithmetic")
IO_TYPES: tuple[IoType, ...] = ("io_parallel", "io_stream")


@dataclass(frozen=True)
class Override:
    """What the user asks of one layer."""

    strategy: Strategy
    reuse_factor: int


@dataclass(frozen=True)
class Overrides:
    """What the user asks of the network: an I/O type, and layers by their frozen names.

    ``interval``: the cycles that an image may take; None: as few as the board has room for.
    """

    io_type: IoType | None = None
    layers: Mapping[str, Override] = field(default_factory=dict)
    interval: int | None = None


def read_overrides(path: Path) -> Overrides:
    """Reads an override file. Raises RecipeError, naming file and key.

    ``io_type = "io_stream"``, ``interval = 5000`` and tables ``[layers.NAME]`` with ``strategy``
    and, where it is not 1, ``reuse_factor``.
    """
    top = read_toml(path, RecipeError)
    present = top.keys()
    io_type = top.choice("io_type", IO_TYPES) if "io_type" in present else None
    interval = top.integer("interval", 1) if "interval" in present else None
    layers = {}
    table = top.optional_table("layers")
    if table is not None:
        names = table.keys()
        for name in names:
            one = table.table(name)
            given = one.keys()
            layers[name] = Override(
                one.choice("strategy", STRATEGIES),
                one.integer("reuse_factor", 1) if "reuse_factor" in given else 1,
            )
            one.done()
        table.done()
    top.done()
    return Overrides(io_type, layers, interval)


def check_overrides(network: HlsNetwork, asked: Overrides, vendor: Vendor) -> None:
    """Raises RecipeError or UnsupportedModel, naming the layer, for what hls4ml cannot do."""
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
        if vendor == "intel" and want.strategy != "resource":
            raise RecipeError(
                f"override of layer {name!r}: hls4ml's Quartus library has no strategy "
                f"{want.strategy!r}",
                'strategy = "resource" (with reuse_factor = 1, all of it is computed at once)',
            )
        factors = reuse_factors(layer, "io_stream", vendor) if want.strategy == "resource" else [1]
        if want.reuse_factor not in factors:
            near = sorted(factors, key=lambda f: abs(f - want.reuse_factor))[:4]
            raise RecipeError(
                f"override of layer {name!r}: strategy {want.strategy!r} cannot have the reuse "
                f"factor {want.reuse_factor}",
                f"possible: {', '.join(map(str, sorted(near)))}",
            )
