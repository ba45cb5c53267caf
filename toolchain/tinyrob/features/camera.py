"""A camera's frame to a network's picture, in integers and bit for bit as firmware does it.

A pixel becomes red, green and blue (or grey) of 8 bits; the part of the frame with the network's
proportions is cut out of its middle (``crop``) or all of it is taken (``stretch``); and each pixel
of the picture is the mean of a box of the frame's, rounded to nearest with halves up. Boxes begin
at floor(i * size / count), and are one pixel at least: enlarging repeats pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

UInt8 = NDArray[np.uint8]
Fit = Literal["crop", "stretch"]
FITS: tuple[Fit, ...] = ("crop", "stretch")


def _rgb565(raw: UInt8, high: int) -> UInt8:
    words = raw.reshape(*raw.shape[:-1], -1, 2).astype(np.int64)
    word = words[..., high] << 8 | words[..., 1 - high]
    red, green, blue = word >> 11, word >> 5 & 63, word & 31
    made = [red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2]
    return np.stack(made, -1).astype(np.uint8)


def _yuyv(raw: UInt8) -> UInt8:
    """BT.601 of full range, as JPEG has it."""
    pairs = raw.reshape(*raw.shape[:-1], -1, 4).astype(np.int64)
    luma = 256 * pairs[..., [0, 2]] + 128
    u, v = pairs[..., 1, None] - 128, pairs[..., 3, None] - 128
    made = np.stack([luma + 359 * v, luma - 88 * u - 183 * v, luma + 454 * u], -1) >> 8
    return np.asarray(np.clip(made, 0, 255), np.uint8).reshape(*raw.shape[:-1], -1, 3)


_COLOURS: Mapping[str, Callable[[UInt8], UInt8]] = {
    "rgb565": lambda raw: _rgb565(raw, 1),
    "rgb565_be": lambda raw: _rgb565(raw, 0),
    "rgb888": lambda raw: raw.reshape(*raw.shape[:-1], -1, 3),
    "yuv422": _yuyv,
    "gray8": lambda raw: np.repeat(raw[..., None], 3, -1),
}
BYTES: Mapping[str, int] = {"rgb565": 2, "rgb565_be": 2, "rgb888": 3, "yuv422": 2, "gray8": 1}
"""Bytes a pixel. ``rgb565``: the low byte first; ``rgb565_be``: the high one; ``yuv422``: YUYV."""
FORMATS = tuple(BYTES)


def colours(raw: UInt8, form: str) -> UInt8:
    """Rows of bytes (H, W * BYTES) as red, green and blue (H, W, 3)."""
    return _COLOURS[form](raw)


def raw_of(rgb: UInt8, form: str) -> UInt8:
    """Red, green and blue (H, W, 3) as rows of bytes of a format, as a camera would send them."""
    wide = rgb.astype(np.int64)
    if form in ("rgb565", "rgb565_be"):
        word = (wide[..., 0] >> 3) << 11 | (wide[..., 1] >> 2) << 5 | wide[..., 2] >> 3
        halves = [word & 255, word >> 8]
        made = np.stack(halves if form == "rgb565" else halves[::-1], -1)
    elif form == "rgb888":
        made = wide
    elif form == "gray8":
        made = grey(rgb).astype(np.int64)
    else:
        luma_ = grey(rgb)[..., 0].astype(np.int64).reshape(len(rgb), -1, 2)
        mean = wide.reshape(len(rgb), -1, 2, 3).mean(2)
        y = mean @ np.array([0.299, 0.587, 0.114])
        u, v = 128 + (mean[..., 2] - y) * 0.564, 128 + (mean[..., 0] - y) * 0.713
        made = np.stack([luma_[..., 0], np.rint(u), luma_[..., 1], np.rint(v)], -1)
    return np.clip(made, 0, 255).astype(np.uint8).reshape(len(rgb), -1)


def luma(raw: UInt8, form: str) -> UInt8:
    """Rows of bytes as grey (H, W, 1): as ``grey`` of the colours, and Y where that is there."""
    if form == "gray8":
        return raw[..., None]
    if form == "yuv422":
        return raw[..., ::2, None]
    return grey(colours(raw, form))


def grey(rgb: UInt8) -> UInt8:
    """(H, W, 3) as (H, W, 1): BT.601's luma in 16 bits, as Pillow's mode L."""
    weights = np.array([19595, 38470, 7471], np.int64)
    made = (rgb.astype(np.int64) @ weights + 0x8000) >> 16
    return np.asarray(made[..., None], np.uint8)


def region(frame: tuple[int, int], size: tuple[int, int], fit: Fit) -> tuple[int, int, int, int]:
    """Top, left, height and width of what is taken of a frame (height, width)."""
    height, width = frame
    if fit == "crop":
        if width * size[0] > height * size[1]:
            width = max(1, height * size[1] // size[0])
        else:
            height = max(1, width * size[0] // size[1])
    return (frame[0] - height) // 2, (frame[1] - width) // 2, height, width


def _boxes(first: int, length: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    places = np.arange(count + 1, dtype=np.int64) * length // count
    return first + places[:-1], first + np.maximum(places[1:], places[:-1] + 1)


def scaled(pixels: UInt8, size: tuple[int, int], fit: Fit = "crop") -> UInt8:
    """Pixels (H, W, C) as a picture (*size, C)."""
    top, left, height, width = region(pixels.shape[:2], size, fit)
    (y0, y1), (x0, x1) = _boxes(top, height, size[0]), _boxes(left, width, size[1])
    sums = np.zeros((pixels.shape[0] + 1, pixels.shape[1] + 1, pixels.shape[2]), np.int64)
    np.cumsum(pixels, axis=0, out=sums[1:, 1:])
    np.cumsum(sums[1:, 1:], axis=1, out=sums[1:, 1:])
    rows = sums[y1] - sums[y0]
    total = rows[:, x1] - rows[:, x0]
    count = ((y1 - y0)[:, None] * (x1 - x0))[..., None]
    return np.asarray((total + count // 2) // count, np.uint8)


def picture(raw: Any, form: str, size: tuple[int, int, int], fit: Fit = "crop") -> NDArray[np.int8]:
    """A network's input ``size`` (height, width, 1 or 3) of a frame's bytes (H, W * BYTES)."""
    rows = np.asarray(raw, np.uint8)
    pixels = luma(rows, form) if size[2] == 1 else colours(rows, form)
    return (scaled(pixels, size[:2], fit) ^ np.uint8(0x80)).view(np.int8)
