"""Rows of a constant by index: GATHER along the first axis, EMBEDDING_LOOKUP."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from support.native import Native
from support.surgery import edit, schema
from tinyrob.emit.c import emit_model
from tinyrob.errors import UnsupportedModel
from tinyrob.ir import graph as ir
from tinyrob.ir.interp import interpret
from tinyrob.ir.rules import check_graph
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.run.batch import Side
from tinyrob.run.tflm import TflmRunner
from tinyrob.validate.vectors import KINDS, of_kind

GRID = ir.Quantization((0.25,), (3,))
PLAIN = ir.Quantization((1.0,), (0,))
ROWS = 7


def words(count: int = 5, **options: int) -> ir.Graph:
    """A row of 4 for each of ``count`` indices."""
    table = np.random.default_rng(1).integers(-128, 128, (ROWS, 4)).astype(np.int8)
    tensors = (
        ir.Tensor("words", (1, count), "int32", PLAIN, below=ROWS),
        ir.Tensor("table", table.shape, "int8", GRID, table),
        ir.Tensor("found", (1, count, 4), "int8", GRID),
    )
    return ir.Graph(tensors, (ir.Op(ir.Gather(**options), (1, 0), (2,)),), (0,), (2,), "words")


def every(graph: ir.Graph) -> np.ndarray:
    side = Side.inputs(graph)
    return np.concatenate([of_kind(kind, 8, side) for kind in KINDS])


def test_a_file_says_again_that_its_input_is_an_index() -> None:
    graph = words()

    def forget(model: schema.ModelT) -> None:
        model.subgraphs[0].tensors[0].quantization = None

    data = write_tflite(graph)
    assert read_tflite(data) == graph == read_tflite(edit(data, forget))


def test_rows_are_tflite_micros() -> None:
    graph = words()
    inputs = every(graph)
    assert set(np.unique(inputs)) == set(range(ROWS))
    with TflmRunner(write_tflite(graph), graph, jobs=1) as reference:
        expected = reference.run(inputs).outputs
    np.testing.assert_array_equal(interpret(graph, inputs), expected)


def test_an_index_beyond_the_rows_takes_the_nearest() -> None:
    graph = words(count=6)
    inputs = np.array([[-(2**31), -1, 0, ROWS - 1, ROWS, 2**31 - 1]], np.int32)
    native = Native([emit_model(graph, "portable", hashlib.sha256(b"").digest())])
    table = graph.tensors[1].data
    assert table is not None
    expected = table[[0, 0, 0, -1, -1, -1]]
    np.testing.assert_array_equal(native.run(0, inputs).reshape(6, 4), expected)
    np.testing.assert_array_equal(interpret(graph, inputs)[0], expected)


def test_an_embedding_lookup_is_the_same() -> None:
    graph = words(count=3)
    flat = (replace(graph.tensors[0], shape=(3,)), graph.tensors[1],
            replace(graph.tensors[2], shape=(3, 4)))  # fmt: skip
    graph = replace(graph, tensors=flat)

    def rename(model: schema.ModelT) -> None:
        (operator,) = model.subgraphs[0].operators
        operator.builtinOptions, operator.builtinOptionsType = None, 0
        operator.inputs = operator.inputs[::-1]
        code = model.operatorCodes[operator.opcodeIndex]
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.EMBEDDING_LOOKUP

    data = edit(write_tflite(graph), rename)
    assert read_tflite(data) == graph
    inputs = every(graph)
    with TflmRunner(data, graph, jobs=1) as reference:
        expected = reference.run(inputs).outputs
    np.testing.assert_array_equal(interpret(graph, inputs), expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"axis": 1}, r"looks up along axis 1 of \[7, 4\]"),
        ({"axis": -1}, "looks up along axis -1"),
        ({"batch_dims": 1}, "with batch_dims 1"),
    ],
)
def test_what_is_not_looked_up_by_row_is_refused(change: dict[str, int], message: str) -> None:
    with pytest.raises(UnsupportedModel, match=message) as error:
        check_graph(words(**change))
    assert "transpose the table" in str(error.value.hint)
