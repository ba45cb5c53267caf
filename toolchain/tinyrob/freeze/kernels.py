"""From float kernels and biases to integers on power-of-two steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import FreezeError
from tinyrob.freeze.values import Accumulator, FloatArray
from tinyrob.frozen.model import Grid
from tinyrob.frozen.rules import FLOAT32_INTEGERS, float32_reach

EXACT_MAX = 31
"""|k| up to this can be written as int8 4k, which TFLite's double rounding needs."""

_SNAP_BITS = 12  # values are looked up on a grid this much finer than a channel's largest
_BIAS_NOISE = 1 / 64  # of an accumulator step: a straight-through estimator's float noise


def quantized(layer: str, quantizer: Any, weights: Any) -> FloatArray:
    """The deterministic inference form of ``quantizer`` on ``weights``, as it is in the network.

    Raises FreezeError for a missing quantizer, one whose scale is no power of two, and one that
    is random at inference.
    """
    if quantizer is None:
        raise FreezeError(
            f"layer {layer!r} has no kernel quantizer",
            "use ternary, stochastic_ternary or quantized_bits with alpha='auto_po2' or alpha=1",
        )
    alpha = getattr(quantizer, "alpha", None)
    if (isinstance(alpha, str) and alpha != "auto_po2") or not _powers_of_two(alpha):
        raise FreezeError(
            f"layer {layer!r}: the kernel's scale (alpha={alpha!r}) is not a power of two",
            "use alpha='auto_po2' or alpha=1",
        )
    first, second = (np.asarray(quantizer(weights), np.float64) for _ in range(2))
    if not np.array_equal(first, second):
        raise FreezeError(
            f"layer {layer!r}: {quantizer} gives other values each time, at inference too",
            "use stochastic_ternary, stochastic_binary or a deterministic quantizer, and leave "
            "Keras' learning phase at 0",
        )
    return first


def _powers_of_two(alpha: Any) -> bool:
    if alpha is None or isinstance(alpha, str):
        return True
    return is_power_of_two(np.abs(np.asarray(alpha, np.float64)))


def is_power_of_two(values: FloatArray, tolerance: float = 0.0) -> bool:
    """Whether every value (or its neighbour within the relative ``tolerance``) is 2**n."""
    return bool((values > 0).all()) and bool(
        (np.abs(values / np.exp2(np.rint(np.log2(values))) - 1) <= tolerance).all()
    )


def integers(layer: str, columns: FloatArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """``columns`` (weights, O) as integers (weights, O) and the exponents (O,) of their steps.

    Each channel gets the coarsest power-of-two step that holds its values; a channel of zeros gets
    the coarsest of the others. Values may be off by a float32 straight-through estimator's noise
    (x + (q - x) is not always q). Raises FreezeError where a channel needs more than 8 bits.
    """
    if not np.isfinite(columns).all():
        raise FreezeError(
            f"layer {layer!r}: the quantized kernel is not finite",
            "train it again: it has diverged",
        )
    k = np.zeros(columns.shape, np.int64)
    exponents = np.zeros(columns.shape[1], np.int64)
    zero = np.abs(columns).max(axis=0) == 0
    for c in np.flatnonzero(~zero):
        exponent = int(np.ceil(np.log2(np.abs(columns[:, c]).max()))) - _SNAP_BITS
        scaled = columns[:, c] / 2.0**exponent
        fine = np.rint(scaled).astype(np.int64)
        common = int(np.bitwise_or.reduce(np.abs(fine)))
        spare = (common & -common).bit_length() - 1
        k[:, c] = fine >> spare
        exponents[c] = exponent + spare
        if np.abs(scaled - fine).max() > 1 / 8 or k[:, c].max() > 127 or k[:, c].min() < -128:
            raise FreezeError(
                f"layer {layer!r}: the kernel of channel {c} does not fit 8 bits "
                "on any power-of-two step",
                "use a kernel quantizer of at most 6 bits (8 is the limit, but not exact) "
                "with alpha='auto_po2' or alpha=1",
            )
    if zero.any():
        exponents[zero] = exponents[~zero].max() if (~zero).any() else 0
    return k, exponents


@dataclass(frozen=True)
class Integers:
    """A compute node's numbers, as ``frozen`` defines them."""

    kernel: NDArray[np.int8]
    log2_kernel: NDArray[np.int64]
    bias: NDArray[np.int64]


def tie_free(accumulator: Accumulator, grid: Grid) -> Integers:
    """The integers of ``accumulator`` in front of the output ``grid``.

    Where the output is coarser than the accumulator step u, the bias becomes the odd multiple of
    u/2 nearest to it (a bias on the accumulator grid gets u/2 added), so that no accumulator can
    be half way between two outputs. Where it is not, a bias that falls between two accumulators
    makes the step finer as long as the kernel stays within ``EXACT_MAX``. A channel whose kernel
    has collapsed (all its weights together move less than a quarter of an output step, and its
    bias has no exact float32 on their step) becomes its bias alone.
    Raises FreezeError where float32 cannot hold the accumulators.
    """
    layer, source = accumulator.layer, accumulator.source.grid
    k, log2_kernel = integers(layer, accumulator.columns)
    bias = np.zeros(len(log2_kernel), np.int64)
    for c, value in enumerate(accumulator.bias):
        if _collapsed(k[:, c], value, source, source.log2_step + int(log2_kernel[c]), grid):
            k[:, c], log2_kernel[c] = 0, grid.log2_step - 1 - source.log2_step
        while not _bias_fits(value, source.log2_step + int(log2_kernel[c]), grid):
            if 2 * np.abs(k[:, c]).max() > EXACT_MAX:
                break
            k[:, c] *= 2
            log2_kernel[c] -= 1
        log2_u = source.log2_step + int(log2_kernel[c])
        steps = value / 2.0**log2_u
        coarser = grid.log2_step > log2_u
        bias[c] = 2 * np.floor(steps + _BIAS_NOISE) + 1 if coarser else 2 * np.rint(steps)
    _check_float32(layer, source, grid, k, log2_kernel, bias)
    return Integers(k.astype(np.int8).reshape(accumulator.kernel.shape), log2_kernel, bias)


def _collapsed(k: NDArray[np.int64], bias: float, source: Grid, log2_u: int, grid: Grid) -> bool:
    reach = float(np.abs(k).sum()) * max(-source.lo, source.hi)
    too_fine = 2 * (reach + abs(bias) / 2.0**log2_u) >= FLOAT32_INTEGERS
    return too_fine and reach * 2.0**log2_u < grid.step / 4


def _bias_fits(value: float, log2_u: int, grid: Grid) -> bool:
    steps = value / 2.0**log2_u
    return log2_u < grid.log2_step or bool(abs(steps - np.rint(steps)) < _BIAS_NOISE)


def _check_float32(
    layer: str,
    source: Grid,
    grid: Grid,
    k: NDArray[np.int64],
    log2_kernel: NDArray[np.int64],
    bias: NDArray[np.int64],
) -> None:
    reach = float32_reach(source, grid, k, log2_kernel, bias)
    worst = int(np.argmax(reach))
    if reach[worst] >= FLOAT32_INTEGERS:
        raise FreezeError(
            f"layer {layer!r}: accumulators of channel {worst} can reach {reach[worst]:.4g} "
            "half steps, and float32 counts to 2**24 only",
            "use fewer weights a channel, fewer bits, a smaller bias, or a coarser step "
            "(a bias far above the activations does this)",
        )
