"""A sheet of examples as one picture: pictures as they are, everything else as curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.report.inputs import COLOURS

Pixels = NDArray[np.uint8]
CELL = 128
GAP = 8
COLUMNS = 5
_INKS = tuple(tuple(bytes.fromhex(colour[1:])) for colour in COLOURS)


def sheet(examples: Sequence[NDArray[Any]], form: str) -> Pixels:
    """Int8 examples, ``COLUMNS`` a row, as RGB (H, W, 3). There is at least one."""
    cells = [picture(q, form) for q in examples]
    rows = -(-len(cells) // COLUMNS)
    side = CELL + GAP
    page = np.full((rows * side + GAP, COLUMNS * side + GAP, 3), 255, np.uint8)
    for number, cell in enumerate(cells):
        row, column = divmod(number, COLUMNS)
        top, left = GAP + row * side, GAP + column * side
        page[top : top + CELL, left : left + CELL] = cell
    return page


def picture(q: NDArray[Any], form: str) -> Pixels:
    """One example as RGB (CELL, CELL, 3)."""
    if form in ("pixels", "spectrum") and q.ndim >= 2:
        return _scaled(_colours(q, form))
    curves = q.reshape(-1, q.shape[-1]) if q.ndim >= 2 else q.reshape(-1, 1)
    cell = np.full((CELL, CELL, 3), 245, np.uint8)
    for number, curve in enumerate(curves.T[: len(_INKS)]):
        _draw(cell, curve.astype(np.float64), _INKS[number])
    return cell


def _colours(q: NDArray[Any], form: str) -> Pixels:
    pixels = (q.astype(np.int16) + 128).astype(np.uint8).reshape(*q.shape[:2], -1)
    if form == "spectrum":
        pixels = pixels.transpose(1, 0, 2)[::-1]
    if pixels.shape[2] == 3:
        return pixels
    return np.repeat(pixels.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)


def _scaled(pixels: Pixels) -> Pixels:
    """The nearest pixel, centred, its sides in proportion."""
    height, width = pixels.shape[:2]
    factor = CELL / max(height, width)
    sides = max(1, round(height * factor)), max(1, round(width * factor))
    rows = np.minimum((np.arange(sides[0]) / factor).astype(int), height - 1)
    columns = np.minimum((np.arange(sides[1]) / factor).astype(int), width - 1)
    cell = np.full((CELL, CELL, 3), 255, np.uint8)
    top, left = (CELL - sides[0]) // 2, (CELL - sides[1]) // 2
    cell[top : top + sides[0], left : left + sides[1]] = pixels[rows][:, columns]
    return cell


def _draw(cell: Pixels, curve: NDArray[Any], colour: tuple[int, ...]) -> None:
    """A polyline over the cell's width, from -128 at the bottom to 127 at the top."""
    columns = np.linspace(0, max(len(curve) - 1, 1), CELL)
    levels = np.interp(columns, np.arange(len(curve)), curve)
    heights = np.clip(np.round((127.0 - levels) / 255.0 * (CELL - 1)), 0, CELL - 1).astype(int)
    for column in range(CELL):
        other = heights[max(column - 1, 0)]
        low, high = sorted((int(other), int(heights[column])))
        cell[low : high + 1, column] = colour
