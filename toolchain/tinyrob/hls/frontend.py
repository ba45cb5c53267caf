"""A frozen model as hls4ml's list of layers: its front end for us, without Keras in between.

hls4ml's own front ends guess types from quantizers; here every type is known, so each layer's is
given, and its clamp and rounding are the cast to its result type (``fixed``). A frozen layer is one
hls4ml layer of the same name (as a C identifier), but for pools that pad, which are two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tinyrob.errors import UnsupportedModel
from tinyrob.files.escape import c_identifier
from tinyrob.frozen import model as fr
from tinyrob.frozen.model import FrozenModel, Node
from tinyrob.frozen.shapes import Shape, output_shapes
from tinyrob.hls.fixed import (
    Arithmetic,
    FixedType,
    arithmetic_of,
    bits_of_range,
    dilated,
    full_kernel,
    type_of_grid,
)
from tinyrob.hls.network import Before, HlsLayer, HlsNetwork
from tinyrob.hls.streams import fifos_of
from tinyrob.ir.geometry import padding_before

# hls4ml clones a stream for at most this many readers.
MOST_READERS = 7


def to_hls(model: FrozenModel) -> HlsNetwork:
    """``model``, layer by layer. Raises UnsupportedModel, naming the layer, for what cannot be."""
    shapes = output_shapes(model)
    names = _identifiers([node.name for node in model.nodes[1:]])
    # hls4ml gives the top function's argument the input layer's name.
    names[model.input.name] = "network_input"
    grids = {node.name: node for node in model.nodes}
    readers: dict[str, int] = {}
    for node in model.nodes:
        for name in node.inputs:
            readers[name] = readers.get(name, 0) + 1
    for name, count in readers.items():
        if count > MOST_READERS:
            raise UnsupportedModel(
                f"layer {name!r} has {count} readers, hls4ml copies a stream to {MOST_READERS}",
                "let fewer layers read it",
            )
    layers = []
    for node in model.nodes:
        inputs = tuple(shapes[name] for name in node.inputs)
        builder = BUILDERS.get(type(node))
        if builder is None:
            raise UnsupportedModel(
                f"layer {node.name!r} ({type(node).__name__}) has no counterpart in hls4ml",
                f"what it takes: {', '.join(sorted(kind.__name__ for kind in BUILDERS))}",
            )
        parts = builder(node, inputs, shapes[node.name], [grids[name] for name in node.inputs])
        types = {"result": type_of_grid(node.name, node.grid), **parts.types}
        layers.append(
            HlsLayer(
                name=names[node.name],
                node=node,
                shape=shapes[node.name],
                input_shapes=inputs,
                inputs=tuple(names[name] for name in node.inputs),
                attributes=parts.attributes,
                types=types,
                input_bits=max(
                    (type_of_grid(name, grids[name].grid).bits for name in node.inputs), default=0
                ),
                arithmetic=parts.arithmetic,
                padding=parts.padding,
                before=parts.before,
            )
        )
    streams = fifos_of(layers)
    layers = [replace(layer, streams=streams[layer.name]) for layer in layers]
    return HlsNetwork(f"tr_{c_identifier(model.name)}", model.name, tuple(layers), names)


@dataclass(frozen=True, eq=False)
class _Parts:
    attributes: Mapping[str, Any]
    types: Mapping[str, FixedType] = field(default_factory=dict)
    arithmetic: Arithmetic | None = None
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    before: Before | None = None


_Inputs = tuple[Shape, ...]


def _input(node: fr.Input, inputs: _Inputs, shape: Shape, sources: Sequence[Node]) -> _Parts:
    return _Parts({"class_name": "InputLayer", "input_shape": list(shape)})


def _convolution(
    node: fr.Conv2D | fr.DepthwiseConv2D,
    inputs: _Inputs,
    shape: Shape,
    sources: Sequence[Node],
) -> _Parts:
    if isinstance(node, fr.DepthwiseConv2D) and _is_global_average(node, inputs[0], shape):
        return _global_average(node, inputs[0], sources[0])
    arithmetic = arithmetic_of(node, sources[0].grid)
    depthwise = isinstance(node, fr.DepthwiseConv2D)
    kernel = arithmetic.kernel
    if depthwise and kernel.shape[3] > 1:
        # hls4ml's depthwise convolution has no multiplier: a convolution with zeros has.
        kernel, depthwise = full_kernel(kernel), False
    kernel = dilated(kernel, node.dilation)
    arithmetic = replace(arithmetic, kernel=kernel)
    window = (kernel.shape[0], kernel.shape[1])
    padding = _padding(inputs[0], window, node.strides, shape)
    attributes = {
        "class_name": "DepthwiseConv2D" if depthwise else "Conv2D",
        **_window_attributes(inputs[0], shape, "filt", window, node.strides, padding),
        "n_chan": inputs[0][2],
        "n_filt": shape[2],
        "depthwise_data" if depthwise else "weight_data": arithmetic.weights,
        "bias_data": arithmetic.biases,
    }
    if depthwise:
        attributes["depth_multiplier"] = 1
    return _Parts(attributes, _compute_types(arithmetic), arithmetic, padding)


def _is_global_average(node: fr.DepthwiseConv2D, source: Shape, shape: Shape) -> bool:
    """Whether a depthwise convolution is what freeze makes of an average over the whole image."""
    size = source[0] * source[1]
    return (
        node.kernel.shape == (source[0], source[1], source[2], 1)
        and shape[:2] == (1, 1)
        and bool((node.kernel == 1).all() and (node.bias == 1).all())
        and size & (size - 1) == 0
        and bool((node.log2_kernel == -(size.bit_length() - 1)).all())
        and not (node.padding == "same" and size > 1)
    )


def _global_average(node: fr.DepthwiseConv2D, source: Shape, before: Node) -> _Parts:
    """As hls4ml's pool: it sums pixel by pixel, where a convolution would unroll the image.

    The tie-free bias only decides ties upwards: rounding half up does the same without it.
    """
    size = source[0] * source[1]
    grid, finest = before.grid, before.grid.log2_step - (size.bit_length() - 1)
    bits = bits_of_range(grid.lo * size * size, grid.hi * size * size)
    result = replace(type_of_grid(node.name, node.grid), rounding="RND")
    attributes = {
        "class_name": "GlobalAveragePooling2D",
        "data_format": "channels_last",
        "in_height": source[0],
        "in_width": source[1],
        "n_filt": source[2],
    }
    return _Parts(attributes, {"accum": FixedType(bits, finest, grid.lo < 0), "result": result})


def _dense(node: fr.Dense, inputs: _Inputs, shape: Shape, sources: Sequence[Node]) -> _Parts:
    arithmetic = arithmetic_of(node, sources[0].grid)
    attributes = {
        "class_name": "Dense",
        "n_in": inputs[0][0],
        "n_out": shape[0],
        "weight_data": arithmetic.weights,
        "bias_data": arithmetic.biases,
        "weight_quantizer": None,
        "bias_quantizer": None,
    }
    return _Parts(attributes, _compute_types(arithmetic), arithmetic)


def _max_pool(node: fr.MaxPool2D, inputs: _Inputs, shape: Shape, sources: Sequence[Node]) -> _Parts:
    padding = _padding(inputs[0], node.window, node.strides, shape)
    before, source = None, inputs[0]
    if padding != ((0, 0), (0, 0)):
        # hls4ml pads an unsigned pool with half of its range: pad with zeros, explicitly.
        if sources[0].grid.lo < 0:
            raise UnsupportedModel(
                f"layer {node.name!r} pads a signed input: hls4ml's streams cannot pad a maximum",
                "pool behind a ReLU, or with padding='valid'",
            )
        padded = (
            source[0] + sum(padding[0]),
            source[1] + sum(padding[1]),
            source[2],
        )
        before = Before("border", _zero_padding(source, padded, padding))
        source = padded
    attributes = {
        "class_name": "MaxPooling2D",
        **_window_attributes(source, shape, "pool", node.window, node.strides, ((0, 0), (0, 0))),
        "n_filt": shape[2],
    }
    kind = type_of_grid(node.name, node.grid)
    return _Parts(attributes, {"accum": kind}, None, padding, before)


def _zero_pad(node: fr.ZeroPad2D, inputs: _Inputs, shape: Shape, sources: Sequence[Node]) -> _Parts:
    return _Parts(_zero_padding(inputs[0], shape, node.padding), padding=node.padding)


def _add(node: fr.Add, inputs: _Inputs, shape: Shape, sources: Sequence[Node]) -> _Parts:
    return _Parts({"class_name": "Merge", "op": "add"})


def _concatenate(
    node: fr.Concatenate, inputs: _Inputs, shape: Shape, sources: Sequence[Node]
) -> _Parts:
    if len(inputs) != 2:
        raise UnsupportedModel(
            f"layer {node.name!r} joins {len(inputs)} tensors, hls4ml joins two",
            "join them two at a time",
        )
    rank = len(shape)
    return _Parts({"class_name": "Concatenate", "op": f"concatenate{rank}d", "axis": rank})


def _reshape(node: fr.Reshape, inputs: _Inputs, shape: Shape, sources: Sequence[Node]) -> _Parts:
    return _Parts({"class_name": "Reshape", "target_shape": list(shape)})


def _clamp(node: fr.Clamp, inputs: _Inputs, shape: Shape, sources: Sequence[Node]) -> _Parts:
    attributes = {"class_name": "Activation", "activation": "linear", "n_in": int(np.prod(shape))}
    return _Parts(attributes)


BUILDERS: dict[type[Node], Any] = {
    fr.Input: _input,
    fr.Conv2D: _convolution,
    fr.DepthwiseConv2D: _convolution,
    fr.Dense: _dense,
    fr.MaxPool2D: _max_pool,
    fr.ZeroPad2D: _zero_pad,
    fr.Add: _add,
    fr.Concatenate: _concatenate,
    fr.Reshape: _reshape,
    fr.Clamp: _clamp,
}


def _compute_types(arithmetic: Arithmetic) -> dict[str, FixedType]:
    return {
        "weight": arithmetic.weight_type,
        "bias": arithmetic.bias_type,
        "accum": arithmetic.accumulator_type,
    }


def _padding(
    source: Shape, window: tuple[int, int], strides: tuple[int, int], shape: Shape
) -> tuple[tuple[int, int], tuple[int, int]]:
    def along(axis: int) -> tuple[int, int]:
        size, outputs = source[axis], shape[axis]
        needed = max(0, (outputs - 1) * strides[axis] + window[axis] - size)
        before = padding_before(size, window[axis], strides[axis], 1, outputs)
        return before, needed - before

    return along(0), along(1)


def _window_attributes(
    source: Shape,
    shape: Shape,
    prefix: str,
    window: tuple[int, int],
    strides: tuple[int, int],
    padding: tuple[tuple[int, int], tuple[int, int]],
) -> dict[str, Any]:
    return {
        "data_format": "channels_last",
        "in_height": source[0],
        "in_width": source[1],
        "out_height": shape[0],
        "out_width": shape[1],
        f"{prefix}_height": window[0],
        f"{prefix}_width": window[1],
        "stride_height": strides[0],
        "stride_width": strides[1],
        **_pads(padding),
    }


def _zero_padding(
    source: Shape, shape: Shape, padding: tuple[tuple[int, int], tuple[int, int]]
) -> dict[str, Any]:
    return {
        "class_name": "ZeroPadding2D",
        "data_format": "channels_last",
        "in_height": source[0],
        "in_width": source[1],
        "out_height": shape[0],
        "out_width": shape[1],
        "n_chan": source[2],
        **_pads(padding),
    }


def _pads(padding: tuple[tuple[int, int], tuple[int, int]]) -> dict[str, int]:
    (top, bottom), (left, right) = padding
    return {"pad_top": top, "pad_bottom": bottom, "pad_left": left, "pad_right": right}


def _identifiers(names: list[str]) -> dict[str, str]:
    """C identifiers, distinct, one a name."""
    used = {"network_input"}
    result = {}
    for name in names:
        word, count = c_identifier(name), 2
        while word in used:
            word, count = f"{c_identifier(name)}_{count}", count + 1
        used.add(word)
        result[name] = word
    return result
