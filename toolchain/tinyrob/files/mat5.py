"""Reads arrays of whole numbers from MATLAB's MAT-files of level 5, compressed or not.

As much of the format as datasets use ("MAT-File Format", The MathWorks, 2019, chapter 1): numeric
arrays, in the element's own type or a narrower one. Written for files that may be damaged: SciPy's
reader ends the process on some.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.files.archive import GROWTH
from tinyrob.files.limits import MODEL_BYTES, Damaged

_HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
_TYPES = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8",
            15: "u8"}  # fmt: skip
_MOST_ELEMENTS = 1_000
_COMPLEX, _LOGICAL = 0x08, 0x02


def parse_mat(data: bytes, wanted: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """The arrays called ``wanted`` that are there, axes in MATLAB's order. Raises Damaged."""
    if len(data) < _HEADER or data[126:128] not in (b"IM", b"MI"):
        raise Damaged("it is not a MAT-file of level 5")
    order = "<" if data[126:128] == b"IM" else ">"
    room = max(MODEL_BYTES, GROWTH * len(data))
    found: dict[str, NDArray[Any]] = {}
    for count, (kind, content) in enumerate(_elements(memoryview(data)[_HEADER:], order)):
        if count > _MOST_ELEMENTS:
            raise Damaged(f"it holds more than {_MOST_ELEMENTS} variables")
        if kind == _COMPRESSED:
            inflated = _inflated(content, room)
            room -= len(inflated)
            kind, content = next(_elements(memoryview(inflated), order), (0, content))
        if kind == _MATRIX:
            name, array = _matrix(content, order, wanted)
            if array is not None:
                found[name] = array
    return found


def _inflated(content: memoryview, room: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        inflated = inflater.decompress(content, room + 1)
    except zlib.error as error:
        raise Damaged(f"a variable in it cannot be unpacked: {error}") from None
    if len(inflated) > room:
        raise Damaged("it grows beyond what is allowed when it is unpacked")
    if not inflater.eof:
        raise Damaged("a variable in it is cut off")
    return inflated


def _elements(data: memoryview, order: str) -> Iterator[tuple[int, memoryview]]:
    """Type and content of each data element."""
    at = 0
    while at < len(data):
        if len(data) - at < 8:
            raise Damaged("it is cut off")
        first, size = struct.unpack_from(f"{order}II", data, at)
        if first >> 16:  # a small element: both in the first four bytes
            kind, size, start, end = first & 0xFFFF, first >> 16, at + 4, at + 8
            if size > 4:
                raise Damaged("a small element in it is too long")
        else:
            kind, start = first, at + 8
            # Compressed elements are not padded.
            end = start + (size if kind == _COMPRESSED else -(-size // 8) * 8)
        if start + size > len(data):
            raise Damaged("it is cut off")
        yield kind, data[start : start + size]
        at = end


def _matrix(
    content: memoryview, order: str, wanted: tuple[str, ...]
) -> tuple[str, NDArray[Any] | None]:
    parts = _elements(content, order)
    flags, sizes, name = (next(parts, (0, memoryview(b""))) for _ in range(3))
    called = bytes(name[1]).decode("latin1")
    if called not in wanted:
        return called, None
    if len(flags[1]) != 8 or sizes[0] != 5 or len(sizes[1]) % 4 or not 8 <= len(sizes[1]) <= 128:
        raise Damaged(f"its variable {called!r} is damaged")
    word = struct.unpack_from(f"{order}I", flags[1])[0]
    dtype = _CLASSES.get(word & 0xFF)
    if dtype is None or (word >> 8) & _COMPLEX:
        raise Damaged(f"its variable {called!r} is not an array of numbers")
    shape = struct.unpack(f"{order}{len(sizes[1]) // 4}i", sizes[1])
    kind, stored = next(parts, (0, memoryview(b"")))
    if kind not in _TYPES or min(shape) < 0:
        raise Damaged(f"its variable {called!r} is damaged")
    item = np.dtype(f"{order}{_TYPES[kind]}")
    if math.prod(shape) * item.itemsize != len(stored):
        raise Damaged(f"its variable {called!r} is not as long as its shape says")
    values = np.frombuffer(stored, item)
    with np.errstate(invalid="ignore"):
        return called, values.astype(dtype, copy=False).reshape(shape, order="F")
