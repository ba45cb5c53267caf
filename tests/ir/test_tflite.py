"""Reading and writing .tflite: the round trip is the identity, and the file is a good one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from support.graphs import graphs, inputs
from support.surgery import edit, schema, small_file, small_network
from tinyrob.errors import ModelFormatError
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.run.tflm import TflmRunner

MODELS = ("pretrainedResnet_quant.tflite", "kws_ref_model.tflite")
GOLDEN = Path(__file__).parent.parent / "golden" / "resnet8-graph.json"


@settings(max_examples=100)
@given(graphs(max_ops=6))
def test_reading_what_was_written_gives_the_graph(graph) -> None:
    assert read_tflite(write_tflite(graph)) == graph


@pytest.mark.parametrize("name", MODELS)
def test_reference_models_survive_the_round_trip(shared_models: Path, name: str) -> None:
    original = (shared_models / name).read_bytes()
    graph = read_tflite(original, name)
    written = write_tflite(graph)
    assert read_tflite(written) == graph
    assert graph.name == name
    samples = inputs(graph, 8)
    with TflmRunner(original, graph) as first, TflmRunner(written, graph) as second:
        expected = first.run(samples).outputs
        np.testing.assert_array_equal(second.run(samples).outputs, expected)


def test_the_resnet_is_read_as_it_is(shared_models: Path) -> None:
    graph = read_tflite((shared_models / MODELS[0]).read_bytes())
    golden = json.loads(GOLDEN.read_text())
    found = [
        {
            "op": op.kind,
            "inputs": [list(graph.tensors[i].shape) for i in op.inputs],
            "output": list(graph.tensors[op.outputs[0]].shape),
            "attributes": {k: str(v) for k, v in vars(op.attributes).items()},
        }
        for op in graph.ops
    ]
    assert found == golden
    assert graph.metadata == {"min_runtime_version": "1.5.0"}


def test_the_same_graph_gives_the_same_bytes() -> None:
    assert small_file() == write_tflite(read_tflite(small_file()))
    other = replace(small_network(), metadata=dict(reversed(small_network().metadata.items())))
    assert write_tflite(other) == small_file()


def test_name_and_metadata_are_kept() -> None:
    graph = read_tflite(small_file(), name="from the file's name")
    assert graph.name == "small"
    assert graph.metadata == {"recipe": "none", "note": "ünï"}


def test_a_foreign_file_is_called_what_the_caller_says() -> None:
    def foreign(model: schema.ModelT) -> None:
        model.description = "MLIR Converted."

    graph = read_tflite(edit(small_file(), foreign), name="kws")
    assert graph.name == "kws"
    assert read_tflite(write_tflite(graph), name="another") == graph


def test_metadata_that_is_not_text_is_left_out() -> None:
    def binary(model: schema.ModelT) -> None:
        model.buffers[model.metadata[0].buffer].data = np.frombuffer(b"\xff\x00\xfe", np.uint8)

    graph = read_tflite(edit(small_file(), binary))
    assert graph.metadata == {"recipe": "none"}
    assert read_tflite(write_tflite(graph)) == graph


def test_constants_are_aligned_to_16_bytes() -> None:
    tflite = small_file()
    for tensor in small_network().tensors:
        if tensor.data is not None:
            assert tflite.find(tensor.data.tobytes()) % 16 == 0


def test_official_readers_understand_the_file() -> None:
    model = schema.ModelT.InitFromPackedBuf(small_file(), 0)
    assert (model.version, model.description) == (3, b"tinyrob")
    codes = {c.builtinCode: c.version for c in model.operatorCodes}
    operator = schema.BuiltinOperator
    assert codes == {
        operator.CONV_2D: 3,
        operator.ADD: 2,
        operator.FULLY_CONNECTED: 4,
        operator.SOFTMAX: 2,
    }
    assert model.buffers[0].data is None
    options = model.subgraphs[0].operators[0].builtinOptions
    assert (options.strideH, options.dilationWFactor) == (1, 1)
    assert options.fusedActivationFunction == schema.ActivationFunctionType.RELU


def test_read_constants_cannot_be_changed() -> None:
    data = read_tflite(small_file()).tensors[1].data
    with pytest.raises(ValueError, match="read-only"):
        data[0] = 1


def test_tensors_without_names_get_some() -> None:
    def nameless(model: schema.ModelT) -> None:
        tensors = model.subgraphs[0].tensors
        tensors[2].name, tensors[6].name = None, tensors[3].name

    graph = read_tflite(edit(small_file(), nameless))
    assert [graph.tensors[i].name for i in (2, 3, 6)] == ["tensor_2", "sum", "sum#6"]
    assert read_tflite(write_tflite(graph)) == graph


def test_an_invalid_graph_is_not_written() -> None:
    graph = small_network()
    with pytest.raises(ModelFormatError, match="before it is made"):
        write_tflite(replace(graph, ops=graph.ops[1:]))


def test_old_files_have_an_8_bit_operator_code_only() -> None:
    def old(model: schema.ModelT) -> None:
        for code in model.operatorCodes:
            code.builtinCode = 0

    assert read_tflite(edit(small_file(), old)) == small_network()
