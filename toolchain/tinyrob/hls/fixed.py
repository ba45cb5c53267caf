"""Fixed-point types as HLS has them, chosen so that nothing is ever lost.

A grid's values ``k * 2**log2_step`` are an ``ap_fixed`` whose lowest bit is worth the step. Casting
to a narrower grid saturates: that is the layer's clamp, and ReLU is one where the type is unsigned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import UnsupportedModel
from tinyrob.frozen.model import Conv2D, Dense, DepthwiseConv2D, Grid

Compute = Conv2D | DepthwiseConv2D | Dense
Int64 = NDArray[np.int64]


@dataclass(frozen=True)
class FixedType:
    """``bits`` wide, the lowest bit worth ``2**log2_step``.

    ``saturate``: "" (wraps; for types that hold all their values), "AP_SAT" or "AP_SAT_SYM".
    ``rounding``: what a cast does with lower bits, "TRN" (drops them) or "RND" (half up).
    """

    bits: int
    log2_step: int
    signed: bool
    saturate: str = ""
    rounding: str = "TRN"

    @property
    def integer_bits(self) -> int:
        """Bits before the point, the sign among them: may be negative, or more than ``bits``."""
        return self.bits + self.log2_step

    def __str__(self) -> str:
        mode = f",{self.rounding},{self.saturate.removeprefix('AP_')}" if self.saturate else ""
        return f"{'' if self.signed else 'u'}fixed<{self.bits},{self.integer_bits}{mode}>"


def type_of_grid(name: str, grid: Grid) -> FixedType:
    """The type with exactly the grid's values.

    Raises UnsupportedModel where the range is not one that a saturating cast gives.
    """
    bits = int(grid.hi + 1).bit_length() - 1
    if grid.hi == 2**bits - 1 and bits:
        if grid.lo == 0:
            return FixedType(bits, grid.log2_step, False, "AP_SAT")
        if grid.lo == -(grid.hi + 1):
            return FixedType(bits + 1, grid.log2_step, True, "AP_SAT")
        if grid.lo == -grid.hi:
            return FixedType(bits + 1, grid.log2_step, True, "AP_SAT_SYM")
    raise UnsupportedModel(
        f"layer {name!r}: no hardware type has exactly the range [{grid.lo}, {grid.hi}] steps",
        "use quantized_relu(bits, int) or quantized_bits(bits, int, 0, alpha=1) as its activation",
    )


def type_of_integers(values: Int64, log2_step: int) -> FixedType:
    """The narrowest type that holds ``values * 2**log2_step``; coarser steps where all allow it."""
    lo, hi = int(values.min(initial=0)), int(values.max(initial=0))
    if lo == hi == 0:
        return FixedType(1, log2_step, False)
    merged = int(np.bitwise_or.reduce(np.abs(values).ravel()))
    zeros = (merged & -merged).bit_length() - 1
    lo, hi, log2_step = lo >> zeros, hi >> zeros, log2_step + zeros
    return FixedType(bits_of_range(lo, hi), log2_step, lo < 0)


def bits_of_range(lo: int, hi: int) -> int:
    """Bits of the narrowest integer that holds ``[lo, hi]``, unsigned where ``lo >= 0``."""
    if lo >= 0:
        return max(1, hi.bit_length())
    return max(max(0, hi).bit_length(), (-lo - 1).bit_length()) + 1


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """A compute node as hardware does it: integers on one common step each.

    ``kernel`` (Keras' layout) times ``2**log2_kernel``; ``bias`` (O,) times ``2**log2_bias``.
    Where the output grid is coarser than the accumulator's, half an output step is in the bias
    already: casting then *truncates* and is still round-to-nearest, for there are no ties (DESIGN
    section 1).
    Accumulators lie in ``[low, high]`` (O,), in units of ``2**log2_bias``.
    """

    kernel: Int64
    log2_kernel: int
    bias: Int64
    log2_bias: int
    low: Int64
    high: Int64

    @property
    def weight_type(self) -> FixedType:
        """Of the kernel."""
        return type_of_integers(self.kernel, self.log2_kernel)

    @property
    def bias_type(self) -> FixedType:
        """Of the bias."""
        return type_of_integers(self.bias, self.log2_bias)

    @property
    def accumulator_type(self) -> FixedType:
        """Of the sum: no value it can take is lost."""
        lo, hi = min(0, int(self.low.min())), max(0, int(self.high.max()))
        return FixedType(bits_of_range(lo, hi), self.log2_bias, lo < 0)

    @property
    def weights(self) -> NDArray[np.float64]:
        """The kernel's real values, exactly."""
        return self.kernel.astype(np.float64) * 2.0**self.log2_kernel

    @property
    def biases(self) -> NDArray[np.float64]:
        """The bias' real values, exactly."""
        return self.bias.astype(np.float64) * 2.0**self.log2_bias

    @property
    def ternary(self) -> bool:
        """Whether every weight is -1, 0 or 1 times a power of two."""
        magnitudes = np.abs(self.kernel)
        return bool((magnitudes & (magnitudes - 1) == 0).all())


def arithmetic_of(node: Compute, source: Grid) -> Arithmetic:
    """How hardware computes ``node`` from inputs on the grid ``source``."""
    kernel, steps = node.kernel.astype(np.int64), node.log2_kernel.astype(np.int64)
    depthwise = isinstance(node, DepthwiseConv2D)
    channels = steps.reshape(kernel.shape[2:]) if depthwise else steps
    log2_kernel = int(steps.min(initial=0))
    kernel = kernel << (channels - log2_kernel)

    half_steps = source.log2_step + steps - 1
    round_up = node.grid.log2_step - 1
    log2_bias = int(min(half_steps.min(), source.log2_step + log2_kernel))
    bias = node.bias.astype(np.int64) << (half_steps - log2_bias)
    # A channel with nothing to round has no tie to avoid either, and truncating leaves it alone.
    rounded = half_steps + 1 < node.grid.log2_step
    bias = bias + np.where(rounded, 1 << np.maximum(0, round_up - log2_bias), 0)

    unit = source.log2_step + log2_kernel - log2_bias
    axes = (0, 1) if depthwise else tuple(range(kernel.ndim - 1))
    positive = np.maximum(kernel, 0).sum(axis=axes).ravel() << unit
    negative = np.minimum(kernel, 0).sum(axis=axes).ravel() << unit
    return Arithmetic(
        kernel=kernel,
        log2_kernel=log2_kernel,
        bias=bias,
        log2_bias=log2_bias,
        low=bias + positive * source.lo + negative * source.hi,
        high=bias + positive * source.hi + negative * source.lo,
    )


def dilated(kernel: Int64, dilation: tuple[int, int]) -> Int64:
    """The kernel (KH,KW,...) with the dilation's zeros written out: hls4ml has no dilation."""
    if dilation == (1, 1):
        return kernel
    height, width = ((n - 1) * d + 1 for n, d in zip(kernel.shape[:2], dilation, strict=True))
    wide: NDArray[Any] = np.zeros((height, width, *kernel.shape[2:]), kernel.dtype)
    wide[:: dilation[0], :: dilation[1]] = kernel
    return wide


def full_kernel(kernel: Int64) -> Int64:
    """A depthwise kernel (KH,KW,I,M) as a convolution's (KH,KW,I,I*M), with its zeros."""
    height, width, channels, multiplier = kernel.shape
    full: NDArray[Any] = np.zeros((height, width, channels, channels * multiplier), kernel.dtype)
    for channel in range(channels):
        own = slice(channel * multiplier, (channel + 1) * multiplier)
        full[:, :, channel, own] = kernel[:, :, channel]
    return full
