"""From an activation quantizer to the grid of its values."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyrob.errors import FreezeError
from tinyrob.frozen.model import Grid

_HINT = "use quantized_relu(bits, integer) or quantized_bits(bits, integer, 0, alpha=1)"


def kind_of(quantizer: Any) -> str:
    """The QKeras class that ``quantizer`` is or descends from; else its own name."""
    for cls in type(quantizer).__mro__:
        if cls.__module__.startswith("qkeras.") and cls.__name__ != "BaseQuantizer":
            return str(cls.__name__)
    return str(getattr(quantizer, "__name__", type(quantizer).__name__))


def grid_of(layer: str, quantizer: Any) -> Grid:
    """The grid of an activation quantizer. Raises FreezeError where it is not an exact one.

    The quantizer is tried on points around each of the grid's values, so that an option (or a
    subclass) that changes what it does cannot pass unseen.
    """
    kind = kind_of(quantizer)
    if kind == "softmax":
        raise softmax(layer)
    if kind == "quantized_relu":
        grid = _relu(layer, quantizer)
    elif kind == "quantized_bits":
        grid = _bits(layer, quantizer)
    else:
        tried = _tried(quantizer)
        if tried is None:
            raise FreezeError(
                f"layer {layer!r}: the activation {kind} has no exact integer form", _HINT
            )
        grid = tried
    if not _acts_like(quantizer, grid):
        raise FreezeError(
            f"layer {layer!r}: {quantizer} does not round to the nearest of its "
            f"{grid.hi - grid.lo + 1} values and clip at the ends",
            "leave alpha at 1 and the other options (noise, slope, sigmoid, upper bound) alone",
        )
    return grid


def softmax(layer: str) -> FreezeError:
    """The error for a softmax, wherever it stands."""
    return FreezeError(
        f"layer {layer!r} is a softmax: it saturates and would hide differences",
        "take it off: the frozen model ends with its logits (train with from_logits=True)",
    )


def _relu(layer: str, quantizer: Any) -> Grid:
    bits = _bit_width(layer, quantizer)
    return Grid(int(quantizer.integer) - bits, 0, 2**bits - 1)


def _bits(layer: str, quantizer: Any) -> Grid:
    bits = _bit_width(layer, quantizer)
    if not quantizer.keep_negative:
        return Grid(int(quantizer.integer) - bits, 0, 2**bits - 1)
    if bits == 1:
        raise FreezeError(f"layer {layer!r}: {quantizer} is a sign function, which has no 0", _HINT)
    top = 2 ** (bits - 1) - 1
    low = -top if quantizer.symmetric else -top - 1
    return Grid(int(quantizer.integer) + 1 - bits, low, top)


_TRIED = 2**12  # steps in each direction, on each of the scales that a quantizer is tried on


def _tried(quantizer: Any) -> Grid | None:
    """The grid of a quantizer of another kind, from the values that it gives; None: it has none."""
    points = np.arange(-_TRIED, _TRIED + 1)
    try:
        found = [np.asarray(quantizer((points * s).astype(np.float32))) for s in (2.0**-8, 1.0)]
    except Exception:  # a quantizer of any kind, on values that it may not know
        return None
    values = np.unique(np.concatenate(found).astype(np.float64))
    if not 2 <= len(values) <= 256 or not np.isfinite(values).all():
        return None
    step = float(np.diff(values).min())
    log2_step = int(np.rint(np.log2(step)))
    k = np.rint(values / 2.0**log2_step)
    if step != 2.0**log2_step or not np.array_equal(k * step, values):
        return None
    low, top = int(k[0]), int(k[-1])
    bits = (top + 1).bit_length() - 1
    if top != 2**bits - 1 or low not in (0, -top, -top - 1) or log2_step + bits < 0:
        return None
    return Grid(log2_step, low, top)


def _bit_width(layer: str, quantizer: Any) -> int:
    bits = int(quantizer.bits)
    if not 1 <= bits <= 8:
        raise FreezeError(
            f"layer {layer!r}: an activation of {bits} bits does not fit int8", "use 2 to 8 bits"
        )
    if int(quantizer.integer) < 0:
        raise FreezeError(
            f"layer {layer!r}: QKeras cannot compute with {quantizer.integer} integer bits",
            "use integer=0 and as many bits more",
        )
    return bits


def _acts_like(quantizer: Any, grid: Grid) -> bool:
    points = np.arange(4 * (grid.lo - 2), 4 * (grid.hi + 3)) + 1  # quarters of a step; no ties
    points = points[points % 4 != 2]
    expected = np.clip(np.floor(points / 4 + 0.5), grid.lo, grid.hi) * grid.step
    got = np.asarray(quantizer((points * grid.step / 4).astype(np.float32)))
    return bool(np.array_equal(got, expected.astype(np.float32)))
