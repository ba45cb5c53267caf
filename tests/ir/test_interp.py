"""The interpreter equals TFLite Micro on every tensor: each operator, networks, real models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.graphs import INT16, KINDS, graphs, inputs
from tinyrob.ir import graph as ir
from tinyrob.ir import interp
from tinyrob.ir.rules import check_graph
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.run.tflm import TflmRunner

MODELS = ("pretrainedResnet_quant.tflite", "kws_ref_model.tflite")


def assert_equal_everywhere(graph: ir.Graph, tflite: bytes, samples: np.ndarray) -> None:
    """Outputs of all samples, and every tensor of the last one."""
    with TflmRunner(tflite, graph, jobs=1) as tflm:
        np.testing.assert_array_equal(interp.interpret(graph, samples), tflm.run(samples).outputs)
        got, expected = interp.trace(graph, samples[-1]), tflm.layers(samples[-1])
    made = [
        (op, graph.tensors[i].name)
        for op in graph.ops
        for i in op.outputs
        if graph.tensors[i].dtype != "float32"
    ]
    assert list(got) == list(expected) == [name for _, name in made]
    for op, name in made:
        np.testing.assert_array_equal(got[name], expected[name], err_msg=f"{op.kind} {name}")


@pytest.mark.parametrize("kind", KINDS)
def test_each_operator_equals_tflite_micro(kind: str) -> None:
    @settings(max_examples=25)
    @given(graphs(kinds=(kind,)), st.integers(0, 2**16))
    def check(graph: ir.Graph, seed: int) -> None:
        assert_equal_everywhere(graph, write_tflite(graph), inputs(graph, 6, seed))

    check()


@pytest.mark.parametrize("kind", INT16)
def test_each_operator_of_int16_equals_tflite_micro(kind: str) -> None:
    @settings(max_examples=10)
    @given(graphs(kinds=(kind,), dtype="int16"), st.integers(0, 2**16))
    def check(graph: ir.Graph, seed: int) -> None:
        check_graph(graph)
        assert_equal_everywhere(graph, write_tflite(graph), inputs(graph, 8, seed))

    check()


@settings(max_examples=20)
@given(graphs(INT16, min_ops=2, max_ops=8, dtype="int16"), st.integers(0, 2**16))
def test_networks_of_int16_equal_tflite_micro(graph: ir.Graph, seed: int) -> None:
    assert_equal_everywhere(graph, write_tflite(graph), inputs(graph, 4, seed))


@settings(max_examples=60)
@given(graphs(min_ops=2, max_ops=8), st.integers(0, 2**16))
def test_networks_equal_tflite_micro_on_every_tensor(graph: ir.Graph, seed: int) -> None:
    assert_equal_everywhere(graph, write_tflite(graph), inputs(graph, 4, seed))


@pytest.mark.parametrize("name", MODELS)
def test_reference_models_equal_tflite_micro_on_every_tensor(
    shared_models: Path, name: str
) -> None:
    tflite = (shared_models / name).read_bytes()
    graph = read_tflite(tflite)
    samples = inputs(graph, 12)
    assert_equal_everywhere(graph, tflite, samples)
    for one in samples[:3]:
        assert_equal_everywhere(graph, tflite, one[None])


def test_a_10x4_kernel_with_stride_2_as_in_keyword_spotting() -> None:
    rng = np.random.default_rng(3)
    grid = ir.Quantization((0.5,), (83,))
    kernel = rng.integers(-127, 128, (7, 10, 4, 1)).astype(np.int8)
    scales = tuple(float(np.float32(s)) for s in rng.uniform(0.001, 0.01, 7))
    tensors = (
        ir.Tensor("x", (1, 49, 10, 1), "int8", grid),
        ir.Tensor("k", kernel.shape, "int8", ir.Quantization(scales, (0,) * 7), kernel),
        ir.Tensor("y", (1, 25, 5, 7), "int8", ir.Quantization((0.25,), (-128,))),
    )
    attributes = ir.Conv2D((2, 2), "SAME", activation=ir.Activation.RELU)
    graph = ir.Graph(tensors, (ir.Op(attributes, (0, 1), (2,)),), (0,), (2,))
    assert_equal_everywhere(graph, write_tflite(graph), inputs(graph, 20))


@given(graphs(max_ops=3))
@settings(max_examples=10)
def test_a_batch_is_its_samples(graph: ir.Graph) -> None:
    samples = inputs(graph, 5)
    together = interp.interpret(graph, samples)
    alone = [interp.interpret(graph, one[None])[0] for one in samples]
    np.testing.assert_array_equal(together, np.stack(alone))


def test_long_batches_are_cut(monkeypatch: pytest.MonkeyPatch, shared_models: Path) -> None:
    graph = read_tflite((shared_models / MODELS[1]).read_bytes())
    samples = inputs(graph, 7)
    whole = interp.interpret(graph, samples)
    monkeypatch.setattr(interp, "_BATCH_BYTES", 17000)
    np.testing.assert_array_equal(interp.interpret(graph, samples), whole)


def test_no_inputs_give_no_outputs(shared_models: Path) -> None:
    graph = read_tflite((shared_models / MODELS[1]).read_bytes())
    assert interp.interpret(graph, inputs(graph, 2)[:0]).shape == (0, 12)


@pytest.mark.parametrize("broken", ["dtype", "shape"])
def test_other_inputs_are_refused(broken: str, shared_models: Path) -> None:
    graph = read_tflite((shared_models / MODELS[1]).read_bytes())
    samples = inputs(graph, 2)
    wrong = samples.astype(np.uint8) if broken == "dtype" else samples[:, 1:]
    with pytest.raises(ValueError, match="not int8"):
        interp.interpret(graph, wrong)
    with pytest.raises(ValueError, match="not int8"):
        interp.trace(graph, wrong[0])


@pytest.mark.parametrize(
    ("source", "output"),
    [
        (0.041369181126356125, 0.09772241860628128),
        (0.056105852127075195, 0.11737404763698578),
        (0.01834084838628769, 0.06914309412240982),
    ],
)
def test_a_reciprocal_root_has_its_factor_in_double(source: float, output: float) -> None:
    """Scales at which a factor in float32 gives another value."""
    grids = (ir.Quantization((source,), (-128,)), ir.Quantization((output,), (0,)))
    tensors = tuple(
        ir.Tensor(name, (1, 256), "int8", grid) for name, grid in zip("xy", grids, strict=True)
    )
    graph = ir.Graph(tensors, (ir.Op(ir.Rsqrt(), (0,), (1,)),), (0,), (1,))
    every = np.arange(-128, 128, dtype=np.int8)[None]
    assert_equal_everywhere(graph, write_tflite(graph), every)


def test_a_softmax_of_a_thousand_classes_equals_tflite_micro() -> None:
    """It is up to 511 that may all be alike: TFLite Micro stops beyond."""
    grid = ir.Quantization((0.125,), (-31,))
    tensors = (
        ir.Tensor("x", (1, 1000), "int8", grid),
        ir.Tensor("y", (1, 1000), "int8", ir.Quantization((1 / 256,), (-128,))),
    )
    graph = ir.Graph(tensors, (ir.Op(ir.Softmax(1.0), (0,), (1,)),), (0,), (1,))
    dice = np.random.default_rng(0)
    alike = np.where(np.arange(1000) < np.array([[100], [500], [511]]), 7, -128)
    samples = np.concatenate([alike, dice.integers(-128, 128, (10, 1000))]).astype(np.int8)
    assert_equal_everywhere(graph, write_tflite(graph), samples)
