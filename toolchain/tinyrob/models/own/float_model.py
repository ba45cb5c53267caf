"""A user's network as it is, in Keras 2: to be measured, attacked and quantized after training.

Keras is given classes out of a table and options that were looked at, nothing of the file itself.
Imports TensorFlow: import this module only where it is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tinyrob import tf as _tf
from tinyrob.errors import Obstacle, UnsupportedModel
from tinyrob.files.limits import Damaged
from tinyrob.models.own import turn
from tinyrob.models.own.keras_files import names_of
from tinyrob.models.own.source import Source, SourceLayer
from tinyrob.models.own.tensors import activation_of

_OTHERS = frozenset(
    {
        *("Multiply", "Subtract", "Average", "Maximum", "Minimum", "Permute", "ELU"),
        *("Cropping1D", "Cropping2D", "UpSampling1D", "UpSampling2D", "Conv2DTranspose"),
    }
)
LAYERS = turn.LAYERS | _OTHERS
"""Layers that a float network may have."""

_ACTIVATIONS = frozenset(
    {
        *("linear", "relu", "softmax", "sigmoid", "tanh", "elu", "selu", "swish", "gelu"),
        *("softplus", "softsign", "hard_sigmoid", "exponential"),
    }
)
_OPTIONS = frozenset(
    {
        *("filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "groups"),
        *("use_bias", "depth_multiplier", "units", "axis", "epsilon", "center", "scale", "offset"),
        *("max_value", "negative_slope", "threshold", "alpha", "pool_size", "keepdims", "rate"),
        *("target_shape", "dims", "cropping", "size", "interpolation", "output_padding"),
        *("shared_axes", "stddev"),
    }
)


def float_model(source: Source) -> Any:
    """The Keras 2 model of ``source``, with its weights; its output is as it was saved.

    Raises UnsupportedModel with all the layers that are unknown, Damaged.
    """
    keras = _tf.keras()
    obstacles = [
        Obstacle(layer.name, f"a {layer.kind}", "use Keras' own layers")
        for layer in source.layers
        if layer.kind not in LAYERS
    ]
    if obstacles:
        raise UnsupportedModel.of(obstacles)
    tensors: dict[str, Any] = {}
    made: list[tuple[SourceLayer, Any]] = []
    try:
        for layer in source.layers:
            if layer.kind == "InputLayer":
                tensors[layer.name] = keras.Input(source.shape, name=layer.name)
                continue
            one = _layer(keras, layer)
            reads = [tensors[name] for name in layer.inputs]
            tensors[layer.name] = one(reads if len(reads) > 1 else reads[0])
            made.append((layer, one))
        model = keras.Model(tensors[source.layers[0].name], tensors[source.output])
        for layer, one in made:
            _set(layer, one)
    except (TypeError, ValueError) as error:  # Keras' own, for options that do not go together
        raise Damaged(str(error).strip().splitlines()[0][:200]) from None
    return model


def _layer(keras: Any, layer: SourceLayer) -> Any:
    options = {key: value for key, value in layer.options.items() if key in _OPTIONS}
    kind = layer.kind
    if kind in ("PReLU", "Normalization"):
        options.pop("scale", None)
    if kind == "ZeroPadding1D" or kind == "ZeroPadding2D":
        options["padding"] = layer.options.get("padding", 1)
    if kind == "LeakyReLU":
        options = {"alpha": layer.number("negative_slope", layer.number("alpha", 0.3))}
    if kind == "Normalization":
        options = {"axis": layer.options.get("axis", -1)}
        for key in ("mean", "variance"):
            value = layer.weights.get(key, layer.options.get(key))
            options[key] = np.asarray(value, np.float32).reshape(-1).tolist()
    if "activation" in layer.options:
        name = activation_of(layer)
        if name not in _ACTIVATIONS and name not in ("relu6", "leaky_relu"):
            raise UnsupportedModel(
                f"layer {layer.name!r} has the activation {name}", "use one of Keras' own"
            )
        options["activation"] = _activation(name)
    return getattr(keras.layers, kind)(name=layer.name, **_tuples(options))


def _activation(name: str) -> Any:
    tensorflow = _tf.tensorflow()
    own: Mapping[str, Any] = {
        "relu6": tensorflow.nn.relu6,
        "leaky_relu": lambda x: tensorflow.nn.leaky_relu(x, 0.2),
    }
    return own.get(name, name)


def _tuples(options: Mapping[str, Any]) -> dict[str, Any]:
    """Keras takes lists as tuples only where it has written them so."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}


def _set(layer: SourceLayer, one: Any) -> None:
    if layer.kind == "Normalization" or not one.weights:
        return
    names = list(_names(layer, len(one.weights)))
    missing = [name for name in names if name not in layer.weights]
    if missing:
        raise Damaged(f"layer {layer.name!r} has no {missing[0]} in the file")
    one.set_weights([layer.weights[name] for name in names])


def _names(layer: SourceLayer, count: int) -> Iterator[str]:
    yield from names_of(layer.kind, layer.options, count)
