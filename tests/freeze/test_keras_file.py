"""A Keras file is data: what it asks for beyond freeze's layers is refused before Keras sees it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinyrob.errors import ModelFormatError, UnsupportedModel
from tinyrob.files import hdf5_worker
from tinyrob.freeze import LAYERS
from tinyrob.freeze.allowed import CLASSES, refused
from tinyrob.freeze.keras_file import read_keras_file

h5py: Any = pytest.importorskip("h5py")


def layer(kind: str, name: str = "it", **more: Any) -> dict[str, Any]:
    """A layer's entry as a configuration has it; ``more`` goes beside its class."""
    options = {"name": name, **more.pop("config", {})}
    return {"class_name": kind, "config": options, "inbound_nodes": [[["x", 0, 0, {}]]], **more}


def model(*layers: Any, **more: Any) -> dict[str, Any]:
    """A functional model's configuration."""
    first = layer("InputLayer", "x", config={"batch_input_shape": [None, 4], "dtype": "float32"})
    return {"class_name": "Functional", "config": {"name": "m", "layers": [first, *layers]}, **more}


QUANTIZER = {"class_name": "quantized_bits", "config": {"bits": 8, "alpha": "auto_po2"}}
HOSTILE: dict[str, tuple[Any, str]] = {
    "TFOpLambda": (layer("TFOpLambda", config={"function": "io.write_file"}), "'io.write_file'"),
    "SlicingOpLambda": (layer("SlicingOpLambda"), "'SlicingOpLambda'"),
    "Lambda": (layer("Lambda", config={"function": ["4wEA", None, None]}), "'Lambda'"),
    "marshalled code": (
        layer("QActivation", config={"activation": {"class_name": "__lambda__", "config": {}}}),
        "'__lambda__'",
    ),
    "a function": (
        layer("QActivation", config={"activation": {
            "class_name": "function", "config": "system", "module": "os"}}),
        "'function' of the module 'os'",
    ),
    "a class of another module": (layer("run", module="subprocess"), "module 'subprocess'"),
    "a known class of another module": (
        layer("QDense", module="os"), "QDense of the module 'os'"),
    "a module inside tinyrob": (
        layer("QDense", module="tinyrob.__main__"), "module 'tinyrob.__main__'"),
    "a known class under a foreign registration": (
        layer("QDense", registered_name="mine>Other"), "registered as 'mine>Other'"),
    "a class of keras.utils": (layer("get_file", module="keras.utils"), "'get_file'"),
    "a type spec": (
        layer("QDense", config={"x": {"class_name": "__typespec__", "config": []}}),
        "'__typespec__'",
    ),
    "a function by its name": (
        layer("Activation", config={"activation": "deserialize"}), "'deserialize' as activation"),
    "a call in a quantizer's text": (
        layer("QActivation", config={"activation": "system('touch pwned')"}), "system("),
    "a call in a call": (
        layer("QActivation", config={"activation": "quantized_relu(get_file('x'))"}), "get_file"),
    "an unknown text": (layer("QDense", config={"hook": "os.system"}), "option 'hook'"),
    "an initializer of another kind": (
        layer("QDense", config={"kernel_initializer": "serialize"}), "'serialize'"),
    "a compile_config inside": (
        model(layer("Sequential", compile_config={"optimizer": "adam"}))["config"]["layers"][1],
        "compile_config",
    ),
    "an object in a node's arguments": (
        {"class_name": "Add", "config": {"name": "it"},
         "inbound_nodes": [[["x", 0, 0, {"y": {"class_name": "Lambda", "config": {}}}]]]},
        "'Lambda'",
    ),
    "a name with control characters": (layer("Add", "a\x1b]0;x\x07"), "control characters"),
    "a name that is no text": (layer("Add", config={"name": {"a": 1}}), "not a name"),
    "a wrapper": (layer("TimeDistributed"), "'TimeDistributed'"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_whatever_is_not_listed_is_refused_by_name(what: str) -> None:
    entry, words = HOSTILE[what]
    found = refused(model(entry))
    assert any(words in line for line in found), found
    assert all(line.isprintable() for line in found)


def test_all_of_it_is_said_at_once_with_the_layer() -> None:
    found = refused(
        model(layer("Lambda", "one"), layer("Conv2D", "two"), layer("Dropout", "three"))
    )
    assert found == ["layer 'one': 'Lambda'", "layer 'two': 'Conv2D' (use QConv2D)"]


def test_a_model_of_freezes_layers_is_let_through() -> None:
    entries = [layer(kind, module=sorted(CLASSES[kind])[0]) for kind in sorted(LAYERS)]
    entries.append(layer("QDense", config={
        "kernel_quantizer": QUANTIZER, "activation": "quantized_relu(4,2)",
        "bias_quantizer": "quantized_bits(8, 0, alpha='auto_po2')", "kernel_constraint": None,
        "kernel_initializer": {"class_name": "HeNormal", "config": {}, "module":
                               "keras.initializers", "registered_name": None},
        "kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.1}},
        "build_input_shape": {"class_name": "__tuple__", "items": [None, 4]}}))  # fmt: skip
    assert refused(model(*entries, compile_config={"optimizer": "adam"})) == []


@pytest.mark.parametrize("what", [[], "text", None, {"class_name": "MyModel"}, {"class_name": {}}])
def test_a_model_of_another_kind_is_refused(what: Any) -> None:
    assert "the model is" in refused(what)[0]


def weights(fill: Callable[[Any], None] = lambda file: None) -> bytes:
    """An HDF5 file that ``fill`` fills."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return buffer.getvalue()


def archive(config: Any, *, stored: bytes | None = None, **more: bytes) -> bytes:
    """A .keras file; ``more`` are other members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        file.writestr("model.weights.h5", weights() if stored is None else stored)
        for name, content in more.items():
            file.writestr(name, content)
    return buffer.getvalue()


def hdf5(config: Any, fill: Callable[[Any], None] = lambda file: None) -> bytes:
    """A .h5 file."""

    def both(file: Any) -> None:
        file.attrs["model_config"] = json.dumps(config)
        fill(file)

    return weights(both)


def linked(file: Any) -> None:
    file["w"] = h5py.ExternalLink("/etc/passwd", "/")


def outside(file: Any) -> None:
    file.create_dataset("w", (8,), "u1", external=[("/etc/passwd", 0, 8)])


def bomb(file: Any) -> None:
    file.create_dataset("w", (1 << 20, 1 << 12), "f4", chunks=(1 << 10, 1 << 10), compression=9)


def objects(file: Any) -> None:
    file.create_dataset("w", (1,), h5py.string_dtype())


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
@pytest.mark.parametrize(
    ("fill", "words"),
    [
        (linked, "refers to other files"),
        (outside, "refers to other files"),
        (bomb, "more than the 256 MiB"),
        (objects, "no weights"),
    ],
)
def test_weights_lie_in_the_file_and_have_a_size(
    fill: Callable[[Any], None], words: str, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"model{suffix}"
    made = hdf5(model(), fill) if suffix == ".h5" else archive(model(), stored=weights(fill))
    path.write_bytes(made)
    with pytest.raises(ModelFormatError, match=words):
        read_keras_file(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "truncated or not a Keras model"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "truncated or not a Keras model"),
        (archive("[" * 100_000), "nested more than"),
        (archive("{"), "not JSON"),
        (archive(model(), **{"model.weights.npz": b"pickle"}), "model.weights.npz"),
        (archive(model(), **{"assets/../../x": b""}), "assets"),
        (archive(model(), **{"metadata.json": b'{"keras_version": "3.4.1"}'}), "Keras 3.4.1"),
        (archive(model(layer("QDense", config={"units": 1 << 22}))), "no weights for a layer of"),
        (archive(model(layer("Reshape", config={"target_shape": [1 << 40]}))), "target_shape"),
        (hdf5(model())[:-300], "truncated or not a Keras model"),
    ],
)
def test_a_damaged_file_is_told(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    with pytest.raises(ModelFormatError, match=words):
        read_keras_file(path)


def with_link(file: Any) -> None:
    file.create_dataset("a/kernel", data=np.arange(6, dtype=np.float32).reshape(2, 3))
    file["a"].attrs["weight_names"] = [b"kernel:0", "b\u00efas:0".encode()]
    file["a"].attrs["scale"] = 3


@pytest.mark.parametrize("make", [hdf5, archive])
def test_keras_gets_what_was_checked_and_no_more(make: Any, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    made = hdf5(model(), with_link) if make is hdf5 else archive(model(), stored=weights(with_link))
    path.write_bytes(made)
    checked = read_keras_file(path)
    assert checked.suffix == (".h5" if make is hdf5 else ".keras")
    content = checked.content
    if make is archive:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            assert sorted(file.namelist()) == ["config.json", "model.weights.h5"]
            content = file.read("model.weights.h5")
    with h5py.File(io.BytesIO(content)) as file:
        assert file["a/kernel"][()].tolist() == [[0, 1, 2], [3, 4, 5]]
        assert [n.decode() for n in file["a"].attrs["weight_names"]] == ["kernel:0", "bïas:0"]
        assert list(file["a"].attrs) == ["weight_names"]


def test_a_file_that_hdf5_never_ends_with_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hdf5_worker, "SECONDS", 0.001)
    path = tmp_path / "model.h5"
    path.write_bytes(hdf5(model()))
    with pytest.raises(ModelFormatError, match="does not come to an end"):
        read_keras_file(path)


def test_a_refused_file_leaves_keras_unimported_and_runs_nothing(tmp_path: Path) -> None:
    import subprocess
    import sys

    path = tmp_path / "evil.h5"
    path.write_bytes(hdf5(model(HOSTILE["TFOpLambda"][0])))
    program = (
        "import sys\nfrom pathlib import Path\nfrom tinyrob.errors import UnsupportedModel\n"
        "from tinyrob.deployable import load_model\n"
        "try: load_model(sys.argv[1])\n"
        "except UnsupportedModel as error: print(error.message)\n"
        "print([name for name in ('tensorflow', 'tf_keras', 'qkeras') if name in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, cwd=tmp_path
    )
    assert said.stdout.splitlines()[-1] == "[]", said.stderr
    assert "TFOpLambda" in said.stdout
    assert sorted(p.name for p in tmp_path.iterdir()) == ["evil.h5"]


def test_a_plain_layer_is_allowed_only_to_who_asks(tmp_path: Path) -> None:
    path = tmp_path / "float.h5"
    path.write_bytes(hdf5(model(layer("ELU"))))
    assert read_keras_file(path, frozenset({"ELU"})).suffix == ".h5"
    with pytest.raises(UnsupportedModel, match="'ELU'"):
        read_keras_file(path)
