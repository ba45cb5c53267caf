"""Graphs compare by value, constants included."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from support.surgery import small_network
from tinyrob.ir import graph as ir


@pytest.mark.parametrize(
    ("shape", "sample"),
    [
        ((1, 32, 32, 3), (32, 32, 3)),
        ((1, 10), (10,)),
        ((10,), (10,)),
        ((1,), (1,)),
        ((2, 3), (2, 3)),
        ((), ()),
    ],
)
def test_a_sample_is_without_the_batch_axis(
    shape: tuple[int, ...], sample: tuple[int, ...]
) -> None:
    assert ir.Tensor("x", shape, "int8").sample_shape == sample


def test_sizes() -> None:
    tensor = ir.Tensor("x", (1, 3, 5), "int32")
    assert (tensor.elements, tensor.bytes) == (15, 60)


def test_graphs_differ_by_one_weight() -> None:
    graph, other = small_network(), small_network()
    assert graph == other
    data = graph.tensors[1].data.copy()
    data.flat[7] += 1
    tensors = (graph.tensors[0], replace(graph.tensors[1], data=data), *graph.tensors[2:])
    assert replace(graph, tensors=tensors) != graph


def test_a_constant_is_asked_for_by_index() -> None:
    graph = small_network()
    np.testing.assert_array_equal(graph.constant(1), graph.tensors[1].data)
    with pytest.raises(ValueError, match="'conv' is not a constant"):
        graph.constant(2)


def test_a_per_channel_quantization_has_no_single_scale() -> None:
    quantization = small_network().tensors[1].quantization
    with pytest.raises(ValueError, match="no single scale"):
        _ = quantization.scale
    with pytest.raises(ValueError, match="no single zero point"):
        _ = quantization.zero_point
