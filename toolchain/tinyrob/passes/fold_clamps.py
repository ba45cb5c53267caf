"""A clamp behind a layer becomes that layer's own clamp, which costs nothing."""

from __future__ import annotations

from dataclasses import replace

from tinyrob.network.layers import Layer, Network, Requantize


def fold_clamps(network: Network) -> Network:
    """Without layers that only clamp what another layer made for them alone.

    MINIMUM and MAXIMUM with a constant, RELU and RELU6 on one scale: each follows a layer that
    clamps anyway. The joined layer carries the name and output of the last one.
    """
    layers: list[Layer] = []
    maker: dict[int, int] = {}  # value -> position in layers
    for layer in network.layers:
        source = layer.inputs[0]
        if (
            isinstance(layer.spec, Requantize)
            and layer.spec.is_clamp
            and layer.spec.source == layer.dtype
            and source in maker
            and source not in network.outputs
            and len(network.consumers(source)) == 1
            and layers[maker[source]].spec.clamps
        ):
            position = maker.pop(source)
            before = layers[position]
            layers[position] = replace(
                before,
                name=layer.name,
                op=f"{before.op} + {layer.op}",
                output=layer.output,
                clamp=_both(before.clamp, layer.clamp),
            )
            maker[layer.output] = position
        else:
            maker[layer.output] = len(layers)
            layers.append(layer)
    return replace(network, layers=tuple(layers))


def _both(first: tuple[int, int], second: tuple[int, int]) -> tuple[int, int]:
    """One clamp for two, also where the ranges do not meet: then it is a constant."""
    lo, hi = second
    return min(max(first[0], lo), hi), min(max(first[1], lo), hi)
