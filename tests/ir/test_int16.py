"""int16 activations: curves at every value, rescaling to and from int8 and int32, refusals."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from support.sixteen import EVERY, UNIT, plain, spoken, types, unary
from support.surgery import edit, schema
from tinyrob.errors import UnsupportedModel
from tinyrob.ir import graph as ir
from tinyrob.ir.interp import interpret
from tinyrob.ir.rules import check_graph
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.run.batch import Side
from tinyrob.run.tflm import TflmRunner
from tinyrob.validate.vectors import KINDS, of_kind


def assert_equal(graph: ir.Graph, inputs: np.ndarray) -> None:
    data = write_tflite(graph)
    assert read_tflite(data, graph.name) == graph
    with TflmRunner(data, graph, jobs=1) as tflm:
        np.testing.assert_array_equal(interpret(graph, inputs), tflm.run(inputs).outputs)


POWERS = [2.0**-12, 2.0**-11, 2.0**-13, 2.0**-12 * 1.0003, 2.0**-11 * 0.9996, 2.0**-11 * 1.0009]


@pytest.mark.parametrize("scale", [*POWERS, 0.001, 0.1, 2.5, 1e-9])
@pytest.mark.parametrize("curve", [ir.Logistic(), ir.Tanh()])
def test_curves_equal_tflite_micro_at_every_value(curve: ir.Attributes, scale: float) -> None:
    """Scales that are nearly a power of two are taken for one."""
    assert_equal(unary(curve, scale, UNIT), EVERY[None])


@pytest.mark.parametrize("seed", range(6))
def test_factors_are_of_doubles_at_every_value(seed: int) -> None:
    """A factor in float32 gives another value here and there: TFLite Micro does not take it."""
    dice = np.random.default_rng(seed)
    source, other, output = (float(s) for s in 2.0**-10 * dice.uniform(0.5, 2, 3))
    values = dice.permutation(EVERY)
    second = ir.Tensor("c", values.shape, "int16", plain(other), values)
    for attributes in (ir.Relu(), ir.Quantize(), ir.LeakyRelu(float(np.float32(0.31)))):
        assert_equal(unary(attributes, source, output), EVERY[None])
    for attributes in (ir.Sub(), ir.Add()):
        assert_equal(unary(attributes, source, output, (1, EVERY.size), second), EVERY[None])


@pytest.mark.parametrize(("beta", "scale"), [(1.0, 3e-4), (0.5, 1e-2), (1.0, 2.0**-20)])
def test_softmax_equals_tflite_micro_at_every_difference(beta: float, scale: float) -> None:
    pairs = np.stack([np.full(EVERY.size, 2**15 - 1, np.int16), EVERY], axis=1)
    assert_equal(unary(ir.Softmax(beta), scale, UNIT, (1, 2)), pairs)


@pytest.mark.parametrize("classes", [1, 10, 5000])
def test_softmax_of_any_number_of_classes(classes: int) -> None:
    dice = np.random.default_rng(classes)
    spread = dice.normal(0, 4000, (20, classes)).clip(-(2**15), 2**15 - 1)
    alike = np.full((1, classes), 77)
    logits = np.concatenate([spread, alike]).astype(np.int16)
    assert_equal(unary(ir.Softmax(), 3e-4, UNIT, (1, classes)), logits)


TYPES: tuple[ir.DType, ...] = ("int8", "int16", "int32")


@pytest.mark.parametrize("pair", [p for p in itertools.product(TYPES, TYPES) if p[0] != p[1]])
def test_quantize_between_types_equals_tflite_micro(pair: tuple[ir.DType, ir.DType]) -> None:
    graph = types(*pair)
    parts = [of_kind(kind, 8, Side.inputs(graph), i) for i, kind in enumerate(KINDS)]
    assert_equal(graph, np.concatenate(parts))


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("dense", [False, True])
def test_sums_without_a_bias_are_as_wide_as_the_options_say(dense: bool, narrow: bool) -> None:
    dice = np.random.default_rng(1)
    weights = dice.integers(-127, 128, (7, 1, 1, 9)).astype(np.int8)
    code = 2 if narrow else 0
    attributes: ir.Attributes = ir.Conv2D((1, 1), "VALID", quantized_bias_type=code)
    shape: tuple[int, ...] = (1, 5, 5, 9)
    if dense:
        weights, shape = weights.reshape(7, 9), (1, 25, 9)
        attributes = ir.FullyConnected(keep_num_dims=True, quantized_bias_type=code)
    kernel = ir.Tensor("k", weights.shape, "int8", plain(0.0123), weights)
    graph = unary(attributes, 0.001, 0.0017, shape, kernel)
    made = ir.Tensor("y", (*shape[:-1], 7), "int16", plain(0.0017))
    graph = ir.Graph((graph.tensors[0], made, kernel), graph.ops, (0,), (1,), "sums")
    samples = dice.integers(-(2**15), 2**15, (200, *shape[1:])).astype(np.int16)
    assert_equal(graph, samples)


def test_a_transposed_convolution_may_be_given_the_shape_that_it_makes() -> None:
    """As an input of the network, which TFLite Micro has and never reads."""
    graph = spoken()
    given = (*graph.tensors[:5], ir.Tensor("shape", (4,), "int32", plain(1.0)))
    model = ir.Graph(given + graph.tensors[6:], graph.ops[:3], (0, 5), (7,), "given")
    with pytest.raises(UnsupportedModel, match="output shape 'shape' is not a constant"):
        check_graph(model)
    stored = ir.Graph(graph.tensors, graph.ops[:3], (0,), (7,), "given")

    def give(file: schema.ModelT) -> None:
        subgraph = file.subgraphs[0]
        subgraph.tensors[5].buffer = 0
        subgraph.inputs = [0, 5]

    data = edit(write_tflite(stored), give)
    read = read_tflite(data, "given")
    assert [read.tensors[i].name for i in read.inputs] == ["sound", "shape"]
    assert read_tflite(write_tflite(read), "given") == read
    sound = np.random.default_rng(0).integers(-(2**15), 2**15, (8, 7, 4, 3)).astype(np.int16)
    side = Side.inputs(read)
    inputs = side.inner.join([sound, np.full((8, 4), 99, np.int32)])
    with TflmRunner(data, read, jobs=1) as tflm:
        np.testing.assert_array_equal(tflm.run(inputs).outputs, interpret(stored, sound))


def other(index: int, **values: object) -> ir.Graph:
    """``spoken`` with a tensor changed."""
    graph = spoken()
    tensors = list(graph.tensors)
    tensors[index] = replace(tensors[index], **values)
    return replace(graph, tensors=tuple(tensors))


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        (
            other(3, quantization=ir.Quantization((0.5,), (3,))),
            "'conv' is int16 with the zero point 3",
        ),
        (other(4, dtype="int8"), "LEAKY_RELU .* 'conv' is int16 instead of int8"),
        (
            other(2, dtype="int16", data=np.zeros(5, np.int16)),
            "bias 'conv/bias' is int16, not int64",
        ),
        (other(1, dtype="int4"), "kernel 'conv/kernel' is int4, its activations int16"),
        (
            other(2, data=np.full(5, 2**46, np.int64)),
            "are scaled by 2.*overflows 32 bits behind the scaling",
        ),
        (other(3, quantization=plain(2.0**-40)), "overflows 32 bits behind the scaling"),
        (other(13, quantization=plain(1 / 256)), "its output has the scale 0.00390625"),
        (unary(ir.Logistic(), 0.01, 0.01), "its output has the scale 0.00999"),
        (unary(ir.Tanh(), 3.0, UNIT), "its input has the scale 3.0"),
        (unary(ir.Softmax(), 100.0, UNIT, (1, 9)), "overflows 32 bits"),
        (unary(ir.Softmax(-1.0), 0.01, UNIT, (1, 9)), "beta is -1.0"),
        (unary(ir.HardSwish(), 0.01, 0.01), "'x' is int16 instead of int8"),
        (unary(ir.Softmax(), 0.01, UNIT), "is not of 1 to 65535 classes"),
        (types("int32", "int32"), "it makes int32 of int32"),
    ],
)  # fmt: skip
def test_what_is_refused_is_said(graph: ir.Graph, words: str) -> None:
    with pytest.raises(UnsupportedModel, match=words):
        check_graph(graph)
