"""Augmentation of image batches: a function of the batch and a generator, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.data.dataset import UInt8Array
from tinyrob.models.recipe import Augment

MID_GREY = 128  # the byte that the network sees as 0, which its own padding is too


@dataclass(frozen=True)
class Draws:
    """What happens to each of N images: whether it is flipped, and where its window begins.

    ``top`` and ``left`` are in ``0..2 * shift``, ``shift`` is no shift.
    """

    flips: NDArray[np.bool_]
    top: NDArray[np.int64]
    left: NDArray[np.int64]

    def numbers(self, how: Augment) -> NDArray[np.int64]:
        """Which of ``variants(how)`` each image becomes."""
        side = 2 * how.shift + 1
        return (self.flips * side + self.top) * side + self.left


def draw(count: int, how: Augment, generator: np.random.Generator) -> Draws:
    """Draws for ``count`` images; uniform."""
    flips = generator.random(count) < 0.5 if how.flip else np.zeros(count, np.bool_)
    if how.shift:
        top, left = generator.integers(0, 2 * how.shift + 1, (2, count))
    else:
        top = left = np.zeros(count, np.int64)
    return Draws(flips, top, left)


def variants(how: Augment) -> list[tuple[bool, int, int]]:
    """All that can happen to an image: (flip, top, left), in the order of ``Draws.numbers``."""
    side = range(2 * how.shift + 1)
    flips = (False, True) if how.flip else (False,)
    return [(flip, top, left) for flip in flips for top in side for left in side]


def apply(batch: UInt8Array, how: Augment, draws: Draws) -> UInt8Array:
    """``batch`` (N, H, W, C), flipped and shifted as drawn; sequences (N, T, C) shift in time.

    What comes in from outside is mid-grey, which for data that are no pixels is the middle of
    their range.
    """
    if how.flip:
        batch = np.where(draws.flips[:, None, None, None], batch[:, :, ::-1], batch)
    if how.shift:
        moved = batch.shape[1:-1]
        sides: Any = ((0, 0), *((how.shift, how.shift) for _ in moved), (0, 0))
        padded = np.pad(batch, sides, constant_values=np.uint8(MID_GREY))
        batch = np.empty_like(batch)
        for index, starts in enumerate(zip(draws.top, draws.left, strict=True)):
            place = zip(starts[: len(moved)], moved, strict=True)
            batch[index] = padded[index][tuple(slice(at, at + size) for at, size in place)]
    return np.ascontiguousarray(batch)


def check(how: Augment, shape: tuple[int, ...]) -> str | None:
    """Why inputs of ``shape`` cannot be flipped or shifted as asked; None where they can."""
    if how.flip and len(shape) != 3:
        return f"flip is for pictures (height, width, channels), and inputs are {shape}"
    if how.shift and len(shape) not in (2, 3):
        return f"shift is for pictures and sequences, and inputs are {shape}"
    return None


def augment(batch: UInt8Array, how: Augment, generator: np.random.Generator) -> UInt8Array:
    """``batch`` (N, H, W, C), each image flipped left to right or not, and shifted.

    Shifts are uniform in ``-shift..shift`` on both axes; what comes in from outside is mid-grey.
    """
    return apply(batch, how, draw(len(batch), how, generator))
