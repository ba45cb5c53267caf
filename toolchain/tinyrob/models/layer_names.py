"""The names of a network's layers, known without building it."""

from __future__ import annotations

from collections.abc import Iterator

from tinyrob.models.own.families import Family
from tinyrob.models.own.plan import Plan
from tinyrob.models.recipe import Topology


def quantized_layers(topology: Plan | Family | Topology) -> tuple[str, ...]:
    """What a recipe's ``quantizers.layers`` may name: kernels and activations."""
    if isinstance(topology, Family):
        topology = topology.nominal()
    if isinstance(topology, Plan):
        return topology.active
    return ("stem", *_inside_blocks(topology), *_head(topology))


def output_layers(topology: Plan | Family | Topology) -> tuple[str, ...]:
    """What a recipe's ``jacobian.layers`` may name: outputs of activations, but the logits."""
    if isinstance(topology, Family):
        topology = topology.nominal()
    if isinstance(topology, Plan):
        return tuple(name for name in topology.active if name != topology.logits)
    plain = () if topology.residual else tuple(f"{block}_conv2" for block, *_ in blocks(topology))
    return tuple(n for n in quantized_layers(topology) if n not in (*plain, "logits"))


def _head(topology: Topology) -> tuple[str, ...]:
    return ("pool", "logits") if topology.head == "average" else ("logits",)


def blocks(topology: Topology) -> Iterator[tuple[str, int, int, int]]:
    """Each block's name, input channels, filters and stride."""
    channels = topology.stem.filters
    for s, stage in enumerate(topology.stages, 1):
        for b in range(1, stage.blocks + 1):
            yield f"stage{s}_block{b}", channels, stage.filters, stage.stride if b == 1 else 1
            channels = stage.filters


def has_shortcut(topology: Topology, channels: int, filters: int, stride: int) -> bool:
    """Whether a block's shortcut needs a convolution of its own."""
    return topology.residual and (stride != 1 or channels != filters)


def _inside_blocks(topology: Topology) -> Iterator[str]:
    for block, channels, filters, stride in blocks(topology):
        for unit in ("conv1", "conv2"):
            if topology.separable:
                yield f"{block}_{unit}_depthwise"
            yield f"{block}_{unit}"
        if has_shortcut(topology, channels, filters, stride):
            yield f"{block}_shortcut"
        yield block
