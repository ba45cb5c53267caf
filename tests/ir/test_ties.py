"""Scales at whose ties float32 and double arithmetic part: TFLite Micro derives its factors in
double, wherever its source shows float32 products and quotients. What it computes in float32 (ELU)
stays so.

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


@pytest.mark.parametrize(
    ("op", "first", "second", "output"),
    [
        (ir.Div(), 0.11640770733356476, 0.037633027881383896, 0.02339613437652588),
        (ir.Div(), 0.1732034832239151, 0.005377491936087608, 0.1815744936466217),
        (ir.BatchMatmul(), 0.26298725605010986, 0.012198724783957005, 0.10265949368476868),
        (ir.BatchMatmul(), 0.010737186297774315, 0.023979026824235916, 0.016477905213832855),
    ],
    ids=lambda value: value.kind if isinstance(value, ir.Attributes) else "",
)
def test_every_pair_rounds_as_in_tflite_micro(
    op: ir.Attributes, first: float, second: float, output: float
) -> None:
    """Scales at which a float32 product or quotient gives another value of a few pairs."""
    every = SAMPLES.reshape(1, 1, 256)
    tensors = (
        ir.Tensor("in", (1, 256, 1), "int8", _grid(first)),
        ir.Tensor("out", (1, 256, 256), "int8", _grid(output)),
        ir.Tensor("other", every.shape, "int8", _grid(second), every),
    )
    graph = ir.Graph(tensors, (ir.Op(op, (0, 2), (1,)),), (0,), (1,), "pairs")
    samples = SAMPLES.reshape(1, 256, 1)
    with TflmRunner(write_tflite(graph), graph, jobs=1) as tflm:
        np.testing.assert_array_equal(interp.interpret(graph, samples), tflm.run(samples).outputs)


@pytest.mark.parametrize(
    ("source", "features", "state", "time", "output"),
    [
        (0.027806710451841354, 0.004039868246763945, 4.4934178731637076e-05,
         9.149497782345861e-05, 0.00259008863940835),
        (0.3756914436817169, 0.019222555682063103, 0.002063357038423419,
         0.00011933527275687084, 0.4038192927837372),
        (0.06277550011873245, 0.014967557042837143, 9.890482760965824e-05,
         2.6381294446764514e-05, 0.0010958797065541148),
    ],
)  # fmt: skip
def test_an_svdf_rounds_as_in_tflite_micro(
    source: float, features: float, state: float, time: float, output: float
) -> None:
    """Scales at which factors in float32 give another value: a memory of one, so that every input
    meets every weight on its own."""
    weights = np.arange(1, 128, dtype=np.int8).reshape(-1, 1)
    times = np.linspace(-32768, 32767, len(weights)).astype(np.int16).reshape(-1, 1)
    none, units = np.zeros(len(weights), np.int32), (1, len(weights))
    tensors = (
        ir.Tensor("in", (1, 1), "int8", _grid(source)),
        ir.Tensor("features", weights.shape, "int8", _grid(features), weights),
        ir.Tensor("time", times.shape, "int16", _grid(time), times),
        ir.Tensor("bias", none.shape, "int32", _grid(_float32(state * time)), none),
        ir.Tensor("state", units, "int16", _grid(state), initial=none.reshape(units).astype("i2")),
        ir.Tensor("out", units, "int8", _grid(output)),
    )
    ops = (ir.Op(ir.Svdf(rank=1), (0, 1, 2, 3, 4), (5,)),)
    graph = ir.Graph(tensors, ops, (0,), (5,), "svdf")
    with TflmRunner(write_tflite(graph), graph, jobs=1) as tflm:
        np.testing.assert_array_equal(interp.interpret(graph, SAMPLES), tflm.run(SAMPLES).outputs)


@pytest.mark.parametrize(
    ("source", "output"),
    [
        (ir.Quantization((0.013065003789961338,), (32,)),
         ir.Quantization((0.036582011729478836,), (91,))),
        (ir.Quantization((0.08648038655519485,), (-105,)),
         ir.Quantization((0.05321869999170303,), (-28,))),
    ],
)  # fmt: skip
def test_an_elu_is_computed_in_float32(source: ir.Quantization, output: ir.Quantization) -> None:
    """Scales at which doubles give other values, and so does a division by the output's scale."""
    tensors = (ir.Tensor("in", (1, 1), "int8", source), ir.Tensor("out", (1, 1), "int8", output))
    graph = ir.Graph(tensors, (ir.Op(ir.Elu(), (0,), (1,)),), (0,), (1,), "elu")
    with TflmRunner(write_tflite(graph), graph, jobs=1) as tflm:
        np.testing.assert_array_equal(interp.interpret(graph, SAMPLES), tflm.run(SAMPLES).outputs)
