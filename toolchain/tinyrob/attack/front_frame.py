"""A camera in front of a network: frames of bytes, cut and scaled to the network's picture."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack.fronts import Value
from tinyrob.attack.grid import Int8Array
from tinyrob.attack.places import Place
from tinyrob.features import camera
from tinyrob.tf.straight_through import on_grid


class FrameFront:
    """Frames (N, height, width, channels) of bytes to pictures ``size`` (height, width, channels),
    as firmware's rows of rgb888 or gray8 are."""

    place: Place = "frame"
    dtype: np.dtype[Any] = np.dtype(np.uint8)
    draws = 1
    differentiable = True

    def __init__(self, frame: tuple[int, int], size: tuple[int, int, int]) -> None:
        self.shape: tuple[int, ...] = (*frame, size[2])
        self._size = size
        top, left, height, width = camera.region(frame, size[:2], "crop")
        self._rows = _means(frame[0], top, height, size[0])
        self._columns = _means(frame[1], left, width, size[1])

    def made(self, x: NDArray[Any]) -> Int8Array:
        """The pictures, of the exact integers."""
        made = [camera.scaled(frame, self._size[:2]) for frame in x]
        return (np.stack(made) ^ np.uint8(0x80)).view(np.int8)

    def surrogate(self, tf: Any, x: Value, rounded: bool) -> Value:
        """The pictures in floats, in int8 steps: each pixel is the mean of a box."""
        frames = tf.cast(x, tf.float32)
        scaled = tf.einsum("ih,nhwc,jw->nijc", self._rows, frames, self._columns) - 128.0
        return on_grid(tf, scaled, 1.0, -128, 127) if rounded else scaled

    def told(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"place": self.place, "frame": list(self.shape[:2]), "rooms": None}


def enlarged(pictures: NDArray[np.uint8], frame: tuple[int, int]) -> NDArray[np.uint8]:
    """Frames (N, *frame, C) that show pictures (N, h, w, C): each pixel repeated."""
    rows = np.arange(frame[0]) * pictures.shape[1] // frame[0]
    columns = np.arange(frame[1]) * pictures.shape[2] // frame[1]
    return np.ascontiguousarray(pictures[:, rows][:, :, columns])


def _means(length: int, first: int, taken: int, count: int) -> NDArray[np.float32]:
    """(count, length): each row a box's mean, as ``camera.scaled`` takes it."""
    places = np.arange(count + 1) * taken // count
    made = np.zeros((count, length), np.float32)
    for row, (low, high) in enumerate(pairwise(places)):
        high = max(high, low + 1)
        made[row, first + low : first + high] = 1.0 / (high - low)
    return made
