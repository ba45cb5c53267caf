"""Each rule of a valid graph, broken once; and that valid graphs never overflow an int32."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.graphs import graphs
from support.recurrent import lstm, svdf
from support.surgery import small_network
from tinyrob.errors import ModelFormatError, UnsupportedModel
from tinyrob.ir import graph as ir
from tinyrob.ir.rules import check_graph
from tinyrob.ir.rules.matmul import accumulator_bounds

GRID = ir.Quantization((0.125,), (3,))
OTHER = ir.Quantization((0.25,), (3,))
UNIT = ir.Quantization((1 / 256,), (-128,))
WEIGHTS = ir.Quantization((0.5,), (0,))
BIAS = ir.Quantization((0.0625,), (0,))
Constant = tuple[object, ir.Quantization | None, str]


def ones(*shape: int) -> Constant:
    return np.ones(shape), WEIGHTS, "int8"


def bias(*values: int) -> Constant:
    return np.array(values), BIAS, "int32"


def ints(values: object) -> Constant:
    return np.array(values), None, "int32"


def network(
    attributes: ir.Attributes,
    source: Sequence[int],
    output: Sequence[int],
    *constants: Constant,
    grid: ir.Quantization | None = GRID,
    inputs: Sequence[int] | None = None,
) -> ir.Graph:
    """One operator: tensor 0 is its input, 1 its output, then its constants."""
    tensors = [
        ir.Tensor("x", tuple(source), "int8", GRID),
        ir.Tensor("y", tuple(output), "int8", grid),
    ]
    for i, (values, quantization, dtype) in enumerate(constants):
        data = np.asarray(values).astype(ir.numpy_type(dtype))
        tensors.append(ir.Tensor(f"c{i}", data.shape, dtype, quantization, data))
    operands = inputs if inputs is not None else (0, *range(2, len(tensors)))
    op = ir.Op(attributes, tuple(operands), (1,))
    return ir.Graph(tuple(tensors), (op,), (0,), (1,))


def conv(**options) -> ir.Conv2D:
    return ir.Conv2D(**{"stride": (1, 1), "padding": "VALID", **options})


def depthwise(**options) -> ir.DepthwiseConv2D:
    return ir.DepthwiseConv2D(**{"stride": (1, 1), "padding": "VALID", **options})


def max_pool(**options) -> ir.MaxPool2D:
    return ir.MaxPool2D(**{"window": (2, 2), "stride": (2, 2), "padding": "VALID", **options})


IMAGE, FLAT = (1, 5, 4, 2), (1, 8)
PER_CHANNEL = ir.Quantization((0.5, 0.5, 0.25), (0, 0, 0), 1)
TINY = ir.Quantization((2.0**-40,), (0,))

BROKEN: list[tuple[ir.Graph, str]] = [
    # convolutions
    (network(conv(), IMAGE, (1, 3, 2, 3), ones(3, 3, 3, 1)), "nor groups of them"),
    (network(conv(), IMAGE, (1, 3, 2, 4), ones(3, 3, 3, 2)), r"should be \[1, 3, 2, 3\]"),
    (network(conv(), IMAGE, (1, 3, 2, 3), ones(3, 18)), "must have 4 axes"),
    (network(conv(), IMAGE, (1, 3, 2, 3), ones(3, 6, 3, 2)), r"should be \[1, 0, 2, 3\]"),
    (network(conv(stride=(0, 1)), IMAGE, (1, 3, 2, 3), ones(3, 3, 3, 2)), r"strides \[0, 1\]"),
    (network(conv(dilation=(1, 99999)), IMAGE, IMAGE, ones(3, 3, 3, 2)), r"dilations"),
    (network(conv(), IMAGE, (1, 3, 2, 3)), "has 1 inputs instead of 2 to 3"),
    (
        network(conv(), IMAGE, (1, 3, 2, 3), ones(3, 3, 3, 2), bias(1, 2)),
        r"bias has the shape \[2\], not \[3\]",
    ),
    (
        network(conv(), IMAGE, (1, 3, 2, 3), ones(3, 3, 3, 2), (np.ones(3), BIAS, "int64")),
        "bias 'c1' is int64, not int32",
    ),
    (
        network(conv(), IMAGE, (1, 3, 2, 3), (np.ones((3, 3, 3, 2)), None, "int8")),
        "kernel 'c0' has no quantization",
    ),
    (
        network(conv(), IMAGE, (1, 3, 2, 3), (np.ones((3, 3, 3, 2)), GRID, "int8")),
        "or one with a zero point",
    ),
    (
        network(conv(), IMAGE, (1, 3, 2, 3), (np.ones((3, 3, 3, 2)), PER_CHANNEL, "int8")),
        "quantized along axis 1, not 0",
    ),
    (
        network(conv(), IMAGE, (1, 3, 2, 3), ones(3, 3, 3, 2), bias(1, 2, 2**31 - 1)),
        "overflows 32 bits",
    ),
    (
        network(conv(), IMAGE, (1, 3, 2, 3), ones(3, 3, 3, 2), grid=TINY),
        "overflows 32 bits",
    ),
    (
        network(
            conv(activation=ir.Activation.RELU6), IMAGE, (1, 3, 2, 3), ones(3, 3, 3, 2), grid=TINY
        ),
        "a clamp at 6",
    ),
    (
        network(depthwise(multiplier=2), IMAGE, (1, 3, 2, 2), ones(1, 3, 3, 2)),
        r"does not fit 2 channels times 2",
    ),
    (
        network(depthwise(), IMAGE, (1, 3, 2, 2), ones(1, 3, 3, 2), inputs=(0, 2, -1)),
        "TFLite Micro crashes",
    ),
    # dense layers
    (network(ir.FullyConnected(), FLAT, (1, 3), ones(3, 7)), r"kernel \[3, 7\] does not fit"),
    (network(ir.FullyConnected(), FLAT, (1, 4), ones(3, 8)), r"should be \[1, 3\]"),
    (
        network(ir.FullyConnected(keep_num_dims=True), IMAGE, (1, 3), ones(3, 40)),
        "has not 40 channels",
    ),
    (
        network(ir.FullyConnected(), FLAT, (1, 3), ones(3, 8), (np.ones(3), None, "int32")),
        "bias 'c1' has no scale",
    ),
    (
        network(ir.FullyConnected(), FLAT, (1, 3), ones(3, 8), (np.ones(3), OTHER, "int32")),
        "bias 'c1' has the scale 0.25, its accumulator 0.0625",
    ),
    (network(ir.FullyConnected(), FLAT, FLAT, inputs=(0, 0)), "kernel 'x' is not a constant"),
    # pools
    (network(max_pool(), IMAGE, (1, 3, 2, 2)), r"should be \[1, 2, 2, 2\]"),
    (network(max_pool(), FLAT, FLAT), "must have 4 axes"),
    (network(max_pool(window=(0, 2)), IMAGE, IMAGE), r"a window \[0, 2\]"),
    (network(max_pool(), IMAGE, (1, 2, 2, 2), grid=OTHER), "does not rescale"),
    # element by element
    (network(ir.Add(), IMAGE, IMAGE, ones(3)), "do not broadcast"),
    (network(ir.Add(), IMAGE, IMAGE), "has 1 inputs instead of 2 to 2"),
    (network(ir.Add(), IMAGE, (1, 5, 4, 1), ones(2)), r"should be \[1, 5, 4, 2\]"),
    (network(ir.Add(), (1,) * 6, (1,) * 6, ones(1)), "it has 6 axes"),
    (network(ir.Add(), FLAT, FLAT, ones(1), grid=TINY), "too far above"),
    (network(ir.Add(), FLAT, (1,), ones(1), ones(1), inputs=(2, 3)), "both operands are const"),
    (network(ir.Minimum(), FLAT, FLAT, ones(1)), "'c0' has scale 0.5"),
    (network(ir.Maximum(), FLAT, FLAT, (np.ones(1), None, "int8")), "'c0' has no quantization"),
    (
        network(ir.Maximum(), FLAT, (1, 3), (np.ones(3), PER_CHANNEL, "int8")),
        "3 scales along axis 1",
    ),
    (network(ir.Quantize(), FLAT, FLAT, grid=TINY), "overflows 32 bits"),
    (network(ir.Relu(), FLAT, (1, 7)), r"should be \[1, 8\]"),
    (network(ir.Relu6(), FLAT, FLAT, grid=OTHER), "does not rescale"),
    (network(ir.Softmax(), FLAT, FLAT), "its output has scale 0.125"),
    (network(ir.Softmax(), (1, 4096), (1, 4096), grid=UNIT), "not of 1 to 4095 classes"),
    (network(ir.Softmax(2.0**-30), FLAT, FLAT, grid=UNIT), "beta is"),
    (network(ir.Softmax(float("nan")), FLAT, FLAT, grid=UNIT), "beta is nan"),
    # shapes
    (network(ir.Reshape(), IMAGE, (1, 41)), r"cannot make \[1, 41\] of"),
    (network(ir.Reshape(), IMAGE, (1, 40), ints([1, 5, 8])), r"it asks for \[1, 5, 8\]"),
    (network(ir.Reshape((1, 20)), IMAGE, (1, 40)), r"it asks for \[1, 20\]"),
    (network(ir.Reshape(), IMAGE, (1, 40), grid=OTHER), "does not rescale"),
    (network(ir.Pad(), FLAT, (1, 9), ints([[0, 0]])), "paddings"),
    (network(ir.Pad(), FLAT, (1, 7), ints([[0, 0], [-1, 0]])), "has paddings"),
    (network(ir.Pad(), FLAT, (1, 9), ints([[0, 0], [1, 1]])), r"should be \[1, 10\]"),
    (network(ir.Mean(), IMAGE, (1, 2), ints([1, 4])), r"axes \[1, 4\], the input has 4"),
    (network(ir.Mean(True), IMAGE, (1, 2), ints([1, 2])), r"should be \[1, 1, 1, 2\]"),
    (network(ir.Mean(), IMAGE, (1, 2), ints([1, 2]), grid=TINY), "overflows 32 bits"),
    (
        network(ir.Concatenation(activation=ir.Activation.RELU), FLAT, (1, 16), inputs=(0, 0)),
        "fused activation RELU",
    ),
    (network(ir.Concatenation(2), FLAT, (1, 16), inputs=(0, 0)), "has axis 2"),
    (network(ir.Concatenation(1), FLAT, (1, 15), inputs=(0, 0)), r"should be \[1, 16\]"),
    (network(ir.Concatenation(1), FLAT, (1, 24), inputs=(0, -1, 0)), "input 1 is absent"),
    (
        network(ir.Concatenation(1), FLAT, FLAT, (np.ones((2, 8)), GRID, "int8")),
        "does not go with",
    ),
]


NORMAL = ir.Quantization((1 / 128,), (0,))
BROKEN += [
    (
        network(ir.SpaceToBatchNd(), (1, 4, 4, 2), (4, 3, 2, 2), ints([2, 2]),
                ints([[1, 1], [0, 0]])),
        "and TFLite Micro leaves it to chance with what: pad before it",
    ),
    (
        network(ir.SpaceToBatchNd(), (1, 4, 4, 2), (1, 2, 2, 2), ints([2, 2]),
                ints([[0, 0], [0, 0]])),
        r"it makes a batch of 4, and the file says \[1, 2, 2, 2\]",
    ),
    (
        network(ir.BatchToSpaceNd(), (1, 2, 2, 2), (1, 4, 4, 2), ints([2, 2]),
                ints([[0, 0], [0, 0]])),
        r"the file says a batch of 1, for blocks of \[2, 2\]",
    ),
    (
        network(ir.BatchToSpaceNd(), (1, 1, 1, 2), (1, 1, 1, 2), ints([1, 1]),
                ints([[0, 0], [2, 0]])),
        r"crops \[1, 1, 1, 2\] by",
    ),
    (network(ir.GatherNd(), (1, 3, 2), (1, 2), ints([[0, 3]])), r"indices beyond \[1, 3, 2\]"),
    (network(ir.ReverseV2(), (1, 3), (1, 3), ints([2])), "axis 2 is out of bounds"),
    (
        network(ir.TransposeConv((2, 2), "SAME"), (1, 2, 2, 1), (1, 9, 4, 3), ints([1, 9, 4, 3]),
                ones(3, 3, 3, 1), inputs=(2, 3, 0)),
        "makes 9 of 2, which takes 5",
    ),
    (
        network(ir.TransposeConv((1, 1), "SAME"), (1, 2, 2, 1), (1, 2, 2, 3), ints([1, 2, 2, 3]),
                ones(3, 3, 3, 2), inputs=(2, 3, 0)),
        r"its kernel \[3, 3, 3, 2\] does not fit the input",
    ),
    (
        network(ir.BatchMatmul(), (1, 2, 3), (1, 2, 4), ones(1, 4, 4)),
        r"multiplies \[1, 2, 3\] with",
    ),
    (
        network(ir.BatchMatmul(), (1, 2, 3), (1, 2, 4), ones(1, 3, 4), ones(1, 4, 4),
                inputs=(2, 3)),
        "both operands are constants",
    ),
    (network(ir.BatchMatmul(), (3,), (1,), ones(3, 1)), "its operands have 1 and 2 axes"),
    (
        network(ir.TransposeConv((1, 1), "SAME"), (1, 4, 4, 2), (1, 4, 4, 3), ints([1, 4, 4, 3]),
                (np.ones((3, 3, 3, 2)), WEIGHTS, "int4"), inputs=(2, 3, 0)),
        "its kernel 'c1' is int4, not int8",
    ),
    (network(ir.L2Normalization(), (1, 3), (1, 3)), "its output has scale 0.125"),
    (
        network(ir.L2Normalization(), (1, 40000), (1, 40000), grid=NORMAL),
        "is not of 1 to 33025 values a row",
    ),
    (network(ir.ArgMax(), (1, 3), (1,), ints([1])), "it makes int8, of which"),
    (network(ir.Cumsum(), (1, 3), (1, 3), ints([2])), r"has axis \[2\], its input has 2"),
    (network(ir.AddN(), (1, 3), (1, 3), ones(1, 3)), "ADD_N .* does not rescale"),
    (network(ir.LogicalNot(), (1, 3), (1, 3)), "is int8, not bool"),
    (network(ir.Div(), (1, 3), (1, 3), ones(3)), "shifts by more bits than an int32 has"),
]  # fmt: skip


@pytest.mark.parametrize(("graph", "message"), BROKEN, ids=[m for _, m in BROKEN])
def test_a_broken_rule_is_named_with_its_operator(graph: ir.Graph, message: str) -> None:
    with pytest.raises(ModelFormatError, match=message) as error:
        check_graph(graph)
    in_tensor = "along axis 1" in message
    assert in_tensor or error.value.message.startswith("operator 0, ")
    assert not isinstance(error.value, UnsupportedModel) or error.value.hint


@pytest.mark.parametrize(
    ("graph", "position"),
    [(lstm(seed=1), 1), (lstm(seed=1), 8), (svdf(seed=1, wide=True), 1),
     (svdf(seed=1, wide=False), 1), (svdf(seed=1, wide=False), 2)],
)  # fmt: skip
def test_weights_of_4_bits_are_refused_where_tflite_micro_has_none(
    graph: ir.Graph, position: int
) -> None:
    tensors, index = list(graph.tensors), graph.ops[0].inputs[position]
    tensors[index] = replace(tensors[index], dtype="int4", data=np.zeros_like(tensors[index].data))
    with pytest.raises(UnsupportedModel, match="is int4, not int8"):
        check_graph(replace(graph, tensors=tuple(tensors)))


def changed(index: int, **values: object) -> ir.Graph:
    graph = small_network()
    tensors = list(graph.tensors)
    tensors[index] = replace(tensors[index], **values)
    return replace(graph, tensors=tuple(tensors))


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (changed(2, name="image"), "no name of its own"),
        (changed(2, name=""), "no name of its own"),
        (changed(1, data=np.zeros((4, 3, 3, 2), np.int16)), "its data is int16"),
        (changed(1, data=np.zeros((4, 3, 3, 1), np.int8)), r"its data is int8 \[4, 3, 3, 1\]"),
        (changed(2, shape=(1,) * 7), "has 7 axes"),
        (changed(2, shape=(1, 2**16, 2**16, 4)), "has the shape"),
        (changed(2, quantization=ir.Quantization((), ())), "unequal numbers"),
        (changed(2, quantization=ir.Quantization((0.1,), (0,))), "the scale 0.1"),
        (changed(2, quantization=ir.Quantization((2.0**70,), (0,))), "the scale"),
        (changed(0, quantization=None), "input 'image' is no quantized int8 or int16 activation"),
        (changed(7, dtype="uint8"), "output 'probabilities' is no quantized int8"),
        (replace(small_network(), inputs=(0, 0)), "one tensor is two of the network's inputs"),
        (replace(small_network(), outputs=()), "the network has no output"),
    ],
)
def test_a_broken_tensor_or_border_is_named(graph: ir.Graph, message: str) -> None:
    with pytest.raises(ModelFormatError, match=message):
        check_graph(graph)


def test_the_small_network_is_valid() -> None:
    check_graph(small_network())


@settings(max_examples=100)
@given(graphs(max_ops=5))
def test_drawn_graphs_are_valid(graph: ir.Graph) -> None:
    check_graph(graph)


@given(st.integers(0, 2**32 - 1), st.integers(-128, 127))
def test_bounds_hold_and_are_met(seed: int, zero: int) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.integers(-127, 128, (3, 6))
    offsets = rng.integers(-(2**20), 2**20, 3)
    bounds = accumulator_bounds(weights, offsets, zero)
    extremes = []
    for row in weights:
        inputs = np.where(row > 0, 127, -128), np.where(row > 0, -128, 127)
        extremes.append([int(row @ (i - zero)) for i in inputs])
    met = [
        max(abs(v) for e in pair for v in (e, e + int(b)))
        for pair, b in zip(extremes, offsets, strict=True)
    ]
    assert list(bounds) == met


@pytest.mark.parametrize(
    ("scale", "hint"),
    [
        (float(np.float32(1e-6 / 127.5)), "says that calibration saw only 0 there"),
        (2.0**-26, "train with smaller weights"),
    ],
)
def test_a_scale_of_nothing_seen_is_told_apart(scale: float, hint: str) -> None:
    """What TFLite's quantizer gives a layer that was never anything but 0."""
    never = ir.Quantization((scale,), (0,))
    graph = network(conv(), IMAGE, (1, 3, 2, 3), ones(3, 3, 3, 2), grid=never)
    with pytest.raises(ModelFormatError, match="overflows 32 bits") as error:
        check_graph(graph)
    assert hint in str(error.value.hint)
