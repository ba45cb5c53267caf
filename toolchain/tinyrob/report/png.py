"""Int8 inputs as PNG data URIs: the few lines of the format that a gallery needs."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray


def data_uri(q: NDArray[Any]) -> str:
    """One input (H, W, 1 or 3), (H, W) or (features,), int8, as a picture: -128 is black."""
    pixels = (q.astype(np.int16) + 128).clip(0, 255).astype(np.uint8)
    if pixels.ndim == 1:
        pixels = pixels[None, :, None]
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.shape[2] not in (1, 3):
        # Channels that are no colours: side by side.
        pixels = pixels.transpose(0, 2, 1).reshape(pixels.shape[0], -1, 1)
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode()


def png(pixels: NDArray[np.uint8]) -> bytes:
    """(H, W, 1) grey or (H, W, 3) RGB, 8 bits each, as a PNG file."""
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 0 if channels == 1 else 2, 0, 0, 0)
    rows = pixels.reshape(height, -1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
