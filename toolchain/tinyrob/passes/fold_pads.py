"""A PAD in front of a convolution becomes the convolution's own padding."""

from __future__ import annotations

from dataclasses import replace

from tinyrob.network.layers import Conv, Depthwise, Layer, Network, Pad, Window


def fold_pads(network: Network) -> Network:
    """Without PADs of rows and columns that only unpadded convolutions read.

    Exact: both pad with the input's zero point, which a convolution takes for 0. A convolution
    with padding of its own is left alone: its padding lies around the PAD's, and could be joined,
    but converters do not make this.
    """
    makers = {layer.output: layer for layer in network.layers}
    folded: set[int] = set()
    layers: list[Layer] = []
    for layer in network.layers:
        pad = makers.get(layer.inputs[0])
        if pad is not None and _foldable(network, pad):
            folded.add(pad.output)
            layers.append(_joined(pad, layer))
        else:
            layers.append(layer)
    return replace(network, layers=tuple(x for x in layers if x.output not in folded))


def _foldable(network: Network, pad: Layer) -> bool:
    spec = pad.spec
    if not isinstance(spec, Pad) or pad.output in network.outputs:
        return False
    if spec.before[0] or spec.after[0] or spec.before[3] or spec.after[3]:
        return False
    readers = [network.layers[i] for i in network.consumers(pad.output)]
    return bool(readers) and all(
        isinstance(reader.spec, Conv | Depthwise)
        and len(reader.shapes[0]) == 4
        and not reader.spec.window.padded
        and reader.spec.input_zero_point == spec.value
        for reader in readers
    )


def _joined(pad: Layer, layer: Layer) -> Layer:
    spec = layer.spec
    assert isinstance(pad.spec, Pad)
    assert isinstance(spec, Conv | Depthwise)
    window: Window = replace(
        spec.window,
        in_h=pad.spec.size[1],
        in_w=pad.spec.size[2],
        pad_top=pad.spec.before[1],
        pad_left=pad.spec.before[2],
    )
    return replace(
        layer,
        op=f"{pad.op} + {layer.op}",
        spec=replace(spec, window=window),
        inputs=pad.inputs,
        shapes=(*pad.shapes[:1], *layer.shapes[1:]),
    )
