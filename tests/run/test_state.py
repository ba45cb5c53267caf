"""Networks that keep a state: whole sequences, and after a reset, equal TFLite Micro's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from support.native import compiler
from support.on_host import host_folder
from support.recurrent import lstm, streaming, svdf
from support.streams import Line, wide
from tinyrob.errors import ModelFormatError
from tinyrob.ir import graph as ir
from tinyrob.ir import interp
from tinyrob.ir.rules import check_graph
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.passes.stream import streamed
from tinyrob.run.host import HostRunner
from tinyrob.run.protocol import Client
from tinyrob.run.tflm import TflmRunner


def stream_along(axis: int, turn: Callable[[ir.Graph], ir.Graph] = lambda g: g) -> ir.Graph:
    """Along the second axis, rows that are kept lie apart."""
    line = Line(12 + axis, *((9, 3) if axis == 0 else (3, 9)), 4)
    line.conv((3, 2) if axis == 0 else (2, 3), 4)
    line.depthwise((4, 1) if axis == 0 else (1, 4))
    line.dense(5)
    return streamed(turn(line.graph(f"stream{axis}")), axis).graph


NETWORKS = {
    "lstm": lstm(seed=1),
    "lstm with a clip": lstm(seed=2, clip=0.5),
    "a fine cell": lstm(seed=3, cell=2.0**-17),
    "lstm of int16": lstm(seed=4, clip=0.5, wide=True),
    "svdf": svdf(seed=4, wide=False, zero=11),
    "svdf with an int16 state": svdf(seed=5, wide=True),
    "svdf of two frames and one rank": svdf(seed=6, wide=False, rank=1, memory=2),
    "variables": streaming(np.zeros),
    "variables with first values": streaming(lambda n: np.arange(n) * 3 - 40),
}

NETWORKS |= {f"a stream along axis {axis}": stream_along(axis) for axis in (0, 1)}
NETWORKS |= {"a stream of int16": stream_along(0, wide)}


def sequence(graph: ir.Graph, count: int) -> np.ndarray:
    shape = graph.tensors[graph.inputs[0]].sample_shape
    kind = graph.tensors[graph.inputs[0]].dtype
    low, high = ir.limits(kind)
    return np.random.default_rng(7).integers(low, high + 1, (count, *shape)).astype(kind)


@pytest.mark.parametrize("name", NETWORKS)
def test_sequences_equal_tflite_micro_on_the_host_and_in_numpy(name: str, tmp_path: Path) -> None:
    compiler()
    graph = NETWORKS[name]
    data = write_tflite(graph)
    assert read_tflite(data, graph.name) == graph
    inputs = sequence(graph, 15)
    with (
        TflmRunner(data, graph, jobs=1) as tflm,
        HostRunner(host_folder(graph, data, tmp_path / "build"), sanitize=True) as host,
    ):
        expected = tflm.run(inputs).outputs
        np.testing.assert_array_equal(interp.interpret(graph, inputs), expected)
        np.testing.assert_array_equal(host.run(inputs).outputs, expected)
        # A second sequence begins afresh, on every runner.
        np.testing.assert_array_equal(host.run(inputs[5:]).outputs, tflm.run(inputs[5:]).outputs)
        assert (tflm.run(inputs[5:]).outputs != expected[5:]).any()
        right = tflm.layers(inputs[0])
        for layer, values in host.layers(inputs[0]).items():
            if layer in right:
                np.testing.assert_array_equal(values, right[layer], err_msg=layer)


def test_an_inference_that_is_asked_for_again_happens_once(tmp_path: Path) -> None:
    """A lost answer makes the host send the request again: the state must not go on twice."""
    compiler()
    graph = NETWORKS["lstm"]
    data = write_tflite(graph)
    inputs = sequence(graph, 4)
    with HostRunner(host_folder(graph, data, tmp_path / "build")) as host:
        expected = host.run(inputs).outputs
        client = host._client
        assert isinstance(client, Client)
        client.reset()
        got = []
        for one in inputs:
            body = one.tobytes()
            first, _ = client.infer(body, expected[0].nbytes)
            client._sequence -= 1  # the same request
            second, _ = client.infer(body, expected[0].nbytes)
            assert first == second
            got.append(np.frombuffer(second, np.int8).reshape(expected[0].shape))
        np.testing.assert_array_equal(np.stack(got), expected)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({1: {"shape": (8, 5)}}, "do not fit"),
        ({3: {"quantization": ir.Quantization((0.5,), (0,))}}, "its bias 'b' has the scale 0.5"),
        ({2: {"quantization": ir.Quantization((0.5,), (3,))}}, "'t' is not symmetric"),
        ({5: {"quantization": ir.Quantization((2.0**-27,), (4,))}}, r"its sums are scaled by 2\^3"),
        ({4: {"shape": (1, 39)}}, r"its state is int16 \[1, 39\]"),
    ],
    ids=["shapes", "bias", "zero point", "scale", "state"],
)
def test_an_svdf_that_contradicts_itself_is_named(
    changed: dict[int, dict[str, object]], message: str
) -> None:
    graph = svdf(seed=5, wide=True)
    tensors = list(graph.tensors)
    for index, values in changed.items():
        if "shape" in values:
            held = "data" if tensors[index].data is not None else "initial"
            kind = tensors[index].dtype
            values = {**values, held: np.zeros(values["shape"], kind)}  # type: ignore[call-overload]
        tensors[index] = replace(tensors[index], **values)
    with pytest.raises(ModelFormatError, match=message):
        check_graph(replace(graph, tensors=tuple(tensors)))
