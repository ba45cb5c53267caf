"""Lowering: the same bits in TensorFlow Lite Micro, in QKeras and in integers, and tidy tensors."""

from __future__ import annotations

import numpy as np
import pytest

from support.frozen_models import every_kind
from support.integers import evaluate
from tinyrob.errors import FreezeError
from tinyrob.frozen.model import Dense, FrozenModel, Grid, Input
from tinyrob.frozen.to_graph import to_graph
from tinyrob.ir.interp import trace
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.run.tflm import TflmRunner

LOGITS = Grid(-2, -128, 127)


def dense_model(kernel, log2_kernel, bias, grid=LOGITS):
    kernel = np.asarray(kernel, np.int8)
    nodes = (
        Input("x", (), Grid(-7, -128, 127), (len(kernel),)),
        Dense("y", ("x",), grid, kernel, np.asarray(log2_kernel), np.asarray(bias)),
    )
    return FrozenModel("dense", nodes)


def inputs_for(model, count=8):
    values = np.random.default_rng(7).integers(-128, 128, (count, *model.input.shape))
    return values.astype(np.int8)


@pytest.mark.parametrize("seed", range(5))
def test_every_kind_of_node_gives_the_same_bits_in_tflm_and_numpy(seed):
    model = every_kind(seed)
    graph = to_graph(model)
    with TflmRunner(write_tflite(graph), graph, jobs=1) as tflm:
        for one in inputs_for(model, 4):
            defined, micro, numpy = evaluate(model, one), tflm.layers(one), trace(graph, one)
            for node in model.nodes[1:]:
                assert np.array_equal(micro[node.name], defined[node.name]), node.name
                assert np.array_equal(numpy[node.name], defined[node.name]), node.name


def test_weights_are_four_times_the_integers_and_biases_even():
    graph = to_graph(every_kind())
    kernels = [t for t in graph.tensors if t.name.endswith("/kernel")]
    biases = [t for t in graph.tensors if t.name.endswith("/bias")]
    assert len(kernels) == len(biases) == 5
    assert all((t.data % 4 == 0).all() for t in kernels)
    odd_halves = [t for t in biases if t.name != "logits/bias"]  # that one is on a common scale
    assert all((t.data % 4 == 2).all() for t in odd_halves)


def test_clamps_stand_where_the_grid_is_narrower_than_int8():
    graph = to_graph(every_kind())
    made_by = {graph.layer_name(op): op.kind for op in graph.ops}
    assert made_by["conv"] == "CONV_2D"
    assert made_by["clamp"] == "MINIMUM"
    assert (made_by["left_wide"], made_by["left_maximum"], made_by["left"]) == (
        "CONV_2D",
        "MAXIMUM",
        "MINIMUM",
    )


def test_a_dense_layer_gets_one_scale_where_its_integers_fit_one():
    model = dense_model([[1, -3], [0, 7]], [0, -2], [3, 5])
    kernel = next(t for t in to_graph(model).tensors if t.name == "y/kernel")
    assert kernel.quantization.scales == (2.0**-4,)
    assert kernel.data.tolist() == [[16, 0], [-12, 28]]


def test_a_dense_layer_keeps_a_scale_a_channel_where_they_do_not():
    model = dense_model([[31, -3], [0, 7]], [0, -2], [3, 5])
    graph = to_graph(model)
    kernel = next(t for t in graph.tensors if t.name == "y/kernel")
    assert kernel.quantization.scales == (2.0**-2, 2.0**-4)
    inputs = inputs_for(model, 64)
    with TflmRunner(write_tflite(graph), graph, jobs=1) as tflm:
        outputs = tflm.run(inputs).outputs
    assert np.array_equal(outputs, [evaluate(model, one)["y"] for one in inputs])


def test_kernels_of_eight_bits_are_close():
    rng = np.random.default_rng(0)
    kernel = rng.integers(-127, 128, (40, 3))
    model = dense_model(kernel, [-6] * 3, [1, 3, 5], Grid(0, -128, 127))
    assert not model.exact
    graph, inputs = to_graph(model), inputs_for(model, 200)
    with TflmRunner(write_tflite(graph), graph, jobs=1) as tflm:
        outputs = tflm.run(inputs).outputs.astype(int)
    assert np.abs(outputs - [evaluate(model, one)["y"] for one in inputs]).max() <= 1


def test_lowering_is_deterministic_and_leaves_the_model_alone():
    model = every_kind()
    assert to_graph(model) == to_graph(every_kind())
    assert write_tflite(to_graph(model)) == write_tflite(to_graph(model))


def test_a_bias_beyond_int32_is_refused():
    with pytest.raises(FreezeError, match="'y': a bias does not fit 32 bits"):
        to_graph(dense_model([[1]], [0], [2**31]))
