"""A camera in front of a network: frames of bytes, cut and scaled to the network's picture."""

from __future__ import annotations

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

    def __init__(
        self,
        frame: tuple[int, int],
        size: tuple[int, int, int],
        how: camera.Scaling = camera.DEFAULT,
    ) -> None:
        self.shape: tuple[int, ...] = (*frame, size[2])
        self._size, self._how = size, how
        down, across = camera.axes(frame, size[:2], how.fit)
        self._rows = _weights(frame[0], down, size[0], how)
        self._columns = _weights(frame[1], across, size[1], how)

    def made(self, x: NDArray[Any]) -> Int8Array:
        """The pictures, of the exact integers."""
        made = [camera.scaled(frame, self._size[:2], self._how) for frame in x]
        return (np.stack(made) ^ np.uint8(0x80)).view(np.int8)

    def surrogate(self, tf: Any, x: Value, rounded: bool) -> Value:
        """The pictures in floats, in int8 steps: each pixel a weighted sum of the frame's."""
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


def _weights(
    length: int, axis: camera.Axis, count: int, how: camera.Scaling
) -> NDArray[np.float32]:
    """(count, length): how much of each of a frame's pixels is in each of a picture's, as
    ``camera.scaled`` takes it; nothing in what it makes black."""
    made = np.zeros((count, length), np.float32)
    inside = made[axis.to : axis.to + axis.count]
    if how.resize == "bilinear":
        for row, (below, behind) in enumerate(zip(*camera.between(axis), strict=True)):
            inside[row, below] += 1.0 - behind / 256.0
            inside[row, min(below + 1, length - 1)] += behind / 256.0
    else:
        for row, (low, high) in enumerate(zip(*camera.boxes(axis), strict=True)):
            inside[row, low:high] = 1.0 / (high - low)
    return made
