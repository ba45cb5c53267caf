"""Augmentation of image batches: a function of the batch and a generator, nothing else."""

from __future__ import annotations

import numpy as np

from tinyrob.data.dataset import UInt8Array
from tinyrob.models.recipe import Augment

MID_GREY = 128  # the byte that the network sees as 0, which its own padding is too


def augment(batch: UInt8Array, how: Augment, generator: np.random.Generator) -> UInt8Array:
    """``batch`` (N, H, W, C), each image flipped left to right or not, and shifted.

    Shifts are uniform in ``-shift..shift`` on both axes; what comes in from outside is mid-grey.
    """
    if how.flip:
        flips = generator.random(len(batch)) < 0.5
        batch = np.where(flips[:, None, None, None], batch[:, :, ::-1], batch)
    if how.shift:
        n, height, width, _ = batch.shape
        by = how.shift
        padded = np.pad(
            batch, ((0, 0), (by, by), (by, by), (0, 0)), constant_values=np.uint8(MID_GREY)
        )
        top, left = generator.integers(0, 2 * by + 1, (2, n))
        rows = top[:, None] + np.arange(height)
        columns = left[:, None] + np.arange(width)
        batch = padded[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]
    return np.ascontiguousarray(batch)
