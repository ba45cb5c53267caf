"""Generated C against TFLite Micro: the same bits, for networks that hypothesis draws."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from support.graphs import INT16, KINDS, graphs, inputs
from support.native import HOST_ISAS, Native
from support.networks import joined
from tinyrob.emit.c import CModel, emit_model
from tinyrob.ir.graph import Graph
from tinyrob.ir.interp import interpret
from tinyrob.ir.rules import check_graph
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.run.tflm import TflmRunner

pytest.importorskip("tflite_micro")

MLPERF = (
    "ad01_int8", "kws_ref_model", "pretrainedResnet_large_int8", "pretrainedResnet_quant",
    "str_ww_ref_model", "vww_96_int8",
)  # fmt: skip


def emitted(graph: Graph, isa: str) -> CModel:
    return emit_model(graph, isa, hashlib.sha256(b"").digest())


def assert_same(drawn: list[Graph], isa: str) -> None:
    """Outputs and every layer, bit for bit."""
    native = Native([emitted(graph, isa) for graph in drawn])
    for index, graph in enumerate(drawn):
        samples = inputs(graph, 6)
        with TflmRunner(write_tflite(graph), graph, jobs=1) as tflm:
            expected = as_bytes(tflm.run(samples).outputs)
            tensors = {name: as_bytes(t) for name, t in tflm.layers(samples[2]).items()}
        np.testing.assert_array_equal(native.run(index, samples).reshape(-1), expected)
        for name, values in native.layers(index, samples[2], tensors).items():
            np.testing.assert_array_equal(values, tensors[name], err_msg=name)


def as_bytes(array: NDArray[np.generic]) -> NDArray[np.int8]:
    """Flat."""
    return np.ascontiguousarray(array).reshape(-1).view(np.int8)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=3)
@given(data=st.data())
def test_each_operator_equals_tflite_micro(kind: str, data: st.DataObject) -> None:
    assert_same(data.draw(st.lists(graphs((kind,)), min_size=8, max_size=8)), "portable")


@settings(max_examples=3)
@given(drawn=st.tuples(*(graphs((kind,), dtype="int16") for kind in INT16)))
def test_each_operator_of_int16_equals_tflite_micro(drawn: tuple[Graph, ...]) -> None:
    assert_same(list(drawn), "portable")


@pytest.mark.parametrize("isa", ["portable", "dsp"])
@settings(max_examples=3)
@given(drawn=st.lists(graphs(INT16, min_ops=2, max_ops=9, dtype="int16"), min_size=8, max_size=8))
def test_networks_of_int16_equal_tflite_micro(isa: str, drawn: list[Graph]) -> None:
    assert_same(drawn, isa)


@pytest.mark.parametrize("isa", ["portable", "dsp"])
@settings(max_examples=6)
@given(drawn=st.lists(graphs(min_ops=2, max_ops=9), min_size=8, max_size=8))
def test_networks_equal_tflite_micro(isa: str, drawn: list[Graph]) -> None:
    assert_same(drawn, isa)


@pytest.mark.parametrize("isa", HOST_ISAS)
def test_any_number_of_tensors_is_joined(isa: str) -> None:
    """TFLite Micro joins 10 at most: beyond, the interpreter in Python is what C must equal."""
    drawn = [joined(count) for count in (2, 10, 11, 64)]
    for graph in drawn:
        check_graph(graph)
    native = Native([emitted(graph, isa) for graph in drawn])
    for index, graph in enumerate(drawn):
        samples = inputs(graph, 20)
        expected = interpret(graph, samples).reshape(len(samples), -1)
        np.testing.assert_array_equal(native.run(index, samples), expected)
    assert_same(drawn[:2], isa)


@pytest.mark.parametrize("isa", ["portable", "dsp"])
@pytest.mark.parametrize("name", MLPERF)
def test_the_mlperf_models_equal_tflite_micro(shared_models: Path, name: str, isa: str) -> None:
    data = (shared_models / f"{name}.tflite").read_bytes()
    graph = read_tflite(data, name)
    native = Native([emitted(graph, isa)])
    samples = inputs(graph, 6)
    with TflmRunner(data, graph, jobs=1) as tflm:
        expected = tflm.run(samples).outputs.reshape(len(samples), -1)
        tensors = tflm.layers(samples[3])
    np.testing.assert_array_equal(native.run(0, samples), expected)
    seen = native.layers(0, samples[3], tensors)
    assert len(seen) == len(native.models[0].layers)
    for layer, values in seen.items():
        np.testing.assert_array_equal(values, tensors[layer].reshape(-1), err_msg=layer)
