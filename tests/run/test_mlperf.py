"""The app mlperf in QEMU: every command of the MLPerf Tiny runner, right and wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from support.firmware import need, small
from support.mlperf import Runner
from tinyrob.boards.read import find_board
from tinyrob.build.job import build
from tinyrob.deployable import Deployable, load_model
from tinyrob.emit.mlperf import mlperf_of
from tinyrob.errors import RunnerError, UnsupportedModel
from tinyrob.ir.interp import interpret
from tinyrob.project.build_folder import BuildFolder, open_build
from tinyrob.run.child import Child
from tinyrob.run.qemu import check_app, qemu_command


def started(folder: BuildFolder) -> Child:
    return Child("QEMU", qemu_command(find_board(folder.manifest.board), folder.elf))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> BuildFolder:
    need("arm-none-eabi-gcc", "make", "qemu-system-arm")
    out = tmp_path_factory.mktemp("mlperf") / "build"
    build(small(), "stm32", "mlperf", out=out)
    return open_build(out)


@pytest.fixture
def runner(folder: BuildFolder) -> Iterator[Runner]:
    child = started(folder)
    try:
        made = Runner(child.link)
        said = made.ready()
        assert said[0] == "m-timestamp-mode-performance"
        assert said[1].startswith("m-lap-us-")
        assert said[2:] == ["m-init-done"]
        yield made
    finally:
        child.stop()


def real(model: Deployable, x: np.ndarray) -> np.ndarray:
    output = model.graph.tensors[model.graph.outputs[0]]
    assert output.quantization is not None
    q = interpret(model.graph, x).reshape(len(x), -1).astype(np.int64)
    return output.quantization.scale * (q - output.quantization.zero_point)


def test_inferences_give_the_interpreters_results_however_often(runner: Runner) -> None:
    model = small()
    shape = model.graph.tensors[model.graph.inputs[0]].shape[1:]
    x = np.random.default_rng(1).integers(-128, 128, (3, *shape), dtype=np.int8)
    for one, expected in zip(x, real(model, x), strict=True):
        assert runner.load(one.tobytes()) == ["m-load-done"]
        for count, warmups in ((1, 0), (4, 2)):
            results, lap = runner.infer(count, warmups)
            # Three decimals: half of the last one, and the rounding of the step.
            assert np.abs(np.array(results) - expected).max() <= 0.000501
            assert lap > 0
    assert runner.ask("results") == [f"m-results-[{','.join(f'{v:.3f}' for v in results)}]"]


def test_lap_times_are_those_of_the_inferences(runner: Runner, folder: BuildFolder) -> None:
    runner.load(bytes(folder.manifest.input.bytes))
    _, one = runner.infer(10, 0)
    _, many = runner.infer(60, 1)
    assert abs(one - many) <= max(2, one // 20)


def test_names_and_the_buffer(runner: Runner, folder: BuildFolder) -> None:
    assert runner.ask("name") == ["m-name-dut-[tinyrob]"]
    assert runner.ask("profile") == [
        "m-profile-[ULPMark for tinyML Firmware V0.0.1]",
        "m-model-[tinyrob]",
    ]
    assert len(runner.ask("help")) == 3
    (stamp,) = runner.ask("timestamp")
    assert stamp.startswith("m-lap-us-")
    data = bytes(range(folder.manifest.input.bytes))
    runner.load(data)
    lines = runner.ask("db print")
    shown = "".join(line.removeprefix("m-buffer-").replace("-", "") for line in lines)
    assert bytes.fromhex(shown) == data
    assert lines[0] == "m-buffer-00-01-02-03-04-05-06-07"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("infer 0", "e-[Inference iterations must be >0]"),
        ("infer x", "e-[Inference iterations must be >0]"),
        ("infer 1 -1", "e-[Inference warmup must be >=0]"),
        ("db", "e-[Command 'db' requires a subcommand]"),
        ("db load", "e-[Command 'db load' requires the # of bytes]"),
        ("db load 9999999999", "e-[The model takes 72 bytes]"),
        ("db load 71", "e-[The model takes 72 bytes]"),
        ("db 00", "e-[More bytes than 'db load' has announced]"),
        ("db 0", "e-[Insufficent number of hex digits]"),
        ("db 0g", "e-[Invalid hex digit]"),
        ("dance", "e-[Unknown command: dance]"),
        ("", "e-[Unknown command: ]"),
        ("  name", "m-name-dut-[tinyrob]"),
        ("x" * 200, f"e-[Unknown command: {'x' * 80}]"),
    ],
)
def test_mistakes_are_answered(runner: Runner, command: str, answer: str) -> None:
    assert runner.ask(command) == [answer]


def test_line_ends_between_commands_are_nothing(runner: Runner) -> None:
    assert runner.ask("\r\nname") == ["m-name-dut-[tinyrob]"]


@pytest.mark.slow
def test_the_image_benchmark_takes_pixels(shared_models: Path, tmp_path: Path) -> None:
    need("arm-none-eabi-gcc", "make", "qemu-system-arm")
    model = load_model(str(shared_models / "pretrainedResnet_quant.tflite"))
    build(model, "stm32", "mlperf", out=tmp_path / "b")
    pixels = np.random.default_rng(2).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    expected = real(model, (pixels.astype(np.int16) - 128).astype(np.int8)[None])[0]
    child = started(open_build(tmp_path / "b"))
    try:
        runner = Runner(child.link)
        runner.ready()
        assert runner.ask("profile")[1] == "m-model-[ic01]"
        runner.load(pixels.tobytes())
        results, _ = runner.infer(1, 0)
    finally:
        child.stop()
    assert np.abs(np.array(results) - expected).max() <= 0.000501


def test_benchmarks_are_known_by_their_input() -> None:
    assert mlperf_of((49, 10, 1), 1 / 256).model == "kws01"
    assert mlperf_of((49, 10, 1), 1 / 256).flip == 0
    assert mlperf_of((96, 96, 3), 1 / 256).flip == 0x80
    assert mlperf_of((8, 8, 1), 0.25).milli == 250 << 20
    for shape in ((640,), (1, 1, 640)):
        with pytest.raises(UnsupportedModel, match=r"anomaly detector \(ad01\)"):
            mlperf_of(shape, 0.1)


def test_the_framed_protocols_runners_refuse_it(folder: BuildFolder) -> None:
    with pytest.raises(RunnerError, match="was built with --app mlperf"):
        check_app(folder)
