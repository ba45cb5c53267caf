"""LOGISTIC and TANH of steps so coarse that they are a threshold: networks of values that nobody
scaled end so, and TFLite Micro runs them."""

from __future__ import annotations

import numpy as np
import pytest

from tinyrob.errors import UnsupportedModel
from tinyrob.ir import graph as ir
from tinyrob.ir.interp import interpret
from tinyrob.ir.rules import check_graph
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.run.tflm import TflmRunner

CURVES = {
    ir.Logistic(): ir.Quantization((1 / 256,), (-128,)),
    ir.Tanh(): ir.Quantization((1 / 128,), (0,)),
}


def curve(attributes: ir.Attributes, scale: float, zero: int) -> ir.Graph:
    shape = (1, 256)
    tensors = (
        ir.Tensor("x", shape, "int8", ir.Quantization((scale,), (zero,))),
        ir.Tensor("y", shape, "int8", CURVES[attributes]),
    )
    return ir.Graph(tensors, (ir.Op(attributes, (0,), (1,)),), (0,), (1,))


@pytest.mark.parametrize("attributes", CURVES, ids=lambda a: a.kind)
@pytest.mark.parametrize("scale", [3.5, 7.5, 8.0, 100.0, 1491050.375, 2.0**34])
@pytest.mark.parametrize("zero", [-128, 5])
def test_a_coarse_curve_is_tflite_micros(
    attributes: ir.Attributes, scale: float, zero: int
) -> None:
    graph = curve(attributes, scale, zero)
    every = np.arange(-128, 128, dtype=np.int8)[None]
    with TflmRunner(write_tflite(graph), graph, jobs=1) as reference:
        expected = reference.run(every).outputs
    np.testing.assert_array_equal(interpret(graph, every), expected)


@pytest.mark.parametrize("scale", [2.0**-28, 2.0**35])
def test_scales_that_tflite_micro_cannot_shift_by_are_refused(scale: float) -> None:
    with pytest.raises(UnsupportedModel, match="its input has the scale"):
        check_graph(curve(ir.Logistic(), scale, 0))
