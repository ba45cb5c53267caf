"""The golden runner: the same outputs in this process and in workers; errors with a way out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from support.graphs import inputs
from support.networks import joined
from tinyrob.errors import RunnerError, ToolMissing, UnsupportedModel
from tinyrob.ir.graph import Graph, Op, Quantization, Softmax, Tensor
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.run.tflm import TflmRunner, arena_bytes
from tinyrob.run.tflm_worker import interpreter


@pytest.fixture
def model(shared_models: Path) -> tuple[bytes, Graph]:
    tflite = (shared_models / "kws_ref_model.tflite").read_bytes()
    return tflite, read_tflite(tflite)


@pytest.fixture
def runner(model: tuple[bytes, Graph]) -> Iterator[TflmRunner]:
    with TflmRunner(*model, jobs=2) as tflm:
        yield tflm


def test_workers_give_the_same_outputs_in_order(runner: TflmRunner, model) -> None:
    samples = inputs(model[1], 70)
    runner.patience_seconds = 1e9
    alone = runner.run(samples).outputs
    runner.patience_seconds = 0.0
    seen: list[int] = []
    shared = runner.run(samples, seen.append)
    assert len(runner._workers) == 2
    np.testing.assert_array_equal(shared.outputs, alone)
    assert sum(seen) == 70
    assert shared.instructions is None
    np.testing.assert_array_equal(runner.run(samples[::-1]).outputs, alone[::-1])


def test_outputs_are_those_of_the_interpreter_itself(runner: TflmRunner, model) -> None:
    tflite, graph = model
    samples = inputs(graph, 5)
    golden = interpreter(tflite, arena_bytes(graph))
    for one, got in zip(samples, runner.run(samples).outputs, strict=True):
        golden.set_input(one[None], 0)
        golden.invoke()
        np.testing.assert_array_equal(golden.get_output(0)[0], got)


def test_layers_end_with_the_output(runner: TflmRunner, model) -> None:
    one = inputs(model[1], 3)[2]
    layers = runner.layers(one)
    assert list(layers) == [model[1].layer_name(op) for op in model[1].ops]
    np.testing.assert_array_equal(list(layers.values())[-1], runner.run(one[None]).outputs[0])


def test_no_inputs_give_no_outputs(runner: TflmRunner, model) -> None:
    assert runner.run(inputs(model[1], 2)[:0]).outputs.shape == (0, 12)


def test_a_worker_that_dies_is_an_error(runner: TflmRunner, model) -> None:
    runner.patience_seconds = 0.0
    samples = inputs(model[1], 70)
    runner.run(samples)
    processes = [w._process for w in runner._workers]
    processes[0].kill()
    with pytest.raises(RunnerError, match="worker ended with status -9"):
        runner.run(samples)
    assert all(p.poll() is not None for p in processes)
    runner.run(samples)  # and the runner can be used again


def test_an_interrupt_ends_the_workers(runner: TflmRunner, model) -> None:
    def interrupt(done: int) -> None:
        raise KeyboardInterrupt

    runner.patience_seconds = 0.0
    samples = inputs(model[1], 70)
    runner.run(samples)
    processes = [w._process for w in runner._workers]
    with pytest.raises(KeyboardInterrupt):
        runner._share(samples, np.empty((70, 12), np.int8), interrupt)
    assert all(p.poll() is not None for p in processes)


def test_what_a_worker_says_is_in_the_message(runner: TflmRunner, model) -> None:
    runner.patience_seconds = 0.0
    runner._arena = 20_000
    with pytest.raises(RunnerError, match="TFLM failed to allocate tensors"):
        runner.run(inputs(model[1], 70))


def test_workers_end_with_the_runner(model) -> None:
    with TflmRunner(*model, jobs=2) as tflm:
        tflm.patience_seconds = 0.0
        tflm.run(inputs(model[1], 70))
        processes = [w._process for w in tflm._workers]
    assert all(p.poll() is not None for p in processes)


def test_a_model_that_tflite_micro_refuses(
    monkeypatch: pytest.MonkeyPatch, model, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tinyrob.run.tflm.arena_bytes", lambda graph: 20_000)
    with pytest.raises(RunnerError, match="TFLite Micro refuses the model"):
        TflmRunner(*model)
    capfd.readouterr()


def test_more_tensors_than_tflite_micro_joins_are_its_limit() -> None:
    """The limit is TFLite Micro's own: it runs 10 and refuses 11."""
    with TflmRunner(write_tflite(joined(10)), joined(10)) as tflm:
        tflm.run(inputs(joined(10), 2))
    with pytest.raises(RuntimeError, match="failed to allocate tensors"):
        interpreter(write_tflite(joined(11)), arena_bytes(joined(11)))
    with pytest.raises(UnsupportedModel, match=r"joins at most 10 tensors.*makes 'y'.* joins 11"):
        TflmRunner(write_tflite(joined(11)), joined(11))


def test_inputs_that_end_tflite_micro_are_an_error_and_end_nothing_else() -> None:
    """It asserts that a softmax's terms add up to less than 512."""
    grids = Quantization((0.125,), (0,)), Quantization((1 / 256,), (-128,))
    tensors = tuple(Tensor(name, (1, 600), "int8", g) for name, g in zip("xy", grids, strict=True))
    graph = Graph(tensors, (Op(Softmax(), (0,), (1,)),), (0,), (1,))
    drawn = np.random.default_rng(0).integers(-128, 128, (3, 600)).astype(np.int8)
    equal = np.zeros((1, 600), np.int8)
    with TflmRunner(write_tflite(graph), graph) as tflm:
        for samples in (equal, np.concatenate([drawn, equal])):
            with pytest.raises(RunnerError, match="worker ended with status -6") as told:
                tflm.run(samples)
            assert "add up to 512" in str(told.value.hint)
        with pytest.raises(RunnerError, match="worker ended"):
            tflm.layers(equal[0])
        np.testing.assert_array_equal(tflm.run(drawn).outputs, interpret(graph, drawn))
        np.testing.assert_array_equal(tflm.layers(drawn[0])["y"], interpret(graph, drawn)[0])
    assert interpret(graph, equal).max() == -128


def test_without_tflite_micro(monkeypatch: pytest.MonkeyPatch, model) -> None:
    monkeypatch.setitem(sys.modules, "tflite_micro.python.tflite_micro", None)
    with pytest.raises(ToolMissing, match="not installed") as error:
        TflmRunner(*model)
    assert str(error.value.hint).endswith('[check]"')


@pytest.mark.parametrize("broken", ["dtype", "shape"])
def test_other_inputs_are_refused(runner: TflmRunner, model, broken: str) -> None:
    samples = inputs(model[1], 2)
    wrong = samples.astype(np.int16) if broken == "dtype" else samples[..., 0]
    with pytest.raises(RunnerError, match=r"takes int8 inputs \(N, 49, 10, 1\)"):
        runner.run(wrong)
    with pytest.raises(RunnerError, match="takes int8 inputs"):
        runner.layers(wrong[0])
