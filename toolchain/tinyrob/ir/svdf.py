"""The factors of an int8 SVDF, as TFLite Micro derives them from the scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinyrob.ir.graph import Op, Quantization, Tensor
from tinyrob.ir.qmath import Factor, quantize_multiplier

FEATURES, TIME, BIAS, STATE = 1, 2, 3, 4
"""Operands, behind the activations."""


@dataclass(frozen=True)
class SvdfFactors:
    """``feature``: from the product with an input to the state; ``output``: from the sum over time
    to the output."""

    feature: Factor
    output: Factor


def svdf_factors(op: Op, tensors: Sequence[Tensor]) -> SvdfFactors:
    """Of an operator whose tensors are quantized: products and quotients in float32."""

    def scale(tensor: Tensor) -> np.float32:
        grid: Quantization | None = tensor.quantization
        assert grid is not None
        return np.float32(grid.scale)

    source, features, time, state = (
        scale(tensors[op.inputs[i]]) for i in (0, FEATURES, TIME, STATE)
    )
    output = scale(tensors[op.outputs[0]])
    return SvdfFactors(
        Factor(*quantize_multiplier(float(source * features / state))),
        Factor(*quantize_multiplier(float(state * time / output))),
    )
