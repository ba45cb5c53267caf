"""Every member of the family builds, carries its weights over, and freezes to the same logits."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tinyrob import data
from tinyrob import tf as tinyrob_tf
from tinyrob.models import recipe_file
from tinyrob.models.layer_names import quantized_layers

tf = tinyrob_tf.tensorflow()

from tinyrob.freeze import freeze  # noqa: E402
from tinyrob.models import topologies  # noqa: E402
from tinyrob.run.keras import KerasRunner  # noqa: E402

TEXT = """
name = "t"
dataset = "digits"
[topology]
stem = { filters = 4 }
stages = [{ filters = 8 }]
[quantizers.layers]
stem = { kernel = 4, activation = { bits = 4, integer = 2 } }
logits = { kernel = 6, activation = { bits = 8, integer = 4 } }
[training]
epochs = { qat = 1 }
"""


def variant(**changes):
    recipe = recipe_file.parse(TEXT)
    return dataclasses.replace(recipe, topology=dataclasses.replace(recipe.topology, **changes))


VARIANTS = {
    "residual": variant(),
    "plain": variant(residual=False, head="flatten"),
    "separable": variant(separable=True),
}


def randomized(model):
    """Weights as training leaves them: every one of its own."""
    generator = np.random.default_rng(8)
    model.set_weights(
        [
            generator.uniform(0.5, 2, w.shape)
            if "variance" in v.name or "gamma" in v.name
            else w + generator.normal(0, 0.2, w.shape)
            for v, w in zip(model.weights, model.get_weights(), strict=True)
        ]
    )
    return model


@pytest.mark.parametrize("name", VARIANTS)
def test_the_frozen_model_has_the_trained_models_logits(name):
    model = randomized(topologies.build(VARIANTS[name], (8, 8, 1), 10))
    dataset = data.load("digits")
    pixels = dataset.x_test[:200]
    frozen = freeze(model, name)
    assert frozen.exact
    with KerasRunner(frozen) as runner:
        got = runner.run(data.to_int8(pixels)).outputs
    want = model((pixels.astype(np.float32) - 128) / 128, training=False).numpy() * 8
    # Freezing moves biases by up to an accumulator's half step, which turns some near-ties.
    assert np.abs(got - want).max() <= 1
    assert (got != np.rint(want)).mean() < 0.05
    assert len(np.unique(got)) > 20


@pytest.mark.parametrize("name", VARIANTS)
def test_float_and_quantized_weights_agree_by_name_and_shape(name):
    quantized, floating = (
        topologies.build(VARIANTS[name], (8, 8, 1), 10, quantized=q) for q in (True, False)
    )
    names = [[(v.name, tuple(v.shape)) for v in m.weights] for m in (quantized, floating)]
    assert names[0] == names[1]
    for a, b in zip(quantized.get_weights(), floating.get_weights(), strict=True):
        assert (a == b).all()


@pytest.mark.parametrize("name", VARIANTS)
def test_layer_names_are_known_without_building(name):
    model = topologies.build(VARIANTS[name], (8, 8, 1), 10)
    built = {layer.name for layer in model.layers}
    wanted = set(quantized_layers(VARIANTS[name].topology))
    if name == "plain":
        wanted.remove("stage1_block1_conv2")
        assert "stage1_block1_conv2_kernel" in built
    assert wanted <= built


def test_the_cifar_network_fits_the_part_that_it_is_for():
    model = topologies.build(recipe_file.load("cifar10-stq-jr"), (32, 32, 3), 10)
    kernels = [v for v in model.trainable_variables if "kernel" in v.name]
    # Two bits a weight; code, biases and the layers of more bits share what is left of 100 KB.
    assert sum(int(np.prod(v.shape)) for v in kernels) / 4 < 75_000
    largest = max(int(np.prod(layer.output.shape[1:])) for layer in model.layers)
    assert 3 * largest < 80 * 1024


def test_a_teacher_may_be_a_resnet18():
    text = TEXT.replace("{ filters = 4 }", "{ filters = 64 }").replace(
        "[{ filters = 8 }]",
        "[{ filters = 64, blocks = 2, stride = 1 }, { filters = 128, blocks = 2 }, "
        "{ filters = 256, blocks = 2 }, { filters = 512, blocks = 2 }]",
    )
    model = topologies.build(recipe_file.parse(text), (32, 32, 3), 10, quantized=False)
    kernels = [v for v in model.trainable_variables if len(v.shape) == 4]
    assert len(kernels) == 1 + 16 + 3  # stem, blocks, shortcuts
    # He et al. (2016) in its CIFAR form, as is usual: 11,173,962 with both parts of normalization.
    assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == 11_173_962
