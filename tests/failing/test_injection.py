"""Names that are code in another language are refused by name, or stay names, through every verb.

Each file goes through the command line as a user would send it, in a folder where what it would
run leaves a file called ``pwned…``.
"""

from __future__ import annotations

import dataclasses
import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from support import fpga_networks as networks
from support.firmware import need
from support.surgery import small_network
from tinyrob import cli
from tinyrob.files.archive import read_zip
from tinyrob.frozen.io import _digest, frozen_bytes
from tinyrob.frozen.model import FrozenModel
from tinyrob.ir.tflite_write import write_tflite

OUT = "o $(touch pwned1) `touch pwned2`;touch pwned3;'#[x]"
ESCAPE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


class Said(NamedTuple):
    """What a verb said."""

    out: str
    err: str


Tinyrob = Callable[..., Said]

PRINTABLE = (
    "$(touch pwned)", "`touch pwned`", "[exec touch pwned]", 'x"; touch pwned; "', "../../pwned",
    "x'); $system('touch pwned'); //", "[bold red]x[/bold red][/]", '{{ 7 * 7 }}"}],"pwned":[',
    "*/ int pwned; /*", "</script><script>pwned()</script>", "x;touch pwned;#",
    "${X} $ENV{X} %s \\",
)  # fmt: skip
"""Names of one line without a control character: those that a frozen model may have."""

VERBS = (
    ("inspect",), ("build", "--target", "mps2_an386"), ("export-tflite", "-o", "x.tflite"),
    ("export-hls",), ("export-rtl",),
)  # fmt: skip


@pytest.fixture
def tinyrob(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Tinyrob:
    """Runs a verb in a folder of its own, where nothing is written by a name, ever."""
    here = tmp_path / "a" / "here"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.setenv("COLUMNS", "400")

    def run(*arguments: str, status: int = 0) -> Said:
        try:
            cli.main(arguments)
            code: object = 0
        except SystemExit as stop:
            code = stop.code
        said = Said(*capfd.readouterr())
        assert code == status, said
        assert not ESCAPE.search(said.out + said.err), said
        assert not [*tmp_path.rglob("pwned*")]
        return said

    return run


def sealed(data: bytes, change: Callable[[bytes], bytes] = bytes) -> bytes:
    """A frozen model with its digest made anew, as whoever means harm makes it."""
    members = read_zip(data)
    members.pop("sha256", None)
    members["spec.json"] = change(members["spec.json"])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in {**members, "sha256": _digest(members).encode()}.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def in_run(data: bytes, folder: Path) -> str:
    """The frozen model of a training run's folder."""
    folder.mkdir()
    (folder / "frozen.npz").write_bytes(data)
    return str(folder)


def text_files(folder: Path) -> Sequence[Path]:
    return [p for p in folder.rglob("*") if p.suffix in (".c", ".h", ".json", ".tcl", ".v", ".txt")]


def test_each_sample_has_its_test(failing: Path) -> None:
    assert sorted(path.name for path in (failing / "injection").iterdir()) == [
        "ansi_names.tflite", "keras_write_file.h5", "make_injection.tflite",
        "run_make_frozen.npz", "run_vlog_node_frozen.npz",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["ansi_names", "make_injection"])
def test_a_tflite_with_such_names_is_built_and_is_exact(
    failing: Path, name: str, tinyrob: Tinyrob
) -> None:
    built_and_exact(str(failing / "injection" / f"{name}.tflite"), tinyrob)


def built_and_exact(model: str, tinyrob: Tinyrob) -> None:
    """Through each verb that takes a .tflite, into a folder whose name is as bad."""
    need("make", "cc", "arm-none-eabi-gcc")
    tinyrob("inspect", model)
    assert json.loads(tinyrob("inspect", model, "--json").out)["operators"]
    tinyrob("build", model, "--target", "mps2_an386", "--out", OUT)
    told = json.loads(tinyrob("validate", OUT, "--on", "tflm,host", "--json").out)
    assert told["exact"] is True
    tinyrob("report", OUT)


def test_a_tflite_of_ours_with_printable_names_is_built_and_is_exact(tinyrob: Tinyrob) -> None:
    graph = small_network()
    tensors = tuple(
        dataclasses.replace(tensor, name=f"{PRINTABLE[i % len(PRINTABLE)]}{i}")
        for i, tensor in enumerate(graph.tensors)
    )
    path = Path("$(touch pwned) [bold]`touch pwned`.tflite")
    path.write_bytes(write_tflite(dataclasses.replace(graph, tensors=tensors, name=PRINTABLE[0])))
    path.chmod(0o444)
    built_and_exact(path.name, tinyrob)
    assert "[bold]" in tinyrob("inspect", path.name).out


@pytest.mark.parametrize("name", ["run_make", "run_vlog_node"])
def test_a_frozen_model_with_such_names_is_refused_by_name(
    failing: Path,
    name: str,
    tinyrob: Tinyrob,
) -> None:
    data = (failing / "injection" / f"{name}_frozen.npz").read_bytes()
    as_it_is = in_run(data, Path("as-it-is"))
    assert "its digest does not match" in tinyrob("inspect", as_it_is, status=1).err
    run = in_run(sealed(data), Path("sealed"))
    for verb, *more in VERBS:
        assert "holds control characters" in tinyrob(verb, run, *more, status=1).err


def test_a_frozen_model_of_ours_with_printable_names_is_exported_and_exact(
    tinyrob: Tinyrob,
) -> None:
    pytest.importorskip("hls4ml")
    need("g++", "make")
    model = networks.plain()
    called = {
        node.name: PRINTABLE[i % len(PRINTABLE)] + str(i) for i, node in enumerate(model.nodes)
    }
    nodes = tuple(
        dataclasses.replace(n, name=called[n.name], inputs=tuple(called[i] for i in n.inputs))
        for n in model.nodes
    )
    run = in_run(frozen_bytes(FrozenModel(PRINTABLE[2], nodes)), Path("run"))
    tinyrob("inspect", run)
    for verb, out in (("export-hls", OUT), ("export-rtl", "rtl")):  # Verilator takes no such folder
        told = tinyrob(verb, run, "--vectors", "2", "--out", out)
        assert "exact: yes" in told.out
    for path in text_files(Path()):
        text = path.read_text()
        assert not ESCAPE.search(text), path
        if path.suffix == ".tcl":
            assert not re.search(r"\[exec touch|;touch|\$\(touch", text), path


def test_a_keras_file_that_writes_a_file_is_refused_by_its_layer(
    failing: Path, tinyrob: Tinyrob
) -> None:
    model = str(failing / "injection" / "keras_write_file.h5")
    for verb, *more in VERBS:
        assert "TFOpLambda" in tinyrob(verb, model, *more, status=1).err


def keras_archive(layer: dict[str, Any], member: str = "model.weights.h5") -> bytes:
    """A .keras file of one layer, and of a weight that it has."""
    h5py = pytest.importorskip("h5py")
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        file.create_dataset("layers/it/vars/0", data=np.ones((4, 3), np.float32))
    first = {"class_name": "InputLayer", "name": "x", "inbound_nodes": [],
             "config": {"name": "x", "batch_input_shape": [None, 4]}}  # fmt: skip
    layer = {"name": "it", "inbound_nodes": [[["x", 0, 0, {}]]], **layer}
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["it", 0, 0]]}
    config = {"name": "m", "layers": [first, layer], **ends}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("config.json", json.dumps({"class_name": "Functional", "config": config}))
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.5.0"}))
        archive.writestr(member, weights.getvalue())
    return buffer.getvalue()


