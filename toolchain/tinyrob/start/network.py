"""A network for inputs of a shape that a board holds, of the family that every recipe can have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinyrob.boards.board import Board

WIDTHS = (32, 24, 16, 12, 8, 4)
MOST_MACS = 4_000_000  # of an inference: trains in minutes, runs in tens of milliseconds
SHARE = 0.5  # of a board's memory that the network may take
SMALLEST = 4  # sides of the last feature maps are at least so large


@dataclass(frozen=True)
class Sketch:
    """The topology's keys, and about what it costs."""

    stem: int
    kernel: int | tuple[int, int]
    stem_stride: int
    stages: tuple[tuple[int, int], ...]
    head: str
    macs: int
    weights: int
    activations: int


def sketch(shape: Sequence[int], board: Board) -> Sketch:
    """The widest network within the board's memory and ``MOST_MACS``; the narrowest in any case."""
    candidates = [_of(shape, width) for width in WIDTHS]
    fitting = [
        one
        for one in candidates
        if one.macs <= MOST_MACS
        and one.weights <= SHARE * board.flash_bytes
        and one.activations <= SHARE * board.ram_bytes
    ]
    return fitting[0] if fitting else candidates[-1]


def _of(shape: Sequence[int], width: int) -> Sketch:
    """Sequences (T, C) are pictures of one column, vectors (C,) of one pixel."""
    height = shape[0] if len(shape) > 1 else 1
    across = shape[1] if len(shape) > 2 else 1
    channels = shape[-1]
    kernel: int | tuple[int, int] = 3
    reach = 3 * (3 if across > 1 else 1) if height > 1 else 1
    if len(shape) == 2:
        kernel, reach = 7, 3
    stem_stride = 2 if height * across > 48 * 48 or (len(shape) == 2 and height > 256) else 1
    sides = -(-height // stem_stride), -(-across // stem_stride)
    stem_taps = 7 if len(shape) == 2 else reach
    macs = sides[0] * sides[1] * stem_taps * channels * width
    weights, largest = stem_taps * channels * width, sides[0] * sides[1] * width
    stages: list[tuple[int, int]] = []
    before = width
    for number in range(1, 4):
        small = max(sides) < 2 * SMALLEST
        if small and stages:
            break
        stride, filters = (1 if small else 2), width * (2 if number == 1 or not small else 1)
        if stages:
            filters = min(2 * before, 4 * width)
        out = -(-sides[0] // stride), -(-sides[1] // stride)
        taps = reach if len(shape) > 1 else 1
        of_block = taps * before * filters + taps * filters * filters + before * filters
        macs += out[0] * out[1] * of_block
        weights += of_block
        largest = max(largest, out[0] * out[1] * filters)
        stages.append((filters, stride))
        before, sides = filters, out
    inputs = height * across * channels
    head = "average" if sides[0] * sides[1] > 1 else "flatten"
    return Sketch(
        width, kernel, stem_stride, tuple(stages), head, macs, weights, 3 * largest + inputs
    )
