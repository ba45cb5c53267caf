"""MODEL: everything it may name, and how each mistake is answered."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from support.surgery import small_file
from tinyrob import deployable
from tinyrob.errors import ModelFormatError, UnsupportedModel
from tinyrob.frozen.io import save_frozen
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.models import zoo


def keras_needed() -> None:
    for module in ("tensorflow", "qkeras"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")


def test_the_default_is_in_the_zoo_and_exact() -> None:
    model = deployable.load_model()
    assert (model.name, model.dataset) == ("digits-stq-jr", "digits")
    assert model.frozen is not None
    assert model.frozen.exact
    assert read_tflite(model.tflite, model.name) == model.graph


def test_a_tflite_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mine.tflite"
    path.write_bytes(small_file())
    model = deployable.load_model(str(path))
    assert (model.name, model.tflite) == ("mine", small_file())
    assert (model.frozen, model.dataset) == (None, None)


def test_a_training_runs_folder_is_its_frozen_model(tmp_path: Path) -> None:
    frozen = zoo.load("digits-stq-jr")
    save_frozen(frozen, tmp_path / "frozen.npz")
    model = deployable.load_model(str(tmp_path))
    assert (model.name, model.dataset) == ("digits-stq-jr", "digits")
    assert model.tflite == deployable.load_model("digits-stq-jr").tflite


def test_an_unfinished_run_says_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(ModelFormatError, match=r"holds no frozen\.npz") as raised:
        deployable.load_model(str(tmp_path))
    assert "tinyrob train" in (raised.value.hint or "")
    (tmp_path / "checkpoint-00003.npz").write_bytes(b"")
    with pytest.raises(ModelFormatError) as raised:
        deployable.load_model(str(tmp_path))
    assert "--resume" in (raised.value.hint or "")


def test_an_unknown_name_is_shown_its_nearest(tmp_path: Path) -> None:
    with pytest.raises(ModelFormatError, match="no model 'digits-stq': no file") as raised:
        deployable.load_model("digits-stq")
    assert "did you mean digits-stq-jr" in (raised.value.hint or "")


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"x")
    with pytest.raises(ModelFormatError, match="no model that tinyrob knows by its ending"):
        deployable.load_model(str(path))


def test_a_device_is_no_model() -> None:
    with pytest.raises(ModelFormatError, match="is a pipe or a device, not a file"):
        deployable.load_model(os.devnull)


@pytest.mark.parametrize("content", [b"", small_file()[:200], b"not a model at all"])
def test_a_damaged_tflite_is_refused_by_its_path(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.tflite"
    path.write_bytes(content)
    with pytest.raises(ModelFormatError) as caught:
        deployable.load_model(str(path))
    assert caught.value.message.startswith(f"{path}: ")
    assert caught.value.hint


@pytest.mark.parametrize("name", ["bad.h5", "bad.keras"])
def test_a_damaged_keras_file_is_refused(name: str, tmp_path: Path) -> None:
    keras_needed()
    path = tmp_path / name
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(ModelFormatError, match="truncated or not a Keras model"):
        deployable.load_model(str(path))


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_a_qkeras_file_is_frozen(suffix: str, tmp_path: Path) -> None:
    keras_needed()
    from tinyrob import tf

    keras, qkeras = tf.keras(), tf.qkeras()
    layers = keras.layers
    x = layers.Input((4,), name="x")
    y = qkeras.QActivation(qkeras.quantized_bits(8, 0, 0, alpha=1), name="q")(x)
    weights = qkeras.quantized_bits(4, 0, alpha=1)
    y = qkeras.QDense(3, kernel_quantizer=weights, bias_quantizer=None, name="dense")(y)
    y = qkeras.QActivation(qkeras.quantized_bits(8, 2, 0, alpha=1), name="logits")(y)
    path = tmp_path / f"mine{suffix}"
    keras.Model(x, y).save(path)
    model = deployable.load_model(str(path))
    assert model.name == "mine"
    assert model.frozen is not None
    assert model.graph.tensors[model.graph.outputs[0]].sample_shape == (3,)


def test_a_plain_keras_model_is_told_all_its_layers(shared_models: Path) -> None:
    keras_needed()
    with pytest.raises(UnsupportedModel) as raised:
        deployable.load_model(str(shared_models / "pretrainedResnet.h5"))
    lines = raised.value.message.splitlines()
    assert "  layer 'conv2d': 'Conv2D' (use QConv2D)" in lines
    assert "  layer 'dense': 'Dense' (use QDense)" in lines


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_tinyrobs_own_layers_and_quantizers_come_back_from_a_file(
    suffix: str, tmp_path: Path
) -> None:
    keras_needed()
    from tinyrob import tf
    from tinyrob.models.layers import PowerOfTwoBatchNormalization
    from tinyrob.models.quantizers import ReluGrid, SeededTernary, SignedGrid

    keras, qkeras = tf.keras(), tf.qkeras()
    x = keras.layers.Input((6, 6, 2), name="x")
    y = qkeras.QActivation(SignedGrid(8, 0), name="q")(x)
    y = qkeras.QConv2D(3, 3, kernel_quantizer=SeededTernary(), name="conv")(y)
    y = PowerOfTwoBatchNormalization(name="bn")(y)
    y = qkeras.QActivation(ReluGrid(4, 2), name="relu")(y)
    y = keras.layers.Flatten(name="flat")(y)
    y = qkeras.QDense(3, kernel_quantizer=qkeras.ternary(alpha="auto_po2"), name="dense")(y)
    y = qkeras.QActivation(SignedGrid(8, 4), name="logits")(y)
    path = tmp_path / f"mine{suffix}"
    keras.Model(x, y).save(path)
    loaded = deployable.load_model(str(path))
    assert loaded.frozen is not None
    assert [node.name for node in loaded.frozen.nodes] == ["q", "relu", "flat", "logits"]
