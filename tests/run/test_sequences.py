"""Sequences of inputs through ``run`` and ``validate``: each begins from the first state."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from support.native import compiler
from support.on_host import host_folder
from support.recurrent import streaming
from support.surgery import small_file
from tinyrob.cli import group
from tinyrob.errors import DataError
from tinyrob.ir.graph import Graph
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.pipeline import Build
from tinyrob.project.build_folder import BuildFolder
from tinyrob.project.manifest import Signature
from tinyrob.validate import ask

GRAPH = streaming(lambda n: np.arange(n) * 3 - 40)
INPUTS = np.random.default_rng(3).integers(-128, 128, (12, 1, 3)).astype(np.int8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> BuildFolder:
    compiler()
    return built(GRAPH, write_tflite(GRAPH), tmp_path_factory.mktemp("sequences") / "build")


def built(graph: Graph, data: bytes, out: Path) -> BuildFolder:
    """A build folder for the host, whose manifest says what goes in and out."""
    folder = host_folder(graph, data, out)
    given, made = (graph.tensors[i[0]] for i in (graph.inputs, graph.outputs))
    signatures = [
        Signature(t.sample_shape, t.quantization.scale, t.quantization.zero_point)
        for t in (given, made)
        if t.quantization is not None
    ]
    manifest = replace(folder.manifest, input=signatures[0], output=signatures[1])
    return replace(folder, manifest=manifest)


def apart(steps: int) -> np.ndarray:
    parts = [interpret(GRAPH, INPUTS[i : i + steps]) for i in range(0, len(INPUTS), steps)]
    return np.concatenate(parts)


@pytest.mark.parametrize("runner", ["host", "tflm"])
def test_each_sequence_begins_afresh(folder: BuildFolder, runner: str) -> None:
    whole = ask.run(folder, INPUTS, runner)
    np.testing.assert_array_equal(whole.outputs, interpret(GRAPH, INPUTS))
    found = ask.run(folder, INPUTS, runner, sequence=4)
    np.testing.assert_array_equal(found.outputs, apart(4))
    assert (found.outputs != whole.outputs).any()
    assert found.source == "inputs, in 3 sequences"
    again = ask.run(folder, INPUTS.reshape(3, 4, 1, 3), runner, sequence=4)
    np.testing.assert_array_equal(again.outputs, found.outputs)


def test_whole_sequences_are_compared_and_by_default_two(folder: BuildFolder) -> None:
    found = ask.validate(folder, "host", INPUTS, sequence=3)
    assert (found.exact, found.to_dict()["steps"], found.source) == (
        True, 3, "inputs, in 4 sequences",
    )  # fmt: skip
    by_default = ask.validate(folder, "host", INPUTS)
    assert (by_default.exact, by_default.steps) == (True, 6)
    random = ask.validate(folder, "host", count=7, sequence=5)
    assert (random.vectors, random.exact) == (10, True)


@pytest.mark.parametrize(
    ("given", "sequence", "message"),
    [
        (INPUTS, 5, "inputs: 12 inputs are no whole sequences of 5"),
        (INPUTS, 0, "a sequence of 0 inputs is none"),
        (INPUTS.reshape(3, 4, 1, 3), 3, "the network takes"),
    ],
    ids=["not whole", "none", "another length"],
)
def test_what_is_no_sequence_is_refused(
    folder: BuildFolder, given: np.ndarray, sequence: int, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        ask.run(folder, given, "host", sequence=sequence)


def test_a_network_without_a_state_has_none(tmp_path: Path) -> None:
    data = small_file()
    plain = built(read_tflite(data), data, tmp_path / "build")
    with pytest.raises(DataError, match="keeps no state"):
        ask.validate(plain, "host", sequence=2)


def test_the_command_line_takes_them(
    folder: BuildFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Build, "open", lambda path: Build(folder.path, folder.manifest))
    np.save(tmp_path / "x.npy", INPUTS)
    options = ["--input", str(tmp_path / "x.npy"), "--sequence", "4"]
    out = ["--output", str(tmp_path / "y.npy")]
    done = CliRunner().invoke(group, ["run", str(folder.path), "--on", "host", *options, *out])
    assert done.exit_code == 0, done.output
    assert "in 3 sequences, 12 outputs" in done.output
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), apart(4))
    told = CliRunner().invoke(group, ["validate", str(folder.path), "--on", "host", *options])
    assert told.exit_code == 0, told.output
    assert "exact: yes" in told.output
