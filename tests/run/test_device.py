"""The runners host and qemu: right, repeatable, and clear about what went wrong."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest

from support.firmware import built, copied, need, program
from tinyrob.boards.read import find_board
from tinyrob.errors import BuildError, RunnerError, ToolMissing
from tinyrob.ir.interp import interpret, trace
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.run import host, qemu
from tinyrob.run.host import HostRunner
from tinyrob.run.protocol import Patience
from tinyrob.run.qemu import QemuRunner, run_bench


def inputs(count: int) -> np.ndarray:
    shape = built().manifest.input.shape
    return np.random.default_rng(4).integers(-128, 128, (count, *shape), dtype=np.int8)


@pytest.fixture(params=["host", "sanitized host", "qemu"])
def runner(request: pytest.FixtureRequest):
    need("cc", "make")
    if request.param == "qemu":
        need("qemu-system-arm")
        return QemuRunner(built())
    return HostRunner(built(), sanitize=request.param != "host")


def test_outputs_and_every_layer_equal_the_interpreters(runner) -> None:
    graph = read_tflite(built().tflite.read_bytes())
    x = inputs(12)
    done: list[int] = []
    with runner as running:
        result = running.run(x, done.append)
        layers = running.layers(x[0])
        stats = running.stats()
    assert np.array_equal(result.outputs, interpret(graph, x))
    assert sum(done) == 12
    expected = trace(graph, x[0])
    assert list(layers) == [layer.name for layer in built().manifest.layers]
    for name, values in layers.items():
        assert np.array_equal(values, expected[name]), name
    if running.name == "qemu":
        assert 0 < stats.stack_peak < stats.stack_bytes == 4096


def test_instructions_are_counted_the_same_in_every_run() -> None:
    need("qemu-system-arm")
    x = inputs(6)
    counts = []
    for _ in range(2):
        with QemuRunner(built()) as runner:
            each = [runner.run(one[None]).instructions for one in x]
            again = [runner.run(one[None]).instructions for one in x]
            assert each == again
            assert runner.run(x).instructions == max(each)
            counts.append(each)
    assert counts[0] == counts[1]
    assert min(counts[0]) > built().manifest.macs


def test_the_host_counts_nothing() -> None:
    need("cc", "make")
    with HostRunner(built()) as runner:
        assert runner.run(inputs(1)).instructions is None


def test_inputs_of_another_shape_or_type_are_refused() -> None:
    need("cc", "make")
    with HostRunner(built()) as runner:
        with pytest.raises(
            RunnerError, match=r"takes int8 inputs \(N, 6, 6, 2\), not int8 \(N, 6\)"
        ):
            runner.run(np.zeros((1, 6), np.int8))
        with pytest.raises(RunnerError, match="not float32"):
            runner.run(inputs(1).astype(np.float32))


def test_no_qemu_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = built()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match="qemu-system-arm is not on PATH") as raised:
        QemuRunner(folder).__enter__()
    assert raised.value.hint == "apt-get install qemu-system-arm"


def fake_qemu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> QemuRunner:
    folder = built()
    program(tmp_path / "bin" / "qemu-system-arm", script)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr(QemuRunner, "greeting", Patience(0.1, 3))
    return QemuRunner(folder)


def test_a_qemu_that_dies_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = fake_qemu(tmp_path, monkeypatch, "echo 'unsupported machine type' >&2; exit 1")
    with pytest.raises(RunnerError, match="QEMU ended with status 1; it said: unsupported machine"):
        runner.__enter__()


def test_a_qemu_that_hangs_is_given_up_and_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "pid"
    script = f"echo $$ > {mark}; echo booting >&2; exec sleep 600"
    runner = fake_qemu(tmp_path, monkeypatch, script)
    started = time.monotonic()
    with pytest.raises(RunnerError, match=r"did not answer: 3 tries of 0\.1 s; it said: booting"):
        runner.__enter__()
    assert time.monotonic() - started < 30
    assert not Path(f"/proc/{mark.read_text().strip()}").exists()


def test_a_qemu_that_babbles_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = fake_qemu(tmp_path, monkeypatch, "while :; do echo babble; sleep 0.01; done")
    with pytest.raises(RunnerError, match="did not answer"):
        runner.__enter__()


def test_a_child_that_dies_in_the_middle_is_noticed_at_once() -> None:
    need("cc", "make")
    with HostRunner(built()) as runner:
        runner.run(inputs(1))
        assert runner._child is not None
        runner._child._process.kill()
        with pytest.raises(RunnerError, match="the host's firmware ended with status -9"):
            runner.run(inputs(1))


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo memory_intact 0", "the bench in QEMU ended with status 0: memory_intact 0"),
        ("echo lockup >&2; exit 70", "the bench in QEMU ended with status 70: lockup"),
        ("exec sleep 600", "ran the bench for 1 s without an end"),
    ],
)
def test_a_bench_that_fails_or_hangs_is_an_error(
    script: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = built("bench")
    fake_qemu(tmp_path, monkeypatch, script)
    monkeypatch.setattr(qemu, "BENCH_SECONDS", 1.0)
    with pytest.raises(RunnerError, match=words):
        run_bench(find_board("stm32"), folder.elf, 1)


def test_firmware_of_another_app_is_refused() -> None:
    with pytest.raises(RunnerError, match="built with --app bench"):
        QemuRunner(built("bench")).__enter__()


def test_firmware_of_another_model_is_refused(tmp_path: Path) -> None:
    need("cc", "make")
    folder = copied(tmp_path)
    source = folder.path / "model" / "small.c"
    text = source.read_text(encoding="utf-8")
    changed = re.sub(r"(small_digest\[16\] = \{\s*)0x..", r"\g<1>0x5a", text)
    assert changed != text
    source.write_text(changed, encoding="utf-8")
    with pytest.raises(RunnerError, match="holds another model"):
        HostRunner(folder).__enter__()


def test_sources_that_do_not_compile_are_quoted(tmp_path: Path) -> None:
    need("cc", "make")
    folder = copied(tmp_path)
    (folder.path / "model" / "small.c").write_text("int main(void) { return zero; }\n")
    with pytest.raises(BuildError, match=r"error: .*zero.* undeclared"):
        HostRunner(folder).__enter__()


def test_no_native_compiler_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = built()
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    def missing() -> Path:
        raise ToolMissing("ziglang is not installed", "pip install it")

    monkeypatch.setattr(host, "zig_program", missing)
    with pytest.raises(ToolMissing, match="cc is not on PATH, and ziglang is not installed"):
        HostRunner(folder).__enter__()


def test_a_runner_outside_its_block_is_a_bug() -> None:
    with pytest.raises(RuntimeError, match="with"):
        HostRunner(built()).run(inputs(1))
