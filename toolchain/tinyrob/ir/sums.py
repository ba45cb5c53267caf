"""In how many bits TFLite Micro sums products of int16 activations and int8 weights."""

from __future__ import annotations

from collections.abc import Sequence

from tinyrob.ir.graph import Conv2D, FullyConnected, Op, Tensor, TransposeConv

INT32_BIAS = 2
"""TFLite's code of int32, in the options of an operator without a bias."""


def wide_sums(op: Op, tensors: Sequence[Tensor]) -> bool:
    """Whether sums are of 64 bits, and rescaled by ``qmath.multiply_wide``.

    Those of int16 activations are, unless the bias is int32: that goes with sums of 32 bits, as
    int8 activations have them.
    """
    if tensors[op.outputs[0]].dtype != "int16":
        return False
    position = 3 if isinstance(op.attributes, TransposeConv) else 2
    given = op.inputs[position] if len(op.inputs) > position else -1
    if given >= 0:
        return tensors[given].dtype != "int32"
    options = op.attributes
    if isinstance(options, Conv2D | FullyConnected):
        return options.quantized_bias_type != INT32_BIAS
    return True
