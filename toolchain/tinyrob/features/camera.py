"""A camera's frame to a network's picture, in integers and bit for bit as firmware does it.

A pixel becomes red, green and blue (or grey) of 8 bits; the part of the frame with the network's
proportions is cut out of its middle (``crop``), or all of it is taken, out of proportion
(``stretch``) or with black around it (``pad``). Each pixel of the picture is then the mean of a box
of the frame's (``box``) or lies between four of them (``bilinear``), rounded to nearest with halves
up. The integers of both are in ``docs/reference/pictures.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import DataError
from tinyrob.files.toml_table import Table

UInt8 = NDArray[np.uint8]
Int64 = NDArray[np.int64]
Fit = Literal["crop", "pad", "stretch"]
FITS: tuple[Fit, ...] = ("crop", "pad", "stretch")
Resize = Literal["box", "bilinear"]
RESIZES: tuple[Resize, ...] = ("box", "bilinear")


@dataclass(frozen=True)
class Scaling:
    """How a frame of any size becomes a picture: what of it is taken, and how that is resized."""

    fit: Fit = "crop"
    resize: Resize = "box"

    def to_dict(self) -> dict[str, str]:
        """As JSON and TOML have it."""
        return asdict(self)


DEFAULT = Scaling()
_HALF = 1.0 / 128.0
KEY = "camera"
"""The table that says so of a network that does not, and the key of a build's manifest."""


def read(t: Table) -> Scaling:
    """The keys ``fit`` and ``resize`` of a table. Raises its error."""
    return Scaling(t.choice("fit", FITS, DEFAULT.fit), t.choice("resize", RESIZES, DEFAULT.resize))


def from_manifest(raw: Mapping[str, Any] | None, where: str) -> Scaling:
    """What a build's manifest says, the default where that is nothing. Raises DataError."""
    return read(Table(dict(raw or {}), where, f"{KEY}.", DataError))


def takes_pixels(shape: tuple[int, ...], dtype: str, scale: float, zero_point: int) -> bool:
    """Whether inputs (height, width, channels) of a network are pixels less 128."""
    grid = zero_point == -128 or (zero_point, scale) == (0, _HALF)
    return dtype == "int8" and len(shape) == 3 and shape[-1] in (1, 3) and grid


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


@dataclass(frozen=True)
class Axis:
    """Along one axis: of a frame ``length`` pixels from ``first`` on become ``count`` of the
    picture's from ``to`` on."""

    first: int
    length: int
    to: int
    count: int


def axes(frame: tuple[int, int], size: tuple[int, int], fit: Fit) -> tuple[Axis, Axis]:
    """The vertical axis and the horizontal one of a frame (height, width) in a picture ``size``."""
    (height, width), (high, wide) = frame, size
    wider = width * high > height * wide
    if fit == "crop" and wider:
        width = max(1, height * wide // high)
    elif fit == "crop":
        height = max(1, width * high // wide)
    elif fit == "pad" and wider:
        high = max(1, (height * wide + width // 2) // width)
    elif fit == "pad":
        wide = max(1, (width * high + height // 2) // height)
    return (
        Axis((frame[0] - height) // 2, height, (size[0] - high) // 2, high),
        Axis((frame[1] - width) // 2, width, (size[1] - wide) // 2, wide),
    )


def boxes(axis: Axis) -> tuple[Int64, Int64]:
    """The first pixel of each box, and the first behind it: boxes are one pixel at least."""
    places = np.arange(axis.count + 1, dtype=np.int64) * axis.length // axis.count
    return axis.first + places[:-1], axis.first + np.maximum(places[1:], places[:-1] + 1)


def between(axis: Axis) -> tuple[Int64, Int64]:
    """The pixel below each place, and in Q8 how far behind that pixel's middle it is: of pixel i
    the middle, ((2 i + 1) length - count) / (2 count), to nearest, and inside the frame."""
    twice = (2 * np.arange(axis.count, dtype=np.int64) + 1) * axis.length - axis.count
    places = np.clip((128 * twice + axis.count // 2) // axis.count, 0, 256 * (axis.length - 1))
    return axis.first + (places >> 8), places & 255


def scaled(pixels: UInt8, size: tuple[int, int], how: Scaling = DEFAULT) -> UInt8:
    """Pixels (H, W, C) as a picture (*size, C)."""
    high, wide = axes((pixels.shape[0], pixels.shape[1]), size, how.fit)
    resized = _between if how.resize == "bilinear" else _means
    inside = resized(pixels, high, wide)
    if inside.shape[:2] == size:
        return inside
    made = np.zeros((*size, pixels.shape[2]), np.uint8)
    made[high.to : high.to + high.count, wide.to : wide.to + wide.count] = inside
    return made


def _means(pixels: UInt8, high: Axis, wide: Axis) -> UInt8:
    (y0, y1), (x0, x1) = boxes(high), boxes(wide)
    sums = np.zeros((pixels.shape[0] + 1, pixels.shape[1] + 1, pixels.shape[2]), np.int64)
    np.cumsum(pixels, axis=0, out=sums[1:, 1:])
    np.cumsum(sums[1:, 1:], axis=1, out=sums[1:, 1:])
    rows = sums[y1] - sums[y0]
    total = rows[:, x1] - rows[:, x0]
    count = ((y1 - y0)[:, None] * (x1 - x0))[..., None]
    return np.asarray((total + count // 2) // count, np.uint8)


def _between(pixels: UInt8, high: Axis, wide: Axis) -> UInt8:
    (y, down), (x, right) = between(high), between(wide)
    right, down = right[:, None], down[:, None, None]
    # Beside the last pixel nothing is taken of the next.
    rows = np.pad(pixels.astype(np.int64), ((0, 1), (0, 1), (0, 0)), mode="edge")
    rows = rows[:, x] * (256 - right) + rows[:, x + 1] * right
    return np.asarray((rows[y] * (256 - down) + rows[y + 1] * down + (1 << 15)) >> 16, np.uint8)


def picture(
    raw: Any, form: str, size: tuple[int, int, int], how: Scaling = DEFAULT
) -> NDArray[np.int8]:
    """A network's input ``size`` (height, width, 1 or 3) of a frame's bytes (H, W * BYTES)."""
    rows = np.asarray(raw, np.uint8)
    pixels = luma(rows, form) if size[2] == 1 else colours(rows, form)
    return (scaled(pixels, size[:2], how) ^ np.uint8(0x80)).view(np.int8)
