"""Which function freezes which layer: a layer type is added with a function and a row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tinyrob.freeze import compute, rearrange
from tinyrob.freeze.values import Accumulator, Builder, Shape, Value

COMPUTE: Mapping[str, Callable[[Builder, Any, list[Value], Shape], Accumulator]] = {
    "QConv1D": compute.conv,
    "QConv2D": compute.conv,
    "QConv2DBatchnorm": compute.conv,
    "QDepthwiseConv2D": compute.depthwise,
    "QDepthwiseConv2DBatchnorm": compute.depthwise,
    "QDense": compute.dense,
    "BatchNormalization": compute.normalization,
    "QBatchNormalization": compute.normalization,
    "PowerOfTwoBatchNormalization": compute.normalization,
    "AveragePooling1D": compute.average_pool,
    "AveragePooling2D": compute.average_pool,
    "QAveragePooling2D": compute.average_pool,
    "GlobalAveragePooling1D": compute.global_average_pool,
    "GlobalAveragePooling2D": compute.global_average_pool,
    "QGlobalAveragePooling2D": compute.global_average_pool,
}

REARRANGE: Mapping[str, Callable[[Builder, Any, list[Value], Shape], Value]] = {
    "InputLayer": rearrange.source,
    "QActivation": rearrange.activation,
    "Activation": rearrange.plain_activation,
    "ReLU": rearrange.relu,
    "Softmax": rearrange.no_softmax,
    "Rescaling": rearrange.rescaling,
    "Add": rearrange.add,
    "Concatenate": rearrange.concatenate,
    "MaxPooling1D": rearrange.max_pool,
    "MaxPooling2D": rearrange.max_pool,
    "GlobalMaxPooling1D": rearrange.global_max_pool,
    "GlobalMaxPooling2D": rearrange.global_max_pool,
    "Flatten": rearrange.reshape,
    "Reshape": rearrange.reshape,
    "ZeroPadding1D": rearrange.zero_pad,
    "ZeroPadding2D": rearrange.zero_pad,
    "Dropout": rearrange.identity,
    "SpatialDropout1D": rearrange.identity,
    "SpatialDropout2D": rearrange.identity,
    "GaussianDropout": rearrange.identity,
    "GaussianNoise": rearrange.identity,
    "ActivityRegularization": rearrange.identity,
}

SEPARABLE = ("QSeparableConv1D", "QSeparableConv2D")

LAYERS = frozenset({**COMPUTE, **REARRANGE, **dict.fromkeys(SEPARABLE)})
"""The classes of layers that freeze takes, by name."""

INSTEAD: Mapping[str, str] = {
    "Conv2D": "use QConv2D",
    "DepthwiseConv2D": "use QDepthwiseConv2D",
    "Dense": "use QDense",
    "Functional": "put its layers into the model itself",
    "Sequential": "put its layers into the model itself",
    "TFOpLambda": "use a layer (such as Add) in place of the bare TensorFlow operation",
}

ANY = frozenset(
    {"InputLayer", "QActivation", "Activation", "Softmax", "Rescaling", "ReLU"}
    | {kind for kind, function in REARRANGE.items() if function is rearrange.identity}
    | {kind for kind, function in COMPUTE.items() if function is compute.normalization}
)
"""Layers that take a value before it is on a grid."""
