"""A float Keras model as a plan: the same function, layer by layer, that freezes exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinyrob import tf as tinyrob_tf
from tinyrob.errors import ModelFormatError, UnsupportedModel
from tinyrob.models import recipe_file
from tinyrob.models.own.origin import source_of
from tinyrob.models.own.plan import Plan
from tinyrob.models.own.recipe_table import as_table
from tinyrob.models.own.turn import Turned, turn

tf = tinyrob_tf.tensorflow()
keras = tinyrob_tf.keras()
L = keras.layers

from tinyrob.files.toml_text import dump_toml  # noqa: E402
from tinyrob.freeze import freeze  # noqa: E402
from tinyrob.models.own import build, float_model  # noqa: E402
from tinyrob.training.weights import Weights, start_from  # noqa: E402

RECIPE = """
name = "t"
dataset = "digits"
quantizers = { kernel = 6 }
training = { epochs = { qat = 1 } }
"""


def recipe_of(plan: Plan) -> Any:
    return recipe_file.parse(RECIPE + dump_toml({"topology": as_table(plan)}))


def sequential(shape: tuple[int, ...], *layers: Any) -> Any:
    return keras.Sequential([keras.Input(shape), *layers])


def residual() -> Any:
    x = keras.Input((8, 8, 2))
    a = L.ReLU()(L.BatchNormalization()(L.Conv2D(4, 3, padding="same", use_bias=False)(x)))
    b = L.BatchNormalization()(L.Conv2D(4, 3, padding="same")(a))
    y = L.Activation("relu")(L.Add()([a, b]))
    y = L.Add()([y, L.Conv2D(4, 1)(x), a])
    return keras.Model(x, L.Dense(3)(L.GlobalAveragePooling2D()(y)))


def joined() -> Any:
    x = keras.Input((8, 8, 1))
    a = L.Conv2D(4, 3, activation="relu")(x)
    b = L.Conv2D(3, 3)(x)
    y = L.BatchNormalization()(L.Concatenate()([a, b]))
    return keras.Model(x, L.Dense(3)(L.Flatten()(L.ReLU()(y))))


def shared() -> Any:
    """A value that is read before and behind its ReLU (a network of "pre-activations")."""
    x = keras.Input((6, 6, 1))
    a = L.Conv2D(4, 3, padding="same")(x)
    b = L.Conv2D(4, 3, padding="same")(L.ReLU()(a))
    return keras.Model(x, L.Dense(3)(L.Flatten()(L.Add()([a, b]))))


def nested() -> Any:
    inner = sequential((6, 6, 2), L.Conv2D(4, 3), L.BatchNormalization(), L.ReLU())
    x = keras.Input((8, 8, 1))
    y = inner(L.Conv2D(2, 3)(x))
    return keras.Model(x, L.Dense(3)(L.Flatten()(y)))


MODELS: dict[str, Any] = {
    "a picture's network": lambda: sequential(
        (8, 8, 1), L.Conv2D(4, 3, strides=2, padding="same", use_bias=False),
        L.BatchNormalization(), L.ReLU(), L.Dropout(0.5), L.MaxPooling2D(), L.Flatten(),
        L.Dense(8, activation="relu"), L.Dense(3)),
    "depthwise and separable": lambda: sequential(
        (8, 8, 3), L.DepthwiseConv2D(3, padding="same"), L.BatchNormalization(), L.ReLU(),
        L.SeparableConv2D(6, 3, activation="relu"), L.DepthwiseConv2D(3, depth_multiplier=2),
        L.GlobalMaxPooling2D(), L.Dense(3)),
    "a sequence, causal and dilated": lambda: sequential(
        (16, 2), L.Conv1D(4, 3, padding="causal", dilation_rate=2), L.BatchNormalization(),
        L.ReLU(), L.SeparableConv1D(4, 3, padding="same"), L.AveragePooling1D(2), L.Dense(5),
        L.ReLU(), L.ZeroPadding1D(1), L.MaxPooling1D(2), L.GlobalAveragePooling1D(), L.Dense(3)),
    "a normalization of the input": lambda: sequential(
        (8, 8, 2), L.BatchNormalization(), L.Conv2D(4, 3, activation="relu"),
        L.BatchNormalization(), L.AveragePooling2D(3), L.Flatten(), L.BatchNormalization(),
        L.Dense(3)),
    "pixels that are rescaled inside": lambda: sequential(
        (8, 8, 2), L.Rescaling(1 / 255), L.Normalization(mean=[0.4, 0.5], variance=[0.1, 0.2]),
        L.Conv2D(4, 3), L.ReLU(), L.Flatten(), L.Dense(3)),
    "a dense network of rescaled numbers": lambda: sequential(
        (12,), L.Rescaling(1 / 127.5, offset=-1), L.Dense(8), L.BatchNormalization(), L.ReLU(),
        L.Dense(3, activation="softmax")),
    "a ReLU behind what moves": lambda: sequential(
        (8, 8, 1), L.Conv2D(4, 3), L.MaxPooling2D(), L.ZeroPadding2D(((1, 0), (0, 2))),
        L.Reshape((20, 4)), L.ReLU(), L.Flatten(), L.Dense(3)),
    "another shape first": lambda: sequential(
        (64,), L.Reshape((8, 8, 1)), L.Conv2D(4, 3, activation="relu"),
        L.GlobalAveragePooling2D(keepdims=True), L.Flatten(), L.Dense(3)),
    "one sigmoid": lambda: sequential(
        (8,), L.Dense(4, activation="relu"), L.Dense(1, activation="sigmoid")),
    "residual": residual, "joined": joined, "shared": shared, "nested": nested,
}  # fmt: skip


def trained(model: Any) -> Any:
    """Weights as training leaves them: a gain may be negative, or nothing."""
    generator = np.random.default_rng(3)
    for v in model.weights:
        if "variance" in v.name:
            v.assign(generator.uniform(0.3, 4, v.shape))
        elif "gamma" in v.name:
            v.assign(generator.uniform(0.3, 2, v.shape) * np.sign(generator.normal(size=v.shape)))
        elif "mean" in v.name or "beta" in v.name or "bias" in v.name:
            v.assign(generator.normal(0, 0.3, v.shape))
    return model


def quantizable(turned: Turned, quantized: bool) -> Any:
    """The network of a plan with its weights."""
    model = build.build(recipe_of(turned.plan), turned.plan, quantized, free=not quantized)
    match = start_from(model, Weights(turned.weights, Path("x"), ""))
    assert (match.lacking, match.other_shape, match.unused) == ([], [], [])
    return model


@pytest.mark.parametrize("name", MODELS)
def test_the_plan_computes_what_the_model_computes_and_freezes_exactly(name: str) -> None:
    model = trained(MODELS[name]())
    source = source_of(model)
    turned = turn(source)
    pixels = np.random.default_rng(1).integers(0, 256, (50, *source.shape))
    x = (pixels.astype(np.float32) - 128) / 128
    theirs = pixels.astype(np.float32) if "rescaled" in name else x
    want = model(theirs).numpy()
    assert np.allclose(float_model.float_model(source)(theirs), want, atol=1e-5)
    got = quantizable(turned, quantized=False)(x).numpy()
    if "softmax" in str(source.layers[-1].options.get("activation")):
        got = tf.nn.softmax(got).numpy()
    if name == "one sigmoid":
        got = tf.nn.softmax(got).numpy()[:, 1:]
    assert np.abs(got - want).max() < 1e-4 * max(1, np.abs(want).max())
    frozen = freeze(quantizable(turned, quantized=True), "t")
    assert frozen.exact
    assert frozen.input.shape == source.shape


@pytest.mark.parametrize("name", MODELS)
def test_a_recipe_holds_the_plan(name: str) -> None:
    plan = turn(source_of(MODELS[name]())).plan
    assert recipe_of(plan).topology == plan


def test_all_that_cannot_be_turned_is_said_at_once_with_what_to_do() -> None:
    x = keras.Input((8, 8, 1))
    y = L.Conv2D(4, 3, activation="swish", name="first")(x)
    y = L.LayerNormalization(name="second")(y)
    y = L.Multiply(name="third")([y, y])
    y = L.Conv2DTranspose(4, 3, name="fourth")(y)
    model = keras.Model(x, L.Dense(3)(L.Flatten()(y)))
    with pytest.raises(UnsupportedModel) as raised:
        turn(source_of(model))
    assert [o.layer for o in raised.value.obstacles] == ["first", "second", "third", "fourth"]
    assert all(o.hint for o in raised.value.obstacles)
    assert "use BatchNormalization" in raised.value.message


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (lambda: sequential((8, 8, 1), L.Conv2D(4, 3)), "not one row of classes"),
        (lambda: sequential((8, 8, 2), L.Conv2D(4, 3, groups=2), L.Flatten()), "2 groups"),
        (lambda: sequential((8, 8, 1), L.AveragePooling2D(3, padding="same")), "varying count"),
        (lambda: sequential((8, 8, 1), L.DepthwiseConv2D(3, strides=(1, 2))), "strides"),
        (lambda: sequential((8,), L.Dense(3), L.Softmax(), L.Dense(3)), "inside the network"),
        (lambda: sequential((8, 8, 1), L.BatchNormalization(axis=1)), "axis 1"),
        (lambda: sequential((8,), L.Dense(3), L.ReLU(threshold=1.0)), "threshold"),
    ],
)  # fmt: skip
def test_what_has_no_exact_form_is_refused(model: Any, words: str) -> None:
    with pytest.raises(UnsupportedModel, match=words):
        turn(source_of(model()))


def test_a_layer_in_two_places_is_refused() -> None:
    x = keras.Input((4,))
    one = L.Dense(4, name="twice")
    with pytest.raises(ModelFormatError, match="'twice' is applied 2 times"):
        source_of(keras.Model(x, one(one(x))))


def test_what_changes_the_function_is_said() -> None:
    model = sequential(
        (8, 8, 1), L.Conv2D(4, 3, name="c"), L.LeakyReLU(name="leaky"), L.Dropout(0.1, name="d"),
        L.ReLU(6.0, name="six"), L.Flatten(), L.Dense(3, activation="softmax", name="end"),
    )  # fmt: skip
    notes = dict(turn(source_of(model)).notes)
    assert set(notes) == {"leaky", "d", "six", "end"}
    assert "loses its slope" in notes["leaky"]


def test_a_given_range_is_folded_into_the_first_layer() -> None:
    model = trained(sequential((6,), L.Dense(4, activation="relu"), L.Dense(3)))
    pixels = np.arange(60).reshape(10, 6) * 4
    turned = turn(source_of(model), (-2.0, 3.0))
    got = quantizable(turned, quantized=False)((pixels.astype(np.float32) - 128) / 128)
    want = model(-2 + 5 * pixels.astype(np.float32) / 255)
    assert np.allclose(got, want, atol=1e-5)
