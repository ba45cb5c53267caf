"""What converters leave of shapes folds away; the bits stay TFLite Micro's."""

from __future__ import annotations

import numpy as np
import pytest

from support.surgery import edit, schema, small_file
from tinyrob.errors import UnsupportedModel
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.run.tflm import TflmRunner

OPERATOR, TYPE, OPTIONS = schema.BuiltinOperator, schema.TensorType, schema.BuiltinOptions


class Edit:
    """Operators and tensors that are put into a file."""

    def __init__(self, model: schema.ModelT) -> None:
        self.model, self.graph = model, model.subgraphs[0]

    def tensor(self, name: str, shape: tuple[int, ...], values=None, like=None) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type = name, np.array(shape, np.int32), TYPE.INT32
        tensor.buffer = 0
        if like is not None:
            tensor.type, tensor.quantization = like.type, like.quantization
        if values is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.array(values, np.int32).tobytes(), np.uint8)
            self.model.buffers.append(buffer)
            tensor.buffer = len(self.model.buffers) - 1
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def operator(self, code: int, inputs, outputs, kind: int = 0, options=None) -> None:
        made, operator = schema.OperatorCodeT(), schema.OperatorT()
        made.builtinCode = code
        made.deprecatedBuiltinCode = min(code, 127)
        self.model.operatorCodes.append(made)
        operator.opcodeIndex = len(self.model.operatorCodes) - 1
        operator.inputs, operator.outputs = (np.array(x, np.int32) for x in (inputs, outputs))
        operator.builtinOptionsType, operator.builtinOptions = kind, options
        self.graph.operators.append(operator)


def with_a_computed_shape(model: schema.ModelT) -> None:
    """RESHAPE(x, PACK(STRIDED_SLICE(SHAPE(x)), 1, 5)), as a Reshape with an open batch is
    converted."""
    put = Edit(model)
    source = int(put.graph.outputs[0])
    x = put.graph.tensors[source]
    shape = put.tensor("shape", (2,))
    batch = put.tensor("batch", ())
    bounds = [put.tensor(f"bound{i}", (1,), [i]) for i in (0, 1)]
    rest = [put.tensor(f"rest{n}", (), n) for n in (1, 5)]
    wanted = put.tensor("wanted", (3,))
    out = put.tensor("folded", (1, 1, 5), like=x)
    put.operator(OPERATOR.SHAPE, [source], [shape], OPTIONS.ShapeOptions, schema.ShapeOptionsT())
    slice_options, pack_options = schema.StridedSliceOptionsT(), schema.PackOptionsT()
    slice_options.shrinkAxisMask, pack_options.valuesCount = 1, 3
    put.operator(
        OPERATOR.STRIDED_SLICE, [shape, *bounds, bounds[1]], [batch],
        OPTIONS.StridedSliceOptions, slice_options,
    )  # fmt: skip
    put.operator(OPERATOR.PACK, [batch, *rest], [wanted], OPTIONS.PackOptions, pack_options)
    reshape = schema.ReshapeOptionsT()
    put.operator(OPERATOR.RESHAPE, [source, wanted], [out], OPTIONS.ReshapeOptions, reshape)
    put.graph.outputs = np.array([out], np.int32)


def test_a_shape_that_is_computed_folds() -> None:
    data = edit(small_file(), with_a_computed_shape)
    graph, plain = read_tflite(data), read_tflite(small_file())
    assert [op.kind for op in graph.ops] == [*(op.kind for op in plain.ops), "RESHAPE"]
    assert graph.tensors[graph.outputs[0]].shape == (1, 1, 5)
    assert read_tflite(write_tflite(graph)) == graph
    inputs = np.random.default_rng(0).integers(-128, 128, (8, 6, 6, 2)).astype(np.int8)
    with TflmRunner(data, graph, jobs=1) as ours, TflmRunner(small_file(), plain, jobs=1) as other:
        expected = other.run(inputs).outputs.reshape(8, 1, 5)
        np.testing.assert_array_equal(ours.run(inputs).outputs, expected)
        assert list(ours.layers(inputs[0]))[-1] == "folded"


def with_a_filled_operand(model: schema.ModelT) -> None:
    """ADD(x, FILL([1, 5], 7)), ADD(that, ZEROS_LIKE(x)), and RESHAPE to
    BROADCAST_ARGS([1, 1], [5])."""
    put = Edit(model)
    x = put.graph.tensors[int(put.graph.outputs[0])]
    shapes = [put.tensor("one", (2,), [1, 1]), put.tensor("five", (1,), [5])]
    dims, shape = put.tensor("dims", (2,), [1, 5]), put.tensor("shape", (2,))
    value, out = put.tensor("value", (), like=x), put.tensor("out", (1, 5), like=x)
    buffer = schema.BufferT()
    buffer.data = np.array([7], np.uint8)
    put.model.buffers.append(buffer)
    put.graph.tensors[value].buffer = len(put.model.buffers) - 1
    filled, zeros = (put.tensor(n, (1, 5), like=x) for n in ("filled", "zeros"))
    sums = [put.tensor(f"sum{i}", (1, 5), like=x) for i in (0, 1)]
    source = int(put.graph.outputs[0])
    put.operator(OPERATOR.BROADCAST_ARGS, shapes, [shape])
    put.operator(OPERATOR.FILL, [dims, value], [filled])
    put.operator(OPERATOR.ZEROS_LIKE, [source], [zeros])
    put.operator(OPERATOR.ADD, [source, filled], [sums[0]])
    put.operator(OPERATOR.ADD, [sums[0], zeros], [sums[1]])
    put.operator(OPERATOR.RESHAPE, [sums[1], shape], [out])
    put.graph.outputs = np.array([out], np.int32)


def test_what_is_filled_folds_and_stays_tflite_micros() -> None:
    data = edit(small_file(), with_a_filled_operand)
    graph = read_tflite(data)
    assert [op.kind for op in graph.ops][-3:] == ["ADD", "ADD", "RESHAPE"]
    made = {t.name: t.data for t in graph.tensors}
    np.testing.assert_array_equal(made["filled"], np.full((1, 5), 7))
    np.testing.assert_array_equal(made["zeros"], np.zeros((1, 5)))
    inputs = np.random.default_rng(0).integers(-128, 128, (8, 6, 6, 2)).astype(np.int8)
    with TflmRunner(data, graph, jobs=1) as reference:
        np.testing.assert_array_equal(interpret(graph, inputs), reference.run(inputs).outputs)


def test_a_shape_of_computed_values_is_named() -> None:
    def change(model: schema.ModelT) -> None:
        put = Edit(model)
        source = int(put.graph.outputs[0])
        wanted = put.tensor("wanted", (2,))
        put.operator(OPERATOR.CAST, [source], [wanted])
        out = put.tensor("out", (1, 5), like=put.graph.tensors[source])
        put.operator(OPERATOR.RESHAPE, [source, wanted], [out])
        put.graph.outputs = np.array([out], np.int32)

    with pytest.raises(UnsupportedModel, match="'wanted' is not a constant") as error:
        read_tflite(edit(small_file(), change))
    layers = [o.layer.split(" (")[0] for o in error.value.obstacles]
    assert layers == ["operator 4, CAST", "operator 5, RESHAPE"]


def test_axes_beyond_the_batch_that_are_open_are_named() -> None:
    def change(model: schema.ModelT) -> None:
        model.subgraphs[0].tensors[0].shapeSignature = np.array([-1, -1, 6, 2], np.int32)

    with pytest.raises(UnsupportedModel, match=r"'image' has a dynamic shape \[1, \?, 6, 2\]"):
        read_tflite(edit(small_file(), change))
