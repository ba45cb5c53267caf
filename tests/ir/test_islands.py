"""Float32 between integers: what of it is taken, and each message where it is not."""

from __future__ import annotations

import numpy as np
import pytest

from tinyrob.errors import UnsupportedModel
from tinyrob.ir import graph as ir
from tinyrob.ir.interp import interpret
from tinyrob.ir.rules import check_graph
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.network.to_network import to_network

GRID = ir.Quantization((0.25,), (3,))
SHAPE = (1, 4)


def island(
    *functions: ir.Attributes, out: ir.Quantization = GRID, first: ir.Attributes | None = None
) -> ir.Graph:
    """A clamp, DEQUANTIZE (or ``first``), the functions, QUANTIZE."""
    tensors = [ir.Tensor("x", SHAPE, "int8", GRID), ir.Tensor("relu", SHAPE, "int8", GRID)]
    ops = [ir.Op(ir.Relu(), (0,), (1,))]
    for attributes in (first or ir.Dequantize(), *functions):
        ops.append(ir.Op(attributes, (len(tensors) - 1,), (len(tensors),)))
        tensors.append(ir.Tensor(f"f{len(tensors)}", SHAPE, "float32"))
    ops.append(ir.Op(ir.Quantize(), (len(tensors) - 1,), (len(tensors),)))
    tensors.append(ir.Tensor("y", SHAPE, "int8", out))
    return ir.Graph(tuple(tensors), tuple(ops), (0,), (len(tensors) - 1,))


def test_it_is_one_table_and_none_where_nothing_changes() -> None:
    layers = to_network(island(ir.Neg(), ir.Elu())).layers
    assert [layer.spec.kind for layer in layers] == ["REQUANTIZE", "LOOKUP"]
    assert [layer.spec.kind for layer in to_network(island()).layers] == ["REQUANTIZE"]


def test_a_network_that_is_nothing_else_is_read() -> None:
    whole = island(ir.Sin())
    graph = ir.Graph(whole.tensors, whole.ops[1:], (1,), whole.outputs)
    again = read_tflite(write_tflite(graph))
    assert [op.kind for op in again.ops] == ["DEQUANTIZE", "SIN", "QUANTIZE"]
    x = np.arange(-4, 4, dtype=np.int8).reshape(2, 4)
    expected = np.round(np.sin((x - 3.0) * 0.25) / 0.25) + 3
    np.testing.assert_array_equal(interpret(again, x), expected)


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (
            island(ir.Square(), ir.Square(), out=ir.Quantization((2.0**-20,), (0,))),
            "on a scale of 9.5367431640625e-07: in C no such number becomes an integer",
        ),
        (island(ir.Logistic()), "converter left it in float32, behind a DEQUANTIZE"),
        (island(first=ir.Cast()), "it makes float32 of int8"),
        (island(first=ir.Neg()), "'relu' is int8, of which TFLite Micro has no NEG"),
    ],
    ids=["beyond int32", "another function", "a cast", "no entry"],
)
def test_what_is_no_island_is_refused(graph: ir.Graph, message: str) -> None:
    with pytest.raises(UnsupportedModel) as error:
        check_graph(graph)
    assert any(message in o.what for o in error.value.obstacles)


@pytest.mark.parametrize(
    ("first", "last", "message", "hint"),
    [
        (0, 3, "it works on float32, behind the last integers", "end the network in front of it"),
        (
            2,
            4,
            "it works on float32, in front of the first integers",
            "before the header's quantiz",
        ),
    ],
    ids=["at the end", "at the beginning"],
)
def test_a_function_at_a_networks_end_is_told_apart(
    first: int, last: int, message: str, hint: str
) -> None:
    """As LOG_SOFTMAX behind DEQUANTIZE; here of RELU, DEQUANTIZE, LOGISTIC, QUANTIZE."""
    whole = island(ir.Logistic())
    graph = ir.Graph(whole.tensors, whole.ops[first:last], (first,), (last,))
    with pytest.raises(UnsupportedModel) as error:
        check_graph(graph)
    told = error.value.obstacles[-1]
    assert told.what == message
    assert hint in told.hint
    assert len(error.value.obstacles) == (1 if first == 0 else 2)  # and the input is float32


def test_comparisons_and_choices_are_refused_where_tflite_micro_has_none() -> None:
    wide = ir.Quantization((1.0,), (0,))
    tensors = (
        ir.Tensor("x", SHAPE, "int8", wide), ir.Tensor("b", SHAPE, "bool"),
        ir.Tensor("y", SHAPE, "int8", GRID),
    )  # fmt: skip
    ops = (ir.Op(ir.Less(), (0, 0), (1,)), ir.Op(ir.SelectV2(), (0, 0, 0), (2,)))
    with pytest.raises(UnsupportedModel) as error:
        check_graph(ir.Graph(tensors, ops, (0,), (2,)))
    messages = [o.what for o in error.value.obstacles]
    assert messages == ["'x' has the scale 1.0", "its condition 'x' is int8"]
