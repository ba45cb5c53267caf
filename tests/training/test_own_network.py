"""A user's own network, from its float weights to a frozen model, by the recipe alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinyrob import data
from tinyrob import tf as tinyrob_tf
from tinyrob.errors import RecipeError, TrainingError
from tinyrob.models import recipe_file

keras = tinyrob_tf.keras()
L = keras.layers

from tinyrob.frozen.io import load_frozen  # noqa: E402
from tinyrob.training.session import train  # noqa: E402

RECIPE = """
name = "own"
dataset = "digits"
topology = {{ keras = "{what}"{more} }}
quantizers = {{ kernel = 6 }}
[training]
epochs = {{ qat = {epochs} }}
learning_rate = {{ qat = 1e-4 }}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A float network that knows the digits, in a file; and one that somebody's code builds."""
    folder = tmp_path_factory.mktemp("own")
    digits = data.load("digits")
    keras.utils.set_random_seed(3)
    x = keras.Input((8, 8))
    y = L.Reshape((8, 8, 1))(x)
    y = L.ReLU()(L.BatchNormalization()(L.Conv2D(12, 3, use_bias=False, name="one")(y)))
    z = L.Conv2D(12, 3, padding="same", name="two")(y)
    y = L.MaxPooling2D(2)(L.ReLU()(L.Add(name="sum")([y, z])))
    model = keras.Model(x, L.Dense(10, activation="softmax", name="end")(L.Flatten()(y)))
    model.compile(keras.optimizers.Adam(5e-3), "sparse_categorical_crossentropy", ["accuracy"])
    real = (digits.x_train[..., 0].astype(np.float32) - 128) / 128
    model.fit(real, digits.y_train, batch_size=64, epochs=8, verbose=0)
    model.save(folder / "net.h5")
    (folder / "net.py").write_text(
        "import tensorflow as tf\n\n\ndef build():\n"
        "    layers = tf.keras.layers\n"
        "    return tf.keras.Sequential([tf.keras.Input((8, 8, 1)), layers.Flatten(),\n"
        "        layers.Dense(16, activation='relu'), layers.Dense(10)])\n\n\n"
        "def broken():\n    raise ValueError('no such thing')\n"
    )
    return folder


def recipe(folder: Path, what: str = "net.h5", epochs: int = 1, more: str = "") -> str:
    path = folder / "recipe.toml"
    path.write_text(RECIPE.format(what=what, epochs=epochs, more=more))
    return str(path)


def test_float_weights_are_carried_over_measured_and_trained_on(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    done = train(recipe(folder), out=out)
    record = json.loads((out / "history.json").read_text())[0]
    # From scratch, one epoch on the digits ends far lower.
    assert record["train_accuracy"] > 0.95
    assert done.clean_accuracy > 0.9
    frozen = load_frozen(out / "frozen.npz")
    assert frozen.exact
    assert frozen.input.shape == (8, 8, 1)
    assert frozen.metadata["init"]["from"] == "net.h5"
    kept = recipe_file.load(str(out / "recipe.toml"))
    assert set(kept.quantizers.layers) == {"one", "two", "sum", "end"}
    with pytest.raises(TrainingError, match=r"another network than .*:build is now"):
        train(recipe(folder, "net.py:build"), out=out, resume=True)
    # The file is not needed any more: the run's own recipe has the network, step by step.
    assert [step.kind for step in kept.topology.steps].count("conv") == 2


def test_a_run_goes_on_with_the_ranges_that_it_began_with(folder: Path, tmp_path: Path) -> None:
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    path = recipe(folder, epochs=2)
    train(path, out=whole)
    train(path, out=parted)
    for name in ("checkpoint-00002.npz", "frozen.npz", "history.json"):
        (parted / name).unlink()
    train(path, out=parted, resume=True)
    assert (parted / "frozen.npz").read_bytes() == (whole / "frozen.npz").read_bytes()


def test_a_function_of_the_users_is_run_and_begins_at_random(folder: Path, tmp_path: Path) -> None:
    done = train(recipe(folder, "net.py:build"), out=tmp_path / "run")
    assert "init" not in load_frozen(done.out / "frozen.npz").metadata


@pytest.mark.parametrize(
    ("what", "more", "words"),
    [
        ("net.py:broken", "", r"net.py, line 11: ValueError: no such thing"),
        ("net.py:none", "", "has no function 'none'"),
        ("other.py:build", "", "there is no file"),
        ("none.h5", "", "cannot read"),
        ("net.h5", ", input = [1, 0]", r"must be \[lowest, highest\]"),
        ("net.h5", ", other = 1", "unknown key"),
    ],
)
def test_a_recipe_says_what_is_wrong_with_it(
    folder: Path, what: str, more: str, words: str
) -> None:
    with pytest.raises(RecipeError, match=words):
        recipe_file.load(recipe(folder, what, more=more))


def test_a_network_and_data_that_do_not_go_together_are_refused(
    folder: Path, tmp_path: Path
) -> None:
    arrays: Any = {
        "x_train": np.zeros((200, 7, 8, 1), np.uint8), "y_train": np.arange(200) % 10,
        "x_test": np.zeros((20, 7, 8, 1), np.uint8), "y_test": np.arange(20) % 10,
    }  # fmt: skip
    from tinyrob.data.arrays import from_arrays

    with pytest.raises(RecipeError, match=r"reads inputs of \(8, 8\), and the data are"):
        train(recipe(folder), out=tmp_path / "run", given=from_arrays(arrays, None))
    arrays = {**arrays, "x_train": np.zeros((200, 8, 8, 1), np.uint8),
              "x_test": np.zeros((20, 8, 8, 1), np.uint8),
              "y_train": np.arange(200) % 3, "y_test": np.arange(20) % 3}  # fmt: skip
    with pytest.raises(RecipeError, match="tells 10 classes, and the data have 3"):
        train(recipe(folder), out=tmp_path / "run", given=from_arrays(arrays, None))
    assert not (tmp_path / "run").exists()


def test_a_frozen_network_of_ones_own_starts_another(folder: Path, tmp_path: Path) -> None:
    """Its kernels have biases, or normalizations, as the network that it starts has them."""
    from tinyrob.freeze import freeze
    from tinyrob.frozen.io import save_frozen
    from tinyrob.models import topologies
    from tinyrob.training import weights

    net = recipe_file.load(recipe(folder))
    model = topologies.build(net, (8, 8), 10)
    weights.start_from(model, weights.read(str(folder / "net.h5")))
    save_frozen(freeze(model, "own"), tmp_path / "frozen.npz")
    again = topologies.build(net, (8, 8), 10)
    match = weights.start_from(again, weights.read(str(tmp_path / "frozen.npz")))
    assert (match.lacking, match.other_shape, match.unused) == ([], [], [])
    x = np.random.default_rng(1).integers(-128, 128, (50, 8, 8)).astype(np.float32) / 128
    a, b = model(x, training=False).numpy(), again(x, training=False).numpy()
    assert np.abs(a - b).max() <= 0.26
    assert (a.argmax(1) == b.argmax(1)).mean() > 0.9


def test_a_keras_file_is_a_source_of_first_weights_by_name(folder: Path) -> None:
    from tinyrob.training import weights

    found = weights.read(str(folder / "net.h5"))
    assert {"one_kernel/kernel", "one_norm/gamma", "two_kernel/bias", "end_kernel/kernel"} <= set(
        found.arrays
    )
    with pytest.raises(TrainingError, match="there is no file"):
        weights.read(str(folder / "none.h5"))
