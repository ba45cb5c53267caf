"""Makes .tflite files that no writer of ours would: for tests of what the reader refuses."""

from __future__ import annotations

from collections.abc import Callable

import flatbuffers
import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from tinyrob.ir import graph as ir
from tinyrob.ir.tflite_write import write_tflite


def edit(tflite: bytes, change: Callable[[schema.ModelT], object]) -> bytes:
    """The file after ``change`` has been at its object tree."""
    model = schema.ModelT.InitFromPackedBuf(tflite, 0)
    change(model)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def small_network() -> ir.Graph:
    """CONV_2D, ADD, FULLY_CONNECTED and SOFTMAX on a 6x6 image; all kinds of tensors."""
    rng = np.random.default_rng(1)
    kernel = rng.integers(-31, 32, (4, 3, 3, 2)).astype(np.int8)
    weights = rng.integers(-31, 32, (5, 144)).astype(np.int8)
    bias = rng.integers(-99, 99, 5).astype(np.int32)
    scales = (2.0**-7, 2.0**-6, 2.0**-7, 2.0**-5)
    unit = ir.Quantization((1 / 256,), (-128,))
    tensors = (
        ir.Tensor("image", (1, 6, 6, 2), "int8", ir.Quantization((2.0**-7,), (0,))),
        ir.Tensor("conv/kernel", kernel.shape, "int8", ir.Quantization(scales, (0,) * 4), kernel),
        ir.Tensor("conv", (1, 6, 6, 4), "int8", ir.Quantization((2.0**-4,), (-128,))),
        ir.Tensor("sum", (1, 6, 6, 4), "int8", ir.Quantization((2.0**-3,), (-128,))),
        ir.Tensor("dense/kernel", (5, 144), "int8", ir.Quantization((0.5,), (0,)), weights),
        ir.Tensor("dense/bias", (5,), "int32", ir.Quantization((2.0**-4,), (0,)), bias),
        ir.Tensor("logits", (1, 5), "int8", ir.Quantization((8.0,), (3,))),
        ir.Tensor("probabilities", (1, 5), "int8", unit),
    )
    ops = (
        ir.Op(ir.Conv2D((1, 1), "SAME", activation=ir.Activation.RELU), (0, 1, -1), (2,)),
        ir.Op(ir.Add(), (2, 2), (3,)),
        ir.Op(ir.FullyConnected(), (3, 4, 5), (6,)),
        ir.Op(ir.Softmax(), (6,), (7,)),
    )
    return ir.Graph(tensors, ops, (0,), (7,), "small", {"recipe": "none", "note": "ünï"})


def small_file() -> bytes:
    """``small_network`` as a .tflite."""
    return write_tflite(small_network())
