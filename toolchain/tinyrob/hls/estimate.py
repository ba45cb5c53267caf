"""Estimates as plain values: for --json, the manifest and the project's README."""

from __future__ import annotations

from typing import Any

from tinyrob.hls.boards import FpgaBoard
from tinyrob.hls.costs import Option
from tinyrob.hls.network import HlsLayer, HlsNetwork
from tinyrob.hls.schedule import Schedule


def estimate(network: HlsNetwork, schedule: Schedule, board: FpgaBoard) -> dict[str, Any]:
    """What the network is estimated to cost: nothing here was measured or synthesized.

    ``initiation_interval`` and ``latency`` are in cycles; ``resources`` gives used, available and
    percent of the whole part; ``layers`` in execution order.
    """
    used = schedule.resources
    return {
        "kind": "estimate",
        "initiation_interval": schedule.initiation_interval,
        "latency": schedule.latency,
        "clock_mhz": board.clock_mhz,
        "inferences_per_second": int(board.clock_mhz * 1e6 // schedule.initiation_interval),
        "resources": {
            name: {
                "used": getattr(used, name),
                "available": getattr(board.available, name),
                "percent": round(
                    100 * getattr(used, name) / max(1, getattr(board.available, name)), 1
                ),
            }
            for name in board.units
        },
        "layers": [
            _layer(layer, schedule.choices[layer.name], board)
            for layer in network.layers[1:]
            if layer.name in schedule.choices
        ],
    }


def _layer(layer: HlsLayer, option: Option, board: FpgaBoard) -> dict[str, Any]:
    return {
        "name": layer.node.name,
        "kind": type(layer.node).__name__,
        "shape": list(layer.shape),
        "strategy": option.strategy,
        "reuse_factor": option.reuse_factor if option.strategy else None,
        "types": {key: str(kind) for key, kind in layer.types.items()},
        "multipliers": option.multipliers,
        "adder_bits": option.adder_bits,
        "bram_bits": option.bram_bits,
        "initiation_interval": option.cycles,
        "latency": option.latency,
        **{name: getattr(option.resources, name) for name in board.units},
    }
