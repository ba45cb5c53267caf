"""An ADD becomes the end of the convolution that makes one of its operands."""

from __future__ import annotations

from collections.abc import Callable

from tinyrob.network.layers import Add, Conv, ConvAdd, Layer, Network


def fuse_adds(network: Network, runs: Callable[[Layer], bool]) -> Network:
    """Without ADDs of two tensors of one shape where a convolution can add as it goes.

    Then its output needs no memory: the sum is written over the other operand. Exact: what is
    added is the convolution's result, rounded and clamped as before. Of two convolutions the one
    at the end of the longer branch is taken, and then stands where the ADD stood: the other, a
    shortcut, can be computed while its input is in memory anyway. ``runs`` says whether there is a
    kernel for a layer.
    """
    layers = list(network.layers)
    for add in network.layers:
        fused = next((x for x in _candidates(network, layers, add) if runs(x[1])), None)
        if fused is not None:
            conv, layer = fused
            layers[layers.index(add)] = layer
            layers.remove(conv)
    return Network(network.name, network.values, tuple(layers), network.inputs, network.outputs)


def _candidates(network: Network, layers: list[Layer], add: Layer) -> list[tuple[Layer, Layer]]:
    spec = add.spec
    if not isinstance(spec, Add) or spec.shape.a_repeats or spec.shape.b_repeats:
        return []
    found = []
    for conv in reversed(layers[: layers.index(add)]):
        if (
            isinstance(conv.spec, Conv)
            and conv.output in add.inputs
            and conv.output not in network.outputs
            and network.consumers(conv.output) == (network.layers.index(add),)
            and add.inputs.count(conv.output) == 1
        ):
            found.append((conv, _joined(conv, conv.spec, add, spec)))
    depth = _depths(network)
    return sorted(found, key=lambda pair: -depth[pair[0].output])


def _depths(network: Network) -> dict[int, int]:
    """For each computed value how many layers lead to it, along the longest path."""
    depth: dict[int, int] = {}
    for layer in network.layers:
        depth[layer.output] = 1 + max(depth.get(value, 0) for value in layer.inputs)
    return depth


def _joined(conv: Layer, first: Conv, add: Layer, second: Add) -> Layer:
    """The convolution is operand a of the sum."""
    is_b = add.inputs[1] == conv.output
    other = add.inputs[0 if is_b else 1]
    if is_b:
        second = second.swapped()
    return Layer(
        add.name,
        f"{conv.op} + {add.op}",
        ConvAdd(first, conv.clamp, second),
        (*conv.inputs, other),
        add.output,
        (*conv.shapes[:-1], add.shapes[0 if is_b else 1], add.shapes[-1]),
        add.clamp,
        dtype=add.dtype,
    )
