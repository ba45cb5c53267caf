"""Families of networks: for any shape of inputs, trainable, and exact when frozen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinyrob import tf as tinyrob_tf
from tinyrob.errors import RecipeError
from tinyrob.models import recipe_file
from tinyrob.models.layer_names import output_layers, quantized_layers

tinyrob_tf.tensorflow()

from tinyrob.freeze import freeze  # noqa: E402
from tinyrob.models import topologies  # noqa: E402

RECIPE = """
name = "t"
dataset = "digits"
topology = {{ family = "{family}"{more} }}
quantizers = {{ kernel = 4 }}
training = {{ epochs = {{ qat = 1 }} }}
"""
CASES = {
    "mlp": ("mlp", ", filters = [16, 8]"),
    "conv1d": ("conv1d", ", filters = [8, 8, 8], kernel = 3, strides = [1, 2, 1]"),
    "conv1d that looks ahead": ("conv1d", ", filters = [8], dilation = 2, causal = false"),
    "dscnn": ("dscnn", ", filters = [8, 8]"),
    "mobilenet": ("mobilenet", ", width = 0.5, filters = [8, 16], strides = [1, 2]"),
}
SHAPES = {"a picture": (32, 32, 1), "a sequence": (24, 3), "a vector": (20,)}


def parsed(name: str, more: str = "") -> Any:
    family, keys = CASES[name]
    return recipe_file.parse(RECIPE.format(family=family, more=keys + more))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", CASES)
def test_every_family_takes_every_kind_of_input_and_freezes_exactly(name: str, shape: str) -> None:
    recipe = parsed(name)
    model = topologies.build(recipe, SHAPES[shape], 5)
    assert model.output_shape == (None, 5)
    assert freeze(model, "t").exact
    names = {layer.name for layer in model.layers}
    assert set(quantized_layers(recipe.topology)) <= names
    assert "logits" not in output_layers(recipe.topology)


def test_a_causal_network_does_not_look_ahead() -> None:
    recipe = parsed("conv1d")
    model = topologies.build(recipe, (24, 3), 5, quantized=False)
    keras = tinyrob_tf.keras()
    inner = keras.Model(model.input, model.get_layer("conv3").output)
    x = np.random.default_rng(1).uniform(-1, 1, (1, 24, 3)).astype(np.float32)
    later = x.copy()
    later[:, 12:] = 0.5  # behind the sixth step of stride 2, nothing before may change
    a, b = np.asarray(inner(x)), np.asarray(inner(later))
    assert (a[:, :6] == b[:, :6]).all()
    assert (a[:, 6:] != b[:, 6:]).any()


def test_mobilenet_is_the_known_one() -> None:
    family = recipe_file.parse(RECIPE.format(family="mobilenet", more="")).topology
    plan = family.plan((96, 96, 3), 2)
    assert [s.filters for s in plan.steps if s.kind == "conv"][:3] == [8, 16, 32]
    assert [s.kind for s in plan.steps].count("depthwise") == 13


@pytest.mark.parametrize(
    ("family", "more", "words"),
    [
        ("conv1d", ", filters = [8, 8], strides = [1]", "must have 2 numbers"),
        ("conv1d", ", strides = 2, dilation = 2", "either a stride or a dilation"),
        ("mlp", ", kernel = 3", "unknown key"),
        ("mlp", ", filters = []", "1 to 64 numbers"),
        ("perceptron", "", "none of stq, steps, mlp, conv1d, dscnn, mobilenet"),
    ],
)
def test_keys_that_make_no_network_are_refused(family: str, more: str, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        recipe_file.parse(RECIPE.format(family=family, more=more))
