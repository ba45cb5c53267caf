"""The factors of an int8 SVDF, as TFLite Micro derives them from the scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinyrob.ir.graph import Op, Tensor
from tinyrob.ir.qmath import Factor, matmul_factor

FEATURES, TIME, BIAS, STATE = 1, 2, 3, 4
"""Operands, behind the activations."""


@dataclass(frozen=True)
class SvdfFactors:
    """``feature``: from the product with an input to the state; ``output``: from the sum over time
    to the output."""

    feature: Factor
    output: Factor


def svdf_factors(op: Op, tensors: Sequence[Tensor]) -> SvdfFactors:
    """Of an operator whose tensors are quantized."""

    def scale(index: int) -> float:
        grid = tensors[index].quantization
        assert grid is not None
        return grid.scale

    source, features, time, state = (scale(op.inputs[i]) for i in (0, FEATURES, TIME, STATE))
    return SvdfFactors(
        matmul_factor(source, features, state), matmul_factor(state, time, scale(op.outputs[0]))
    )