WRITES = {"function": "io.write_file", "name": "it"}
LAYERS: dict[str, tuple[dict[str, Any], str]] = {
    "an operator": ({"class_name": "TFOpLambda", "config": WRITES}, "TFOpLambda"),
    "a slice": ({"class_name": "SlicingOpLambda", "config": WRITES}, "SlicingOpLambda"),
    "a lambda": (
        {"class_name": "Lambda", "config": {"name": "it", "function": {
            "class_name": "__lambda__", "config": {"code": "4wEAAAAAAAAA"}}}}, "Lambda"),
    "a module": ({"class_name": "system", "module": "os", "config": {"name": "it"}}, "system"),
    "a function": (
        {"class_name": "Activation", "config": {"name": "it", "activation": {
            "class_name": "function", "config": "system", "module": "os"}}}, "it"),
    "a registered class": (
        {"class_name": "Mine", "registered_name": "pwned>Mine", "config": {"name": "it"}}, "Mine"),
}  # fmt: skip


@pytest.mark.parametrize("what", LAYERS)
def test_an_archive_of_keras_that_would_run_code_is_refused_by_its_layer(
    what: str, tinyrob: Tinyrob
) -> None:
    layer, word = LAYERS[what]
    Path("it.keras").write_bytes(keras_archive(layer))
    assert word in tinyrob("inspect", "it.keras", status=1).err


@pytest.mark.parametrize("member", ["../pwned.h5", "/tmp/pwned.h5", "..\\pwned.h5"])
def test_an_archive_of_keras_writes_nothing_beside_it(member: str, tinyrob: Tinyrob) -> None:
    dense = {"class_name": "Dense", "config": {"name": "it", "units": 3}}
    Path("it.keras").write_bytes(keras_archive(dense, member))
    tinyrob("inspect", "it.keras", status=1)
    assert not Path("/tmp/pwned.h5").exists()


@pytest.mark.parametrize(
    "name",
    ["../pwned", "/tmp/pwned", "..", "pwned/x", "$(touch pwned)", "[bold]x[/]", "-f", "a\\nb"],
)
def test_a_recipe_cannot_name_a_folder_elsewhere(name: str, tinyrob: Tinyrob) -> None:
    Path("it.toml").write_text(f'name = "{name}"\ndataset = "digits"\n')
    told = tinyrob("train", "it.toml", status=1).err
    assert "name" in told
    assert [str(path) for path in Path().iterdir()] == ["it.toml"]
