"""Scales at whose ties float32 and double arithmetic part: TFLite Micro takes double.

Random scales almost never show it: one product in thousands is near enough to a tie. These are made
to be: a ratio of small integers puts many sums on a half, from which the last bit of the multiplier
decides.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tinyrob.ir import graph as ir
from tinyrob.ir import interp, qmath
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.run.tflm import TflmRunner

SAMPLES = np.arange(-128, 128, dtype=np.int8).reshape(-1, 1)


def _float32(value: float) -> float:
    return float(np.float32(value))


def _grid(scale: float) -> ir.Quantization:
    return ir.Quantization((scale,), (0,))


def _graph(op: ir.Attributes, source: float, output: float, kernel: float | None) -> ir.Graph:
    tensors = [
        ir.Tensor("in", (1, 1), "int8", _grid(source)),
        ir.Tensor("out", (1, 1), "int8", _grid(output)),
    ]
    inputs: tuple[int, ...] = (0,)
    if kernel is not None:
        tensors.append(ir.Tensor("kernel", (1, 1), "int8", _grid(kernel), np.ones((1, 1), np.int8)))
        inputs = (0, 2, -1)
    return ir.Graph(tuple(tensors), (ir.Op(op, inputs, (1,)),), (0,), (1,), "tie")


def _outputs(real: float) -> np.ndarray:
    multiplier, shift = qmath.quantize_multiplier(real)
    return qmath.multiply_by_quantized_multiplier(SAMPLES.astype(np.int32), multiplier, shift)


def _rescale(source: float, _: float, output: float) -> tuple[float, float]:
    return source / output, _float32(source / output)


def _dense(source: float, kernel: float, output: float) -> tuple[float, float]:
    return source * kernel / output, _float32(source * kernel) / output


@pytest.mark.parametrize(
    ("op", "reals"),
    [
        (ir.FullyConnected(), _dense),
        (ir.Relu(), _rescale),
        (ir.Quantize(), _rescale),
    ],
    ids=lambda value: value.kind if isinstance(value, ir.Attributes) else "",
)
def test_ties_round_as_in_tflite_micro(
    op: ir.Attributes, reals: Callable[[float, float, float], tuple[float, float]]
) -> None:
    generator, telling = np.random.default_rng(5), 0
    while telling < 12:
        output = _float32(generator.uniform(0.01, 0.5))
        ratio = generator.integers(1, 80) / (2 * generator.integers(1, 40))
        kernel = ratio if reals is _dense else 1.0
        source = output if reals is _dense else _float32(output * ratio)
        kernel = _float32(kernel)
        double, single = reals(source, kernel, output)
        if np.array_equal(_outputs(double), _outputs(single)):
            continue
        telling += 1
        graph = _graph(op, source, output, kernel if reals is _dense else None)
        with TflmRunner(write_tflite(graph), graph, jobs=1) as tflm:
            np.testing.assert_array_equal(
                interp.interpret(graph, SAMPLES), tflm.run(SAMPLES).outputs
            )
