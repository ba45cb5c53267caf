"""Operators with weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tinyrob.ir.operators.base import Activation, Attributes, Padding


@dataclass(frozen=True)
class Conv2D(Attributes):
    """Inputs: activations (N,H,W,I), kernel (O,KH,KW,I), bias (O,) or absent.

    ``quantized_bias_type`` says where it is absent, and activations are int16, what it would be.
    """

    kind: ClassVar[str] = "CONV_2D"
    stride: tuple[int, int]
    padding: Padding
    dilation: tuple[int, int] = (1, 1)
    activation: Activation = Activation.NONE
    quantized_bias_type: int = 0


@dataclass(frozen=True)
class DepthwiseConv2D(Attributes):
    """Inputs: activations (N,H,W,I), kernel (1,KH,KW,I*multiplier), bias or absent."""

    kind: ClassVar[str] = "DEPTHWISE_CONV_2D"
    stride: tuple[int, int]
    padding: Padding
    multiplier: int = 1
    dilation: tuple[int, int] = (1, 1)
    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class FullyConnected(Attributes):
    """Inputs: activations (..., I), kernel (O,I), bias (O,) or absent."""

    kind: ClassVar[str] = "FULLY_CONNECTED"
    activation: Activation = Activation.NONE
    keep_num_dims: bool = False
    quantized_bias_type: int = 0


@dataclass(frozen=True)
class TransposeConv(Attributes):
    """Inputs: output shape (int32 constant), kernel (O,KH,KW,I), activations (N,H,W,I), bias (O,)
    or absent."""

    kind: ClassVar[str] = "TRANSPOSE_CONV"
    stride: tuple[int, int]
    padding: Padding
    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class BatchMatmul(Attributes):
    """Inputs: activations (..., M, K) and (..., K, N), one of which may be a constant; the last two
    axes are the other way round where ``adjoint_a`` or ``adjoint_b`` is set."""

    kind: ClassVar[str] = "BATCH_MATMUL"
    adjoint_a: bool = False
    adjoint_b: bool = False
