"""float32 and uint8 at a network's ends: what TFLite Micro computes there, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.borders import U8, awkward, bordered
from support.graphs import graphs
from tinyrob.errors import DataError
from tinyrob.ir import border, interp
from tinyrob.ir import graph as ir
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.run.tflm import TflmRunner

PLAIN = graphs(("RELU6", "CONV_2D", "RESHAPE", "MAX_POOL_2D"), max_ops=3)


def outer_inputs(graph: ir.Graph, count: int) -> np.ndarray:
    inner, outer = border.inputs_of(graph)[0]
    if outer.dtype == "uint8":
        shape = (count, *outer.sample_shape)
        return np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    return awkward(inner, count)


def expected(graph: ir.Graph, inputs: np.ndarray) -> np.ndarray:
    """By our own arithmetic: in, through the integers, out."""
    inner = border.enter(*border.inputs_of(graph)[0], inputs)
    return border.leave(*border.outputs_of(graph)[0], interp.interpret(graph, inner))


@pytest.mark.parametrize(
    ("given_type", "made_type", "grid"),
    [
        ("float32", "float32", None),
        ("uint8", "uint8", None),
        ("uint8", "uint8", U8),
        ("float32", "uint8", U8),
        ("uint8", "float32", None),
        ("float32", None, None),
    ],
)
def test_borders_equal_tflite_micro(
    given_type: str, made_type: str | None, grid: ir.Quantization | None
) -> None:
    @settings(max_examples=15)
    @given(PLAIN)
    def check(graph: ir.Graph) -> None:
        model = bordered(graph, given_type, made_type, grid)
        inputs = outer_inputs(model, 8)
        with TflmRunner(write_tflite(model), model, jobs=1) as tflm:
            made = tflm.run(inputs).outputs
        ours = expected(model, inputs)
        assert made.dtype == ours.dtype
        np.testing.assert_array_equal(made, ours)

    check()


@settings(max_examples=20)
@given(PLAIN, st.sampled_from([None, "float32", "uint8"]), st.sampled_from([None, "float32"]))
def test_reading_what_was_written_gives_the_border_back(
    graph: ir.Graph, given_type: str | None, made_type: str | None
) -> None:
    model = bordered(graph, given_type, made_type)
    assert read_tflite(write_tflite(model)) == model


@settings(max_examples=20)
@given(PLAIN, st.sampled_from(["float32", "uint8"]))
def test_every_integer_has_an_input_that_becomes_it(graph: ir.Graph, kind: str) -> None:
    inner, outer = border.inputs_of(bordered(graph, kind, None))[0]
    values = np.arange(-128, 128, dtype=np.int8)
    back = border.enter(inner, outer, border.restore(inner, outer, values))
    np.testing.assert_array_equal(back, values)


def test_an_integer_that_no_uint8_becomes_is_named() -> None:
    inner = ir.Tensor("x", (1, 4), "int8", ir.Quantization((0.5,), (0,)))
    outer = ir.Tensor("u", (1, 4), "uint8", ir.Quantization((1.0,), (128,)))
    with pytest.raises(DataError, match="no uint8 value of 'u' becomes 1 of 'x'"):
        border.restore(inner, outer, np.array([[1]], np.int8))


@pytest.mark.parametrize(
    ("value", "made"),
    [(0.5, 1), (-0.5, -1), (1.4999999, 1), (2.5, 3), (1e38, 127), (-1e38, -128), (np.inf, 127),
     (-np.inf, -128), (np.nan, -128)],
)  # fmt: skip
def test_halves_go_away_from_zero_and_ends_are_clamped(value: float, made: int) -> None:
    inner = ir.Tensor("x", (1, 1), "int8", ir.Quantization((1.0,), (0,)))
    outer = ir.Tensor("f", (1, 1), "float32")
    assert border.enter(inner, outer, np.array([value], np.float32))[0] == made
