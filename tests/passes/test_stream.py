"""A stream's outputs are those of the whole network for the window that ends there, from the first
push on; what cannot be streamed is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.recurrent import lstm
from support.streams import Line, line_of, wide
from tinyrob.errors import UnsupportedModel
from tinyrob.ir import graph as ir
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.passes.stream import Stream, streamed


def assert_exact(graph: ir.Graph, seed: int = 3) -> Stream:
    """Every push, in NumPy; and the stream is a graph that a .tflite holds."""
    stream = streamed(graph, 0)
    pushes, windows = line_of(graph, stream, seed)
    expected, got = interpret(graph, windows), interpret(stream.graph, pushes)
    axis = stream.outputs[0]
    if axis is not None:
        made = got.shape[axis + 1]
        expected = expected.take(range(expected.shape[axis + 1] - made, expected.shape[axis + 1]),
                                 axis + 1)  # fmt: skip
    np.testing.assert_array_equal(got, expected.reshape(got.shape))
    assert len(np.unique(got)) > 2, "a network that says one thing hides what it computes"
    data = write_tflite(stream.graph)
    assert write_tflite(read_tflite(data, stream.graph.name)) == data
    return stream


def valid(line: Line) -> None:
    line.conv((3, 2), 4)
    line.depthwise((4, 1))
    line.conv((1, 1), 5)
    line.total()
    line.dense(4)


def strides(line: Line) -> None:
    line.conv((4, 3), 4, stride=(2, 2), padding="VALID")
    line.pool((2, 1), (2, 1))
    line.conv((2, 1), 3)
    line.dense(4)


def dilated_with_shortcuts(line: Line) -> None:
    for dilation in (1, 2, 3):
        before = line.x
        after = line.conv((3, 1), 2, dilation=(dilation, 1), activation=ir.Activation.NONE)
        line.x = before
        line.cut(2 * dilation, line.shape[1])
        line.plus(after)
    line.dense(3)


def causal_whose_last_step_is_read(line: Line) -> None:
    for dilation in (1, 2):
        line.pad(2 * dilation)
        line.conv((3, 1), 4, dilation=(dilation, 1))
    line.cut(line.shape[1] - 1, line.shape[1], shrink=True)
    line.dense(4)


def steps_out(line: Line) -> None:
    line.conv((3, 3), 4)
    line.conv((1, 1), 2, activation=ir.Activation.NONE)


def padded_across(line: Line) -> None:
    """Padding of the other axis is there for every step."""
    line.conv((1, 3), 4, padding="SAME")
    line.depthwise((3, 1))
    line.pool((1, 2), (1, 2), mean=True)
    line.dense(4)


def split_in_two_branches(line: Line) -> None:
    line.conv((3, 1), 6)
    first, _ = line.halves()
    line.plus(first)
    line.dense(4)


NETWORKS: dict[str, Callable[[Line], None]] = {
    f.__name__: f
    for f in (valid, strides, dilated_with_shortcuts, causal_whose_last_step_is_read, steps_out,
              padded_across, split_in_two_branches)
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_every_push_gives_what_the_whole_network_makes_of_its_window(name: str) -> None:
    line = Line(5, 19, 4, 2)
    NETWORKS[name](line)
    stream = assert_exact(line.graph(name))
    assert (stream.axis, stream.window) == (0, 19)
    assert stream.steps == (4 if name == "strides" else 1)
    assert stream.apart == ()
    weights = [op for op in stream.graph.ops if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D")]
    rows = {stream.graph.tensors[op.outputs[0]].shape[1] for op in weights}
    assert rows <= {1, 2}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.data())
def test_any_chain_of_windows_streams(seed: int, data: st.DataObject) -> None:
    line = Line(seed, data.draw(st.integers(8, 24)), data.draw(st.integers(1, 3)), 2)
    line.conv((1, 1), 3)
    for _ in range(data.draw(st.integers(1, 4))):
        taps = data.draw(st.integers(1, min(4, line.shape[1])))
        stride = data.draw(st.sampled_from((1, 1, 1, 2, 3)))
        kind = data.draw(st.sampled_from(("conv", "depthwise", "pool", "mean", "cut", "dilated")))
        if kind == "conv":
            line.conv((taps, 1), 3, stride=(stride, 1))
        elif kind == "depthwise":
            line.depthwise((taps, 1))
        elif kind in ("pool", "mean"):
            line.pool((taps, 1), (stride, 1), mean=kind == "mean")
        elif kind == "cut" and line.shape[1] > 2:
            line.cut(data.draw(st.integers(0, 1)), line.shape[1] - data.draw(st.integers(0, 1)))
        elif line.shape[1] > 4:
            line.conv((2, 1), 2, dilation=(data.draw(st.integers(1, 3)), 1))
    line.dense(3)
    stream = streamed(line.graph(), 0)
    pushes, windows = line_of(line.graph(), stream, seed)
    np.testing.assert_array_equal(interpret(stream.graph, pushes), interpret(line.graph(), windows))


def test_layers_behind_padding_see_the_whole_window_and_are_named() -> None:
    line = Line(6, 16, 1, 3)
    line.conv((4, 1), 4)
    padded = line.tensors[line.conv((3, 1), 4, padding="SAME")].name
    line.dense(4)
    stream = assert_exact(line.graph())
    assert [one.layer for one in stream.apart] == [padded]
    assert "pads 1 steps in front of the window and 1 behind it" in stream.apart[0].what


def test_an_operator_that_has_no_steps_is_named() -> None:
    line = Line(13, 10, 1, 2)
    line.conv((3, 1), 3)
    name = line.tensors[line.flipped()].name
    line.conv((3, 1), 3)
    line.dense(3)
    stream = assert_exact(line.graph())
    assert [(one.layer, one.what) for one in stream.apart] == [
        (name, "REVERSE_V2 is not done step by step")
    ]


def test_time_may_be_the_second_axis() -> None:
    line = Line(7, 3, 17, 2)
    line.conv((3, 4), 4)
    line.conv((1, 3), 3)
    line.dense(4)
    graph = line.graph()
    stream = streamed(graph, 1)
    pushes, windows = line_of(graph, stream, 1)
    np.testing.assert_array_equal(interpret(stream.graph, pushes), interpret(graph, windows))


def test_float32_and_int16_networks_stream_as_they_are() -> None:
    line = Line(12, 9, 1, 2)
    line.conv((3, 1), 4)
    graph = line.graph()
    outer = [
        ir.Tensor(f"real_{i}", graph.tensors[i].shape, "float32")
        for i in (*graph.inputs, *graph.outputs)
    ]
    count = len(graph.tensors)
    real = replace(
        graph, tensors=(*graph.tensors, *outer), outer_inputs=(count,), outer_outputs=(count + 1,)
    )
    made = streamed(real, 0).graph
    assert [made.tensors[i].shape for i in (*made.entries, *made.exits)] == [
        (1, 1, 1, 2), (1, 1, 1, 4),
    ]  # fmt: skip
    assert read_tflite(write_tflite(made), "real").outer_inputs
    stream = streamed(wide(graph), 0)
    x = np.random.default_rng(1).integers(-(2**15), 2**15, (20, 1, 1, 2)).astype(np.int16)
    windows = np.stack([x[i - 9 : i, 0] for i in range(9, 21)])
    np.testing.assert_array_equal(
        interpret(stream.graph, x)[8:], interpret(wide(graph), windows)[:, -1:]
    )


def refused(graph: ir.Graph, axis: int = 0) -> UnsupportedModel:
    with pytest.raises(UnsupportedModel) as caught:
        streamed(graph, axis)
    return caught.value


def test_every_padding_is_named_where_nothing_is_gained() -> None:
    line = Line(8, 12, 4, 2)
    names = [line.tensors[line.conv((3, 3), 4, padding="SAME")].name for _ in range(3)]
    line.total()
    error = refused(line.graph())
    assert [one.layer for one in error.obstacles] == names
    assert "3 things stand in the way" in error.message
    assert "'valid'" in error.obstacles[0].hint


def test_an_axis_that_is_none_and_one_of_a_single_step_are_refused() -> None:
    line = Line(9, 12, 1, 2)
    line.conv((3, 1), 2)
    graph = line.graph()
    assert "has no axis 7" in refused(graph, 7).message
    assert "one step long" in refused(graph, 1).message


def test_a_network_with_a_state_and_one_without_steps_are_refused() -> None:
    assert "keeps a state already" in refused(lstm(seed=1)).message
    line = Line(10, 12, 2, 2)
    line.dense(4)
    assert "no layer with weights works step by step" in refused(line.graph()).message


def test_different_constants_for_steps_are_named() -> None:
    line = Line(11, 8, 1, 2)
    other = line.constant(np.arange(16, dtype=np.int8).reshape(1, 8, 1, 2), line.grid())
    name = line.tensors[line.plus(other)].name
    line.conv((3, 1), 2)
    error = refused(line.graph())
    assert [one.layer for one in error.obstacles] == [name]
    assert "values of their own" in error.obstacles[0].what
