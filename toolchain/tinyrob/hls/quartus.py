"""What hls4ml's Quartus library lacks, said in what it has.

It has no depthwise convolution: a full one with zeros computes the same. Its parallel average sums
in the type of its inputs, where the sum overflows: a cast to a wide type stands before it. Its
types have two bits at least.
"""

from __future__ import annotations

from dataclasses import replace

from tinyrob.errors import UnsupportedModel
from tinyrob.hls.costs import matrix
from tinyrob.hls.fixed import FixedType, bits_of_range, full_kernel
from tinyrob.hls.network import Before, HlsLayer, HlsNetwork


def for_quartus(network: HlsNetwork) -> HlsNetwork:
    """The same network for Intel's HLS compiler. Raises UnsupportedModel for activations of a bit.

    Nodes, names, shapes and values stay; layers that the library has not become ones that it has.
    """
    for layer in network.layers:
        if layer.result.bits == 1:
            raise UnsupportedModel(
                f"layer {layer.node.name!r} has activations of one bit, and hls4ml's Quartus "
                "library has types of two bits or more",
                "take a board of AMD's (`tinyrob boards`), or quantized_relu(2, int)",
            )
    return replace(network, layers=tuple(map(_adapted, network.layers)))


def _adapted(layer: HlsLayer) -> HlsLayer:
    kind = layer.attributes["class_name"]
    if kind == "DepthwiseConv2D":
        layer = _full(layer)
    if kind == "GlobalAveragePooling2D":
        return replace(layer, before=_widened(layer))
    if layer.arithmetic is not None:
        n_in, n_out = matrix(layer)
        # hls4ml's writer reads these of convolutions, too, where weights go to block RAM.
        return replace(layer, attributes={**layer.attributes, "n_in": n_in, "n_out": n_out})
    return layer


def _full(layer: HlsLayer) -> HlsLayer:
    assert layer.arithmetic is not None
    arithmetic = replace(layer.arithmetic, kernel=full_kernel(layer.arithmetic.kernel))
    own = {
        key: value
        for key, value in layer.attributes.items()
        if key not in ("depthwise_data", "depth_multiplier")
    }
    attributes = {**own, "class_name": "Conv2D", "weight_data": arithmetic.weights}
    return replace(layer, attributes=attributes, arithmetic=arithmetic)


def _widened(layer: HlsLayer) -> Before:
    """A cast of an average's input to a signed type that holds the mean without rounding."""
    height, width, channels = layer.input_shapes[0]
    accumulator = layer.types["accum"]
    size = height * width
    # accum holds the sum of all values in units of the mean: the values are that much smaller.
    hi = 2 ** (accumulator.bits - accumulator.signed) // size
    bits = bits_of_range(-hi, hi)
    wide = FixedType(bits, accumulator.log2_step, True)
    attributes = {
        "class_name": "Activation",
        "activation": "linear",
        "n_in": size * channels,
    }
    return Before("wide", attributes, {"result": wide})
