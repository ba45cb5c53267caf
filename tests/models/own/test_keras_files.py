"""Files of Keras 2 and Keras 3 are read as data, and give the function that was saved."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinyrob.errors import ModelFormatError, UnsupportedModel
from tinyrob.models.own.keras_files import read_keras
from tinyrob.models.own.origin import read_source, take
from tinyrob.models.own.turn import turn

pytest.importorskip("h5py")


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("name", ["sequential", "functional", "sequence"])
def test_a_file_of_keras_3_gives_what_keras_3_gave(keras3: Path, name: str, suffix: str) -> None:
    from tinyrob.models.own.float_model import float_model

    source = read_keras(keras3 / f"{name}{suffix}")
    told = np.load(keras3 / f"{name}.npz")
    assert np.allclose(float_model(source)(told["x"]), told["y"], atol=1e-5)
    turned = turn(source)
    assert {k.split("/")[0].rpartition("_")[0] for k in turned.weights} == set(turned.plan.kernels)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_what_keras_3_has_beyond_that_is_named(keras3: Path, suffix: str) -> None:
    with pytest.raises(UnsupportedModel) as raised:
        take(f"gated{suffix}", keras3)
    whats = [obstacle.what for obstacle in raised.value.obstacles]
    assert whats == ["the activation silu", "a Multiply"]


@pytest.mark.parametrize("suffix", [".keras", ".h5", ""])
def test_a_file_of_keras_2_gives_what_keras_2_gave(tmp_path: Path, suffix: str) -> None:
    from tinyrob import tf as tinyrob_tf
    from tinyrob.models.own.float_model import float_model

    keras = tinyrob_tf.keras()
    layers = keras.layers
    inner = keras.Sequential([keras.Input((6, 6, 2)), layers.Conv2D(4, 3), layers.PReLU()])
    x = keras.Input((8, 8, 1))
    y = inner(layers.BatchNormalization()(layers.Conv2D(2, 3)(x)))
    y = layers.Dense(3)(layers.Flatten()(layers.DepthwiseConv2D(3)(y)))
    model = keras.Model(x, y)
    for variable in model.weights:
        variable.assign(np.random.default_rng(1).uniform(0.1, 1, variable.shape))
    model.save(tmp_path / f"m{suffix}")
    samples = np.random.default_rng(2).uniform(-1, 1, (9, 8, 8, 1)).astype(np.float32)
    got = float_model(read_source(f"m{suffix}", tmp_path)[0])(samples)
    assert np.allclose(got, model(samples), atol=1e-5)


def archive(config: Any, path: Path) -> Path:
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w"):
        pass
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", json.dumps(config))
        file.writestr("model.weights.h5", buffer.getvalue())
    return path


def functional(*layers: dict[str, Any], output: str = "end") -> dict[str, Any]:
    first = {"class_name": "InputLayer", "name": "x", "inbound_nodes": [],
             "config": {"name": "x", "batch_shape": [None, 4]}}  # fmt: skip
    return {
        "class_name": "Functional",
        "config": {
            "name": "m", "layers": [first, *layers], "input_layers": [["x", 0, 0]],
            "output_layers": [[output, 0, 0]],
        },
    }  # fmt: skip


def layer(kind: str, name: str, reads: str = "x", **options: Any) -> dict[str, Any]:
    return {"class_name": kind, "name": name, "config": {"name": name, **options},
            "inbound_nodes": [[[reads, 0, 0, {}]]]}  # fmt: skip


def test_a_lambda_is_named_and_not_run(tmp_path: Path) -> None:
    marked = tmp_path / "run"
    code = {"class_name": "__lambda__", "config": {"code": f"open({str(marked)!r}, 'w')"}}
    config = functional(layer("Lambda", "end", function=code))
    archive(config, tmp_path / "m.keras")
    with pytest.raises(UnsupportedModel, match="a Lambda is code, which is not run"):
        take("m.keras", tmp_path)
    assert not marked.exists()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ([], "not what Keras writes"),
        ({"class_name": "Mine", "config": {}}, "not a Sequential or functional model"),
        (
            functional(layer("Dense", "end", reads="end", units=2)),
            "layer 'end', a 'Dense', reads 'end', which is not there, or reads it in turn",
        ),
        (functional(layer("Dense", "end", units="two")), "option 'units'"),
        (functional(layer("Dense", "end", units=2), layer("Dense", "end", units=2)), "one name"),
        (functional(layer("Dense", "end", units=2), output="other"), "none of its layers"),
        (functional(layer("Dense", "end", units=1 << 40)), "option 'units'"),
        (functional(layer("ReLU", "end", max_value="six")), "option 'max_value'"),
        (functional({**layer("Dense", "end", units=2), "inbound_nodes": []}), "reads nothing"),
        ({"class_name": "Sequential", "config": {"layers": []}}, "no layers"),
        ({"class_name": "Sequential", "config": {"layers": [
            {"class_name": "Dense", "config": {"name": "d", "units": 2}}]}}, "no fixed shape"),
    ],
)  # fmt: skip
def test_what_keras_would_not_write_is_refused(config: Any, words: str, tmp_path: Path) -> None:
    archive(config, tmp_path / "m.keras")
    with pytest.raises(ModelFormatError, match=words):
        take("m.keras", tmp_path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelFormatError, match="cannot read"):
        take("none.h5", tmp_path)
    with pytest.raises(ModelFormatError, match="no Keras model by its ending"):
        take("model.onnx", tmp_path)


def test_a_saved_model_without_keras_description_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFormatError, match="is no SavedModel"):
        take("", tmp_path)
    (tmp_path / "variables").mkdir()
    (tmp_path / "variables" / "variables.index").write_bytes(b"x")
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(ModelFormatError, match="without Keras' description"):
        take("", tmp_path)
    (tmp_path / "keras_metadata.pb").write_bytes(b"\xff\xff")
    with pytest.raises(ModelFormatError, match="cannot be read"):
        take("", tmp_path)
