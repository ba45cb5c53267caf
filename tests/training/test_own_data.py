"""What a user's own data ask of training: classes that weigh unlike, shapes of any rank."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tinyrob import data
from tinyrob.data.arrays import from_arrays
from tinyrob.data.dataset import Dataset
from tinyrob.errors import RecipeError, TrainingError
from tinyrob.models import recipe_file
from tinyrob.models.recipe import Augment
from tinyrob.training.augment import augment, check

RECIPE = """
name = "own"
%s
[topology]
stem = { filters = 4, kernel = 5 }
stages = [{ filters = 4 }]
[quantizers]
kernel = 4
[training]
epochs = { qat = 1 }
batch = 4
"""
ARRAYS = RECIPE % 'dataset = "arrays"'
OWN = '[dataset]\nkind = "images"\npath = "x"\nclass_weights = "balanced"\n'


def of_shape(shape: tuple[int, ...]) -> Dataset:
    x, y = np.zeros((8, *shape), np.uint8), np.arange(8) % 3
    return from_arrays((x, y, x, y))


@pytest.mark.parametrize("phase", ["warmup", "settle"])
def test_each_example_counts_as_its_class_weighs(phase: str) -> None:
    from tinyrob.models import topologies
    from tinyrob.tf import tensorflow
    from tinyrob.training.objective import Objective

    tf = tensorflow()
    recipe = recipe_file.parse(ARRAYS)
    model = topologies.build(recipe, (6, 2), 3, quantized=phase != "warmup")
    dice = np.random.default_rng(0)
    x = tf.constant(dice.uniform(-1, 1, (6, 6, 2)).astype(np.float32))
    labels, weights = np.array([0, 1, 2, 0, 0, 1]), (0.5, 2.0, 3.0)
    seed = tf.constant([1, 2])
    plain = Objective(recipe, model, phase, 0)
    entropy, logits, _ = Objective(recipe, model, phase, 0, None, weights)(x, x, labels, seed)
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits).numpy()
    assert np.isclose(float(entropy), np.mean(each * np.array(weights)[labels]), rtol=1e-5)
    assert not np.isclose(float(plain(x, x, labels, seed)[0]), float(entropy))


@pytest.mark.parametrize(
    ("shape", "kernels"),
    [((12, 3), {(5, 1), (3, 1), (1, 1)}), ((7,), {(1, 1)}), ((6, 6, 1), {(5, 5), (3, 3), (1, 1)})],
)
def test_kernels_reach_along_the_axes_that_inputs_have(shape, kernels) -> None:
    from tinyrob.freeze import freeze
    from tinyrob.models import topologies

    model = topologies.build(recipe_file.parse(ARRAYS), shape, 3)
    found = {
        tuple(layer.kernel_size) for layer in model.layers if hasattr(layer, "kernel_quantizer")
        and hasattr(layer, "kernel_size")
    }  # fmt: skip
    assert found == kernels
    assert freeze(model, "own").exact


def test_a_shape_that_no_network_takes_is_refused_before_keras_sees_it() -> None:
    from tinyrob.training import loop

    recipe = recipe_file.parse(ARRAYS)
    with pytest.raises(TrainingError, match=r"inputs of shape \(2, 2, 2, 2\)") as caught:
        loop.check(recipe, of_shape((2, 2, 2, 2)), False)
    assert "reshape the inputs" in (caught.value.hint or "")
    flipped = dataclasses.replace(recipe.training, augment=Augment(flip=True))
    with pytest.raises(TrainingError, match="flip is for pictures"):
        loop.check(dataclasses.replace(recipe, training=flipped), of_shape((9, 2)), False)


def test_sequences_shift_in_time_and_what_comes_in_is_the_middle() -> None:
    batch = np.arange(1, 41, dtype=np.uint8).reshape(4, 5, 2)
    moved = augment(batch, Augment(shift=2), np.random.default_rng(0))
    for before, after in zip(batch, moved, strict=True):
        padded = np.pad(before, ((2, 2), (0, 0)), constant_values=128)
        assert any((after == padded[at : at + 5]).all() for at in range(5))
    assert (moved != batch).any()
    assert (
        check(Augment(shift=1), (8,)) == "shift is for pictures and sequences, and inputs are (8,)"
    )
    assert check(Augment(shift=1, flip=True), (8, 8, 3)) is None


def test_a_teachers_answers_are_not_weighed() -> None:
    more = '[adversarial]\nmethod = "rslad"\neps = 4\n[distillation]\nteacher = "x"\n'
    with pytest.raises(RecipeError, match=r"dataset\.class_weights: a teacher's answers"):
        recipe_file.parse(RECIPE % OWN + more)


def test_a_recipe_with_a_validation_split_of_its_own_may_keep_the_best() -> None:
    more = "[probe]\nimages = 10\neps = 4\n"
    text = (RECIPE % OWN).replace("batch = 4", 'batch = 4\nkeep = "best"') + more
    with pytest.raises(RecipeError, match=r"training\.keep") as caught:
        recipe_file.parse(text)
    assert "dataset.split.validation = 0.1" in (caught.value.hint or "")
    made = recipe_file.parse(text.replace("path", "split.validation = 0.1\npath"))
    assert isinstance(made.dataset, data.Description)
