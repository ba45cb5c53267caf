"""Layers that multiply: convolutions, dense layers, products of matrices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from tinyrob.ir.qmath import Factor
from tinyrob.network.specs.base import Int8, Int32, Integers, Spec, Window
from tinyrob.network.specs.elementwise import Add


@dataclass(frozen=True, eq=False)
class Weighted(Spec):
    """``bias`` (O,), ``multiplier`` and ``shift`` (O,) or (1,): one for each output channel.

    ``wide``: sums are of 64 bits and rescaled as such (``qmath.multiply_wide``).
    """

    batches: int
    in_c: int
    weights: Int8
    bias: Integers
    multiplier: Int32
    shift: Int32
    input_zero_point: int
    output_zero_point: int
    wide: bool = field(default=False, kw_only=True)

    @property
    def out_c(self) -> int:
        """Output channels."""
        return self.bias.size

    @property
    def macs(self) -> int:
        """One for each weight and batch entry."""
        return self.batches * self.weights.size


@dataclass(frozen=True, eq=False)
class Windowed(Weighted):
    """Weights that slide over an image."""

    window: Window

    @property
    def macs(self) -> int:
        """One for each output and tap."""
        return super().macs * self.window.out_h * self.window.out_w


@dataclass(frozen=True, eq=False)
class Conv(Windowed):
    """``weights`` (O,KH,KW,I)."""

    kind: ClassVar[str] = "CONV_2D"


@dataclass(frozen=True, eq=False)
class Depthwise(Windowed):
    """``weights`` (KH,KW,O) with O = in_c * depth."""

    kind: ClassVar[str] = "DEPTHWISE_CONV_2D"

    @property
    def depth(self) -> int:
        """Output channels of each input channel."""
        return self.out_c // self.in_c


@dataclass(frozen=True, eq=False)
class DepthwiseUniform(Depthwise):
    """A depthwise convolution whose channels each have one weight for all taps."""

    kind: ClassVar[str] = "DEPTHWISE_CONV_2D_UNIFORM"


@dataclass(frozen=True, eq=False)
class Dense(Weighted):
    """``weights`` (O,I)."""

    kind: ClassVar[str] = "FULLY_CONNECTED"


@dataclass(frozen=True)
class Spread:
    """A kernel that spreads every input over outputs: sizes in elements, as of ``Window``."""

    in_h: int
    in_w: int
    out_h: int
    out_w: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    pad_top: int
    pad_left: int


@dataclass(frozen=True, eq=False)
class TransposeConv(Spec):
    """``weights`` (O,KH,KW,I); the rest as of ``Weighted``, which it is not: how many taps meet in
    an output depends on where that is."""

    kind: ClassVar[str] = "TRANSPOSE_CONV"
    spread: Spread
    batches: int
    in_c: int
    weights: Int8
    bias: Integers
    multiplier: Int32
    shift: Int32
    input_zero_point: int
    output_zero_point: int
    wide: bool = field(default=False, kw_only=True)

    @property
    def out_c(self) -> int:
        """Output channels."""
        return self.bias.size

    @property
    def macs(self) -> int:
        """One for each input and tap."""
        return self.batches * self.spread.in_h * self.spread.in_w * self.weights.size


@dataclass(frozen=True)
class Matrices:
    """``batches``: up to three loops, along which a and b move by their strides. A product is of
    (``rows``, ``depth``) and (``depth``, ``columns``); ``a_steps`` and ``b_steps`` are between
    neighbours along those two axes."""

    batches: tuple[int, ...]
    a_strides: tuple[int, int, int]
    b_strides: tuple[int, int, int]
    rows: int
    depth: int
    columns: int
    a_steps: tuple[int, int]
    b_steps: tuple[int, int]


@dataclass(frozen=True, eq=False)
class BatchMatmul(Spec):
    """Products of two inputs' last two axes."""

    kind: ClassVar[str] = "BATCH_MATMUL"
    joins: ClassVar[bool] = True
    of: Matrices
    a_zero_point: int
    b_zero_point: int
    output_zero_point: int
    factor: Factor

    @property
    def macs(self) -> int:
        """One for each pair that is multiplied."""
        return int(np.prod((*self.of.batches, self.of.rows, self.of.depth, self.of.columns)))


@dataclass(frozen=True, eq=False)
class ConvAdd(Spec):
    """A convolution clamped to ``conv_clamp``, which is operand a of a sum.

    Inputs: the convolution's, then operand b. The layer's own clamp is the sum's.
    """

    kind: ClassVar[str] = "CONV_2D_ADD"
    conv: Conv
    conv_clamp: tuple[int, int]
    add: Add

    @property
    def macs(self) -> int:
        """The convolution's."""
        return self.conv.macs


@dataclass(frozen=True, eq=False)
class ConvGroups(Spec):
    """Convolutions of one geometry, each of its channels of the input to its of the output."""

    kind: ClassVar[str] = "CONV_2D_GROUPED"
    groups: tuple[Conv, ...]

    @property
    def macs(self) -> int:
        """Those of every group."""
        return sum(group.macs for group in self.groups)


@dataclass(frozen=True, eq=False)
class Conv2Bit(Conv):
    """A convolution whose weights are stored in 2 bits: ternary, up to a factor a channel."""

    kind: ClassVar[str] = "CONV_2D_2BIT"


@dataclass(frozen=True, eq=False)
class Conv4Bit(Conv):
    """A convolution whose weights are stored in 4 bits: of 16 levels, up to a factor a channel."""

    kind: ClassVar[str] = "CONV_2D_4BIT"


@dataclass(frozen=True, eq=False)
class ConvAdd2Bit(ConvAdd):
    """A convolution with a sum at its end, and weights stored in 2 bits."""

    kind: ClassVar[str] = "CONV_2D_ADD_2BIT"


@dataclass(frozen=True, eq=False)
class ConvAdd4Bit(ConvAdd):
    """A convolution with a sum at its end, and weights stored in 4 bits."""

    kind: ClassVar[str] = "CONV_2D_ADD_4BIT"
