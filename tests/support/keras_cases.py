"""Keras layers and models as users have them, quantized to int8 by TFLite's converter.

Each with what tinyrob makes of it: None where it is exact, else the sentence of its refusal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyrob.tf import keras, tensorflow

Make = Callable[[], Any]
WORDS = 10
"""Rows of an embedding."""


def converted(make: Make) -> bytes:
    """The int8 .tflite that the converter's usual call makes of a model, seeded."""
    tf = tensorflow()
    keras().utils.set_random_seed(1)
    model = make()
    random = np.random.default_rng(0)
    shape = [int(n) for n in model.inputs[0].shape]
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    indices = model.inputs[0].dtype == tf.int32
    converter.representative_dataset = lambda: (
        [
            random.integers(0, WORDS, shape).astype(np.int32)
            if indices
            else random.normal(size=shape).astype(np.float32)
        ]
        for _ in range(8)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.float32 if indices else tf.int8  # int32 stays what it is
    converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def _layers() -> Any:
    return keras().layers


def row(shape: tuple[int, ...], *layers: Callable[[Any], Any]) -> Make:
    """Layers one behind the other; each is made from ``keras.layers``, or is a function."""

    def make() -> Any:
        x = inputs = keras().Input(shape, batch_size=1)
        for layer in layers:
            x = layer(_layers())(x)
        return keras().Model(inputs, x)

    return make


def words() -> Any:
    """A text classifier: an embedding of int32, the mean of it, and a dense layer."""
    layers = _layers()
    inputs = keras().Input((6,), batch_size=1, dtype="int32")
    x = layers.GlobalAveragePooling1D()(layers.Embedding(WORDS, 3)(inputs))
    return keras().Model(inputs, layers.Dense(2, activation="softmax")(x))


def _of(name: str, *positional: Any, **options: Any) -> Callable[[Any], Any]:
    return lambda layers: getattr(layers, name)(*positional, **options)


def _computed(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda layers: layers.Lambda(function)


def two(layer: Callable[[Any], Any]) -> Make:
    """A layer of two tensors (1, 5, 4)."""

    def make() -> Any:
        layers = _layers()
        inputs = keras().Input((5, 4), batch_size=1)
        pair = [layers.Dense(4)(inputs), layers.Dense(4, activation="relu")(inputs)]
        return keras().Model(inputs, layer(layers)(pair))

    return make


def attention(layer: Callable[[Any], Any], *, listed: bool = True) -> Make:
    """A layer that looks at one sequence with itself."""

    def make() -> Any:
        inputs = keras().Input((5, 4), batch_size=1)
        made = layer(_layers())
        return keras().Model(inputs, made([inputs, inputs]) if listed else made(inputs, inputs))

    return make


def squeeze_and_excite() -> Any:
    """The block of MobileNetV3 and EfficientNet."""
    layers = _layers()
    inputs = keras().Input((6, 6, 4), batch_size=1)
    x = layers.GlobalAveragePooling2D(keepdims=True)(inputs)
    x = layers.Conv2D(2, 1, activation="relu")(x)
    x = layers.Conv2D(4, 1, activation="sigmoid")(x)
    return keras().Model(inputs, layers.Multiply()([inputs, x]))


_CONV = _of("Conv2D", 3, 3)
_DENSE = _of("Dense", 5)
_STEPS = (5, 3)
_IMAGE = (6, 6, 3)


def _activation(name: str) -> Make:
    return row((5, 5, 2), _CONV, _of("Activation", name))


def _tf(name: str, *arguments: Any, **options: Any) -> Callable[[Any], Any]:
    return _computed(lambda x: getattr(tensorflow(), name)(x, *arguments, **options))


_EXP = "TFLite Micro computes EXP in float32 only, not in int8"
_GELU = "TFLite Micro has no GELU"
_TILE = "TFLite Micro has no TILE"

CASES: dict[str, tuple[Make, str | None]] = {
    # convolutions
    "Conv1D": (row((9, 3), _of("Conv1D", 4, 3)), None),
    "Conv1D, causal, dilated": (
        row((9, 3), _of("Conv1D", 4, 3, padding="causal", dilation_rate=2)), None,
    ),
    "Conv2D": (row(_IMAGE, _of("Conv2D", 4, 3, padding="same", activation="relu")), None),
    "Conv2D, dilated": (row(_IMAGE, _of("Conv2D", 4, 3, dilation_rate=2, padding="same")), None),
    "Conv2D, groups": (row((6, 6, 4), _of("Conv2D", 4, 3, groups=2)), None),
    "SeparableConv1D": (row((9, 3), _of("SeparableConv1D", 4, 3)), None),
    "SeparableConv2D": (row(_IMAGE, _of("SeparableConv2D", 4, 3)), None),
    "DepthwiseConv1D": (row((9, 3), _of("DepthwiseConv1D", 3)), None),
    "DepthwiseConv2D": (row(_IMAGE, _of("DepthwiseConv2D", 3)), None),
    "DepthwiseConv2D, multiplier": (
        row(_IMAGE, _of("DepthwiseConv2D", 3, depth_multiplier=2)), None,
    ),
    "DepthwiseConv2D, dilated": (row(_IMAGE, _of("DepthwiseConv2D", 3, dilation_rate=2)), None),
    "Conv1DTranspose": (row((5, 2), _of("Conv1DTranspose", 3, 3, strides=2)), None),
    "Conv2DTranspose": (row((4, 4, 2), _of("Conv2DTranspose", 3, 3, strides=2)), None),
    "Conv2DTranspose, same": (
        row((4, 4, 2), _of("Conv2DTranspose", 3, 3, strides=2, padding="same")), None,
    ),
    "Conv3D": (row((4, 4, 4, 1), _of("Conv3D", 2, 2)), "TFLite Micro has no CONV_3D"),
    # dense
    "Dense": (row((7,), _of("Dense", 3)), None),
    "Dense, per step": (row((4, 5), _of("Dense", 3)), None),
    "EinsumDense": (row((4, 5), _of("EinsumDense", "abc,cd->abd", (None, 6))), None),
    "TimeDistributed(Dense)": (
        row((3, 5), lambda layers: layers.TimeDistributed(layers.Dense(2))), None,
    ),
    "TimeDistributed(Conv2D)": (
        row((3, 5, 5, 2), lambda layers: layers.TimeDistributed(layers.Conv2D(2, 3))), None,
    ),
    "Embedding of int32": (words, None),
    "Embedding of float32": (
        row((4,), _tf("abs"), _of("Embedding", WORDS, 3)), "it makes int32 of float32",
    ),
    # normalization
    "BatchNormalization behind a pool": (
        row(
            _IMAGE, _of("MaxPooling2D"),
            _of("BatchNormalization", gamma_initializer="random_uniform",
                moving_mean_initializer="random_normal"),
        ),
        None,
    ),
    "LayerNormalization": (row((5, 4), _of("LayerNormalization")), None),
    "GroupNormalization": (row((4, 4, 4), _of("GroupNormalization", 2)), None),
    "UnitNormalization": (row((5, 4), _of("UnitNormalization")), None),
    "Normalization": (
        row((4,), _of("Normalization", mean=[1.0, 2, 3, 4], variance=[1.0, 2, 1, 2])), None,
    ),
    "Rescaling": (row(_IMAGE, _of("Rescaling", 1 / 64, -1)), None),
    # recurrent
    "LSTM": (row(_STEPS, _of("LSTM", 4)), None),
    "LSTM, unroll": (row(_STEPS, _of("LSTM", 4, unroll=True)), None),
    "Bidirectional(LSTM)": (
        row(_STEPS, lambda layers: layers.Bidirectional(layers.LSTM(4, return_sequences=True))),
        None,
    ),
    "GRU, unroll": (row(_STEPS, _of("GRU", 4, unroll=True)), None),
    "Bidirectional(GRU), unroll": (
        row(_STEPS, lambda layers: layers.Bidirectional(layers.GRU(4, unroll=True))), None,
    ),
    "SimpleRNN, unroll": (row(_STEPS, _of("SimpleRNN", 4, unroll=True)), None),
    "Masking": (row(_STEPS, _of("Masking")), "TFLite Micro has no REDUCE_ANY"),
    # pools
    "MaxPooling1D": (row((8, 3), _of("MaxPooling1D")), None),
    "MaxPooling2D": (row(_IMAGE, _of("MaxPooling2D")), None),
    "AveragePooling1D": (row((8, 3), _of("AveragePooling1D")), None),
    "AveragePooling2D": (row(_IMAGE, _of("AveragePooling2D")), None),
    "GlobalMaxPooling1D": (row((8, 3), _of("GlobalMaxPooling1D")), None),
    "GlobalMaxPooling2D": (row(_IMAGE, _of("GlobalMaxPooling2D")), None),
    "GlobalAveragePooling1D": (row((8, 3), _of("GlobalAveragePooling1D")), None),
    "GlobalAveragePooling2D": (row(_IMAGE, _of("GlobalAveragePooling2D")), None),
    # shapes
    "UpSampling1D": (row((4, 3), _of("UpSampling1D")), None),
    "UpSampling2D": (row((4, 4, 3), _of("UpSampling2D")), None),
    "UpSampling2D, bilinear": (
        row((4, 4, 3), _of("UpSampling2D", interpolation="bilinear")), None,
    ),
    "Resizing": (row((4, 4, 3), _of("Resizing", 6, 7)), None),
    "ZeroPadding1D": (row((4, 3), _of("ZeroPadding1D")), None),
    "ZeroPadding2D": (row(_IMAGE, _of("ZeroPadding2D")), None),
    "Cropping1D": (row((6, 3), _of("Cropping1D")), None),
    "Cropping2D": (row(_IMAGE, _of("Cropping2D")), None),
    "Flatten": (row((3, 3, 2), _of("Flatten")), None),
    "Reshape": (row((3, 4), _of("Reshape", (2, 6))), None),
    "Permute": (row((3, 4), _of("Permute", (2, 1))), None),
    "RepeatVector": (row((4,), _of("RepeatVector", 3)), _TILE),
    "Dropout": (row((4,), _DENSE, _of("Dropout", 0.5)), None),
    # activations
    "PReLU": (
        row((5, 5, 2), _CONV, _of("PReLU", alpha_initializer="random_uniform", shared_axes=[1, 2])),
        None,
    ),
    "LeakyReLU": (row((5, 5, 2), _CONV, _of("LeakyReLU")), None),
    "ELU": (row((5, 5, 2), _CONV, _of("ELU")), None),
    "ReLU, up to 6": (row((5, 5, 2), _CONV, _of("ReLU", 6.0)), None),
    "ReLU, up to 1": (row((5, 5, 2), _CONV, _of("ReLU", 1.0)), None),
    "ReLU, slope and threshold": (
        row((5, 5, 2), _CONV, _of("ReLU", negative_slope=0.1, threshold=0.2)), None,
    ),
    "Softmax": (row((7,), _DENSE, _of("Softmax")), None),
    "Softmax, axis 1": (row((5, 4), _of("Softmax", axis=1)), None),
    **{
        f"activation {name}": (_activation(name), None)
        for name in ("relu", "sigmoid", "tanh", "hard_sigmoid", "swish", "elu", "softsign")
    },
    "activation gelu": (_activation("gelu"), _GELU),
    "activation selu": (_activation("selu"), _EXP),
    "activation softplus": (_activation("softplus"), _EXP),
    "activation mish": (_activation("mish"), _EXP),
    "activation exponential": (_activation("exponential"), _EXP),
    # of several
    "Add": (two(_of("Add")), None),
    "Subtract": (two(_of("Subtract")), None),
    "Multiply": (two(_of("Multiply")), None),
    "Average": (two(_of("Average")), None),
    "Maximum": (two(_of("Maximum")), None),
    "Minimum": (two(_of("Minimum")), None),
    "Concatenate": (two(_of("Concatenate")), None),
    "Dot": (two(_of("Dot", axes=2)), None),
    "Dot, normalized": (two(_of("Dot", axes=2, normalize=True)), None),
    "SE block": (squeeze_and_excite, None),
    "Attention": (attention(_of("Attention")), None),
    "AdditiveAttention": (attention(_of("AdditiveAttention")), None),
    "MultiHeadAttention": (attention(_of("MultiHeadAttention", 2, 3), listed=False), None),
    # TensorFlow's functions in models
    "tf.abs": (row((5, 4), _tf("abs")), None),
    "tf.argmax": (row((5, 4), _tf("argmax", 1, output_type="int32")), None),
    "tf.argmax of int64": (
        row((5, 4), _tf("argmax", 1)), "it makes int64, of which TFLite Micro has no ARG_MAX",
    ),
    "tf.cumsum": (row((5, 4), _tf("cumsum", 1)), "CUMSUM (makes"),
    "tf.exp": (row((8,), _DENSE, _tf("exp")), _EXP),
    "tf.gather": (row((3, 4), _tf("gather", [0, 2], axis=1)), None),
    "tf.math.log_softmax": (
        row((8,), _DENSE, _computed(lambda x: tensorflow().nn.log_softmax(x))), None,
    ),
    "tf.math.l2_normalize": (
        row((8,), _DENSE, _computed(lambda x: tensorflow().math.l2_normalize(x, axis=-1))), None,
    ),
    "tf.negative": (row((8,), _DENSE, _tf("negative")), None),
    "tf.nn.space_to_depth": (
        row((4, 4, 2), _computed(lambda x: tensorflow().nn.space_to_depth(x, 2))), None,
    ),
    "tf.nn.depth_to_space": (
        row((4, 4, 8), _computed(lambda x: tensorflow().nn.depth_to_space(x, 2))), None,
    ),
    "tf.reverse": (row((5, 4), _tf("reverse", [1])), None),
    "tf.roll": (row((6, 4), _tf("roll", 1, 1)), None),
    "tf.sin": (row((5, 4), _tf("sin")), None),
    "tf.sqrt": (
        row((8,), _of("Dense", 5, activation="relu"), _tf("sqrt")),
        "TFLite Micro computes SQRT in float32 only, not in int8",
    ),
    "tf.square": (row((8,), _DENSE, _tf("square")), None),
    "tf.tile": (row((5, 4), _tf("tile", [1, 2, 1])), _TILE),
    "tf.unstack": (row((3, 4), _computed(lambda x: tensorflow().unstack(x, axis=1)[1])), None),
    "tf.where": (
        row((8,), _DENSE, _computed(lambda x: tensorflow().where(x > 0.1, x, 0.2 * x))),
        "TFLite Micro has no SELECT",
    ),
}  # fmt: skip
