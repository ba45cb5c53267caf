"""Quantization after training: TFLite's converter on a float Keras model, and what it costs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tinyrob import data
from tinyrob import tf as tinyrob_tf
from tinyrob.cli import group
from tinyrob.deployable import load_model
from tinyrob.errors import ModelFormatError, TrainingError, UnsupportedModel

pytest.importorskip("tflite_micro")
keras = tinyrob_tf.keras()
L = keras.layers

from tinyrob.training.quantize import quantize  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, digits = tmp_path_factory.mktemp("float"), data.load("digits")
    keras.utils.set_random_seed(1)
    model = keras.Sequential([
        keras.Input((8, 8, 1)), L.Rescaling(1 / 255), L.Conv2D(8, 3), L.BatchNormalization(),
        L.ReLU(), L.Flatten(), L.Dense(10, activation="softmax"),
    ])  # fmt: skip
    model.compile(keras.optimizers.Adam(5e-3), "sparse_categorical_crossentropy")
    model.fit(digits.x_train.astype(np.float32), digits.y_train, epochs=6, verbose=0)
    model.save(folder / "net.h5")
    return folder


def test_the_tflite_is_about_as_right_as_the_float_model(folder: Path) -> None:
    out = folder / "new" / "net.tflite"
    arguments = ["quantize", str(folder / "net.h5"), "--data", "digits", "-o", str(out), "--json"]
    done = CliRunner().invoke(group, [*arguments, "--vectors", "200"], catch_exceptions=False)
    told = json.loads(done.stdout)
    assert told["inputs"] == 200
    assert told["accuracy"]["float"] > 0.85
    assert abs(told["accuracy"]["float"] - told["accuracy"]["int8"]) < 0.04
    assert told["same_class"] > 0.96
    network = load_model(str(out))
    source = network.graph.tensors[network.graph.inputs[0]]
    # The border is a byte less 128, whatever the training inputs are.
    assert source.quantization is not None
    assert (source.quantization.scale, source.quantization.zero_point) == (1.0, -128)


def test_a_model_with_what_recipes_cannot_train_is_quantized_as_it_is(folder: Path) -> None:
    path, out = folder / "gated.h5", folder / "gated.tflite"
    x = keras.Input((8, 8, 1))
    y = L.Dense(12, activation="tanh")(L.Flatten()(x))
    y = L.Multiply()([y, L.Dense(12, activation="sigmoid")(L.Flatten()(x))])
    keras.Model(x, L.Dense(10)(y)).save(path)
    done = quantize(str(path), data.load("digits"), out, most=50)
    assert {"MUL", "LOGISTIC", "TANH"} <= set(done.operators)
    assert done.same_class > 0.8


def test_data_of_another_shape_or_number_of_classes_is_refused(folder: Path) -> None:
    digits = data.load("digits")
    for layers, words in (
        ([keras.Input((9, 8, 1)), L.Flatten(), L.Dense(10)], r"reads inputs of \(9, 8, 1\)"),
        ([keras.Input((8, 8, 1)), L.Flatten(), L.Dense(4)], r"gives \(4,\), and .* 10 classes"),
    ):
        keras.Sequential(layers).save(folder / "other.h5")
        with pytest.raises(TrainingError, match=words):
            quantize(str(folder / "other.h5"), digits, folder / "other.tflite")
    assert not (folder / "other.tflite").exists()


def test_layers_of_no_kind_that_is_known_are_named(folder: Path) -> None:
    keras.Sequential([
        keras.Input((8, 8, 1)), L.LayerNormalization(name="n"), L.Flatten(),
        L.GaussianNoise(0.1), L.RepeatVector(2, name="r"), L.Flatten(), L.Dense(10),
    ]).save(folder / "strange.h5")  # fmt: skip
    with pytest.raises(UnsupportedModel) as raised:
        quantize(str(folder / "strange.h5"), data.load("digits"), folder / "s.tflite")
    assert [o.layer for o in raised.value.obstacles] == ["n", "r"]


def test_no_model_and_no_range_are_said(folder: Path) -> None:
    with pytest.raises(ModelFormatError, match="no Keras model by its ending"):
        quantize("net.onnx", data.load("digits"), folder / "s.tflite")
    arguments = ["quantize", "x.h5", "--data", "digits", "-o", "y", "--input", "1", "0"]
    assert CliRunner().invoke(group, arguments).exit_code == 2
