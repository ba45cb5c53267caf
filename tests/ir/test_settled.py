"""Constants among activations: what is made of them is computed when the network is read."""

from __future__ import annotations

import numpy as np
import pytest

from support.surgery import edit
from tinyrob.ir import graph as ir
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.run.tflm import TflmRunner

GRID = ir.Quantization((0.03125,), (0,))
WEIGHTS = ir.Quantization((0.25,), (0,))


def _constant(name: str, values: np.ndarray, dtype: ir.DType, grid=GRID) -> ir.Tensor:
    data = values.astype(dtype)
    data.setflags(write=False)
    return ir.Tensor(name, data.shape, dtype, grid, data)


def _equal(data: bytes, graph: ir.Graph, dtype: str) -> None:
    low, high = ir.limits(dtype)
    inputs = np.random.default_rng(0).integers(low, high + 1, (16, 5)).astype(dtype)
    with TflmRunner(data, graph, jobs=1) as reference:
        np.testing.assert_array_equal(interpret(graph, inputs), reference.run(inputs).outputs)


@pytest.mark.parametrize("dtype", ["int8", "int16"])
@pytest.mark.parametrize("scale", [0.0, 3.587324e-43])
def test_a_state_of_zeros_without_a_scale_is_nothing(dtype: ir.DType, scale: float) -> None:
    """c = f * 0 + x, as the first step of an unrolled LSTM computes it."""
    graph = ir.Graph(
        (
            ir.Tensor("x", (1, 5), dtype, GRID),
            _constant("zeros", np.zeros((1, 5)), dtype),
            ir.Tensor("kept", (1, 5), dtype, GRID),
            ir.Tensor("y", (1, 5), dtype, ir.Quantization((0.046875,), (0,))),
        ),
        (ir.Op(ir.Mul(), (0, 1), (2,)), ir.Op(ir.Add(), (0, 2), (3,))),
        (0,),
        (3,),
    )

    def unseen(model) -> None:
        for tensor in model.subgraphs[0].tensors[1:3]:
            tensor.quantization.scale = np.array([scale], np.float32)
        model.subgraphs[0].tensors[2].quantization.scale[0] = (
            3.587324e-43  # TFLite Micro divides by it
        )

    data = edit(write_tflite(graph), unseen)
    read = read_tflite(data)
    assert [op.kind for op in read.ops] == ["ADD"]
    assert read_tflite(write_tflite(read)) == read
    _equal(data, read, dtype)


def test_a_layer_of_a_constant_is_computed() -> None:
    """y = x + tanh(W h), where h is a constant."""
    dice = np.random.default_rng(1)
    graph = ir.Graph(
        (
            ir.Tensor("x", (1, 5), "int8", GRID),
            ir.Tensor("h", (1, 3), "int8", ir.Quantization((0.03125,), (-3,))),
            _constant("w", dice.integers(-9, 9, (5, 3)), "int8", WEIGHTS),
            ir.Tensor("wh", (1, 5), "int8", ir.Quantization((0.0625,), (7,))),
            ir.Tensor("tanh", (1, 5), "int8", ir.Quantization((1 / 128,), (0,))),
            ir.Tensor("y", (1, 5), "int8", GRID),
        ),
        (
            ir.Op(ir.FullyConnected(), (1, 2), (3,)),
            ir.Op(ir.Tanh(), (3,), (4,)),
            ir.Op(ir.Add(), (0, 4), (5,)),
        ),
        (0, 1),
        (5,),
    )

    def constant(model) -> None:
        buffer = type(model.buffers[0])()
        buffer.data = np.array([90, -40, 7], np.int8).view(np.uint8)
        model.buffers.append(buffer)
        model.subgraphs[0].tensors[1].buffer = len(model.buffers) - 1
        model.subgraphs[0].inputs = np.array([0], np.int32)

    data = edit(write_tflite(graph), constant)
    read = read_tflite(data)
    assert [op.kind for op in read.ops] == ["ADD"]
    _equal(data, read, "int8")
