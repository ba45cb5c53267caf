"""Freezes a QKeras model: the same network in integers, which every backend computes bit for bit.

By layer type, not by topology: the layers are visited in execution order and each type has one
function, in ``compute`` (layers that multiply) or ``rearrange`` (the others). A compute layer waits
for the activation quantizer behind it, which gives it its output grid (``settle``); the node bears
that activation's name, since its values are that layer's output. A layer type is added with a
function and a row in one of the two tables below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from tinyrob.errors import FreezeError
from tinyrob.freeze import compute, rearrange
from tinyrob.freeze.activations import grid_of
from tinyrob.freeze.settle import settle
from tinyrob.freeze.values import Accumulator, Builder, Settled, Shape, Sum, Value, settled
from tinyrob.frozen.model import FrozenModel

_COMPUTE: Mapping[str, Callable[[Any, list[Value], Shape], Accumulator]] = {
    "QConv2D": compute.conv,
    "QConv2DBatchnorm": compute.conv,
    "QDepthwiseConv2D": compute.depthwise,
    "QDepthwiseConv2DBatchnorm": compute.depthwise,
    "QDense": compute.dense,
    "BatchNormalization": compute.normalization,
    "QBatchNormalization": compute.normalization,
    "PowerOfTwoBatchNormalization": compute.normalization,
    "AveragePooling2D": compute.average_pool,
    "QAveragePooling2D": compute.average_pool,
    "GlobalAveragePooling2D": compute.global_average_pool,
    "QGlobalAveragePooling2D": compute.global_average_pool,
}

_REARRANGE: Mapping[str, Callable[[Builder, Any, list[Value], Shape], Value]] = {
    "InputLayer": rearrange.source,
    "QActivation": rearrange.activation,
    "Activation": rearrange.plain_activation,
    "Softmax": rearrange.no_softmax,
    "Rescaling": rearrange.rescaling,
    "Add": rearrange.add,
    "Concatenate": rearrange.concatenate,
    "MaxPooling2D": rearrange.max_pool,
    "GlobalMaxPooling2D": rearrange.global_max_pool,
    "Flatten": rearrange.reshape,
    "Reshape": rearrange.reshape,
    "ZeroPadding2D": rearrange.zero_pad,
    "Dropout": rearrange.identity,
    "SpatialDropout2D": rearrange.identity,
    "GaussianDropout": rearrange.identity,
    "GaussianNoise": rearrange.identity,
    "ActivityRegularization": rearrange.identity,
}

LAYERS = frozenset({**_COMPUTE, **_REARRANGE})
"""The classes of layers that freeze takes, by name."""

INSTEAD: Mapping[str, str] = {
    "Conv2D": "use QConv2D",
    "DepthwiseConv2D": "use QDepthwiseConv2D",
    "Dense": "use QDense",
    "ReLU": "use QActivation(quantized_relu(bits, integer))",
    "Functional": "put its layers into the model itself",
    "Sequential": "put its layers into the model itself",
    "TFOpLambda": "use a layer (such as Add) in place of the bare TensorFlow operation",
    "QSeparableConv2D": "use QDepthwiseConv2D, a QActivation and a 1 x 1 QConv2D",
}


def freeze(model: Any, name: str, metadata: Mapping[str, Any] | None = None) -> FrozenModel:
    """The integers of a Keras model of QKeras layers.

    ``metadata`` (JSON values) travels with the frozen model. The model itself is not changed.
    Raises FreezeError, naming the layer, where the model breaks an exactness rule.
    """
    build = Builder()
    _output(_walk(build, model))
    return FrozenModel(name, tuple(build.nodes), dict(metadata or {}))


def _output(value: Value) -> Settled:
    if isinstance(value, Accumulator | Sum):
        raise FreezeError(
            f"the output layer {value.layer!r} has no activation quantizer, so its logits have "
            "no 8-bit grid",
            "put QActivation(quantized_bits(8, integer, 0, alpha=1)) behind it, with an integer "
            "that covers the logits",
        )
    return settled("the output", value)


def _walk(build: Builder, model: Any) -> Value:
    if not hasattr(model, "_nodes_by_depth"):
        raise FreezeError(
            f"model {getattr(model, 'name', model)!r} is not a functional or built sequential "
            "Keras model, so its graph is not known",
            "build it with keras.Model(inputs, outputs), or give Sequential an input shape",
        )
    for what, tensors in (("inputs", model.inputs), ("outputs", model.outputs)):
        if len(tensors) != 1:
            raise FreezeError(f"the model has {len(tensors)} {what}", "freeze takes exactly one")
    depths = sorted(model._nodes_by_depth, reverse=True)
    nodes = [node for depth in depths for node in model._nodes_by_depth[depth]]
    _check_sharing(nodes)
    values: dict[str, Value] = {}
    for node in nodes:
        inputs = [] if node.is_input else [values[key] for key in map(str, node.flat_input_ids)]
        values[str(node.flat_output_ids[0])] = _visit(build, node.layer, inputs, _shape(node))
    return values[str(id(model.outputs[0]))]


def _visit(build: Builder, layer: Any, inputs: list[Value], shape: Shape) -> Value:
    kind = type(layer).__name__
    if kind in _REARRANGE:
        return _REARRANGE[kind](build, layer, inputs, shape)
    if kind not in _COMPUTE:
        raise FreezeError(
            f"layer {layer.name!r} is a {kind}, which freeze does not take",
            INSTEAD.get(kind, f"it takes {', '.join(sorted(LAYERS))}"),
        )
    value = _COMPUTE[kind](layer, inputs, shape)
    # QKeras' compute layers can hold their activation quantizer themselves.
    quantizer = getattr(layer, "activation", None)
    if quantizer is None or getattr(quantizer, "__name__", "") == "linear":
        return value
    return settle(build, value, grid_of(layer.name, quantizer), layer.name)


def _shape(node: Any) -> Shape:
    shape = node.output_shapes
    shape = shape[0] if isinstance(shape, list) else shape
    if any(size is None for size in shape[1:]):
        raise FreezeError(
            f"layer {node.layer.name!r} has the shape {shape[1:]}: not all sizes are known",
            "give the model's Input a fixed shape",
        )
    return tuple(int(size) for size in shape[1:])


def _check_sharing(nodes: list[Any]) -> None:
    for name, count in Counter(node.layer.name for node in nodes).items():
        if count > 1:
            raise FreezeError(
                f"layer {name!r} is applied {count} times", "use one layer for each place"
            )
    readers: Counter[str] = Counter(str(key) for n in nodes for key in n.flat_input_ids)
    for node in nodes:
        kind, uses = type(node.layer).__name__, readers[str(node.flat_output_ids[0])]
        if uses > 1 and (kind in _COMPUTE or kind == "Add") and not _has_activation(node.layer):
            raise FreezeError(
                f"layer {node.layer.name!r} is read by {uses} layers before it is quantized",
                "put one QActivation behind it, and let the others read that",
            )


def _has_activation(layer: Any) -> bool:
    quantizer = getattr(layer, "activation", None)
    return quantizer is not None and getattr(quantizer, "__name__", "") != "linear"
