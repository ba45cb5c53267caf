"""Constants as kernels read them: weight layouts, and the input's zero point folded into biases."""

from __future__ import annotations

import numpy as np

from tinyrob.network.bounds import Int64, rows
from tinyrob.network.layers import Int8, Weighted


def interleave(weights: Int8, width: int) -> Int8:
    """(O, ...) to blocks of ``width`` channels, tap by tap; the channels left over follow whole.

    Flat: w[0..width-1] of tap 0, then of tap 1, ... See firmware/kernels/portable/tr_dot.h.
    """
    flat = weights.reshape(weights.shape[0], -1)
    full = flat.shape[0] // width * width
    blocks = flat[:full].reshape(-1, width, flat.shape[1]).transpose(0, 2, 1)
    return np.concatenate([blocks.reshape(-1), flat[full:].reshape(-1)])


def fold_zero_point(spec: Weighted) -> Int64:
    """Biases that hold the input's zero point: sum(w * (x - z)) = sum(w * x) - z * sum(w).

    True where every tap of every window reads the image, or padding that holds z.
    """
    folded: Int64 = spec.bias.astype(np.int64) - spec.input_zero_point * rows(spec).sum(axis=1)
    return folded
