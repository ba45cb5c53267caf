"""A build that takes a stream: what the folder says, and every push against the whole network."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from support.firmware import need
from support.streams import Line
from tinyrob.build.job import build
from tinyrob.cli.build import command
from tinyrob.deployable import Deployable, load_model
from tinyrob.errors import BuildError, CheckFailed, DataError, UnsupportedModel
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.pipeline import Build
from tinyrob.project.build_folder import BuildFolder, open_build
from tinyrob.validate import ask, streams


def model() -> Deployable:
    """Seven steps, of which two come with each push: a window is no whole number of pushes."""
    line = Line(31, 7, 2, 4)
    line.conv((3, 2), 6, stride=(2, 1))
    line.depthwise((2, 1))
    line.dense(3)
    graph = line.graph("seven")
    return Deployable("seven", graph, write_tflite(graph))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("arm-none-eabi-gcc", "make", "cc")
    out = tmp_path_factory.mktemp("streams") / "build"
    build(model(), "stm32", out=out, stream=0)
    return out


def test_the_folder_says_what_it_takes_and_holds_the_whole_network(folder: Path) -> None:
    manifest = open_build(folder).manifest
    stream = manifest.stream
    assert stream is not None
    assert (stream.axis, stream.shape, stream.steps, stream.window) == (0, (7, 2, 4), 2, 7)
    assert (stream.pushes, manifest.input.shape) == (4, (2, 2, 4))
    assert stream.macs > manifest.macs
    assert (folder / "window.tflite").read_bytes() == model().tflite
    assert load_model(str(folder)).stream == stream
    header = next((folder / "model").glob("seven.h")).read_text()
    for said in ("SEVEN_STEPS 2", "SEVEN_WINDOW 7", "int32_t seven_push(void *arena, const int8_t"):
        assert said in header


def test_every_push_equals_the_whole_network_on_the_host(folder: Path) -> None:
    found = Build.open(folder).validate(["host"])
    assert found.windows is not None
    assert (found.exact, found.windows.compared, found.windows.mismatches) == (
        True, found.vectors, 0,
    )  # fmt: skip
    assert found.to_dict()["windows"]["max_lsb"] == 0


def test_whole_windows_become_pushes_and_labels_are_of_the_last(folder: Path) -> None:
    network = model().graph
    x = np.random.default_rng(2).integers(-128, 128, (5, 7, 2, 4)).astype(np.int8)
    expected = interpret(network, x)
    labels = expected.argmax(axis=1)
    found = Build.open(folder).run(x, labels=labels)
    assert found.outputs.shape == (20, 3)
    np.testing.assert_array_equal(found.outputs[3::4], expected)
    assert found.accuracy == 1.0
    validated = Build.open(folder).validate(["host"], x, labels=labels)
    assert (validated.steps, validated.runners["host"].accuracy) == (4, 1.0)
    wrong = Build.open(folder).run(x, labels=(labels + 1) % 3)
    assert wrong.accuracy == 0.0


def test_windows_have_no_sequences_of_their_own(folder: Path) -> None:
    with pytest.raises(DataError, match="whole windows are sequences already"):
        Build.open(folder).run(np.zeros((2, 7, 2, 4), np.int8), sequence=2)
    with pytest.raises(DataError, match="the network takes"):
        Build.open(folder).run(np.zeros((2, 5, 2, 4), np.int8))


def test_another_whole_network_fails_the_check(folder: Path, tmp_path: Path) -> None:
    """Not the stream of this one: what validate compares with is really asked."""
    copied = Path(shutil.copytree(folder, tmp_path / "copied"))
    manifest = open_build(copied).manifest
    graph = read_tflite((copied / "window.tflite").read_bytes())
    weights = next(
        i for i, t in enumerate(graph.tensors) if t.data is not None and t.data.ndim == 4
    )
    data = -graph.constant(weights)
    tensors = list(graph.tensors)
    tensors[weights] = dataclasses.replace(tensors[weights], data=data)
    (copied / "window.tflite").write_bytes(
        write_tflite(dataclasses.replace(graph, tensors=tuple(tensors)))
    )
    found = ask.validate(BuildFolder(copied, manifest), ["host"])
    assert found.windows is not None
    assert found.windows.mismatches > 0
    assert not found.exact
    with pytest.raises(CheckFailed, match="are not the whole network's"):
        found.check()


def test_pushes_and_windows_go_there_and_back() -> None:
    stream = streams.Streaming(1, (3, 7), 2, (None,), 0, {})
    windows = np.arange(2 * 21, dtype=np.int8).reshape(2, 3, 7)
    pushes = streams.pushed(windows, stream, np.int8(-9))
    assert pushes.shape == (8, 3, 2)
    back = streams.windows_of(pushes, stream, 4, np.int8(-9))
    np.testing.assert_array_equal(back[3::4], windows)
    assert (back[0, :, :5] == -9).all()


def test_a_manifest_whose_stream_does_not_go_together_is_damaged(
    folder: Path, tmp_path: Path
) -> None:
    copied = Path(shutil.copytree(folder, tmp_path / "copied"))
    raw = json.loads((copied / "manifest.json").read_text())
    for change in ({"steps": 9}, {"axis": 4}, {"steps": "two"}):
        (copied / "manifest.json").write_text(
            json.dumps({**raw, "stream": {**raw["stream"], **change}})
        )
        with pytest.raises(DataError, match="damaged"):
            open_build(copied)
    (copied / "manifest.json").write_text(json.dumps(raw))
    (copied / "window.tflite").unlink()
    with pytest.raises(DataError, match=r"window\.tflite is missing"):
        open_build(copied)


def test_a_stream_is_not_made_of_a_stream(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="takes a stream along axis 0 already"):
        build(load_model(str(folder)), "stm32", out=tmp_path / "again", stream=0)


def test_what_cannot_stream_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    line = Line(32, 9, 3, 2)
    for _ in range(2):
        line.conv((3, 3), 2, padding="SAME")
    line.dense(2)
    file, out = tmp_path / "padded.tflite", tmp_path / "build"
    file.write_bytes(write_tflite(line.graph()))
    with pytest.raises(UnsupportedModel, match=r"padded cannot take a stream: 2 things"):
        build(load_model(str(file)), "stm32", out=out, stream=0)
    done = CliRunner().invoke(
        command, [str(file), "--target", "stm32", "--out", str(out), "--stream", "5"]
    )
    assert isinstance(done.exception, UnsupportedModel)
    assert "has no axis 5" in str(done.exception)
    assert not out.exists()
