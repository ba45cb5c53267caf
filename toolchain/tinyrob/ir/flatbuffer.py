"""Reads flatbuffers that may be damaged: every access is checked against the buffer.

The flatbuffers package trusts its input: a wrong offset gives some other bytes, or any exception.
Here it gives ``ModelFormatError``, and no vector is taken that the buffer cannot hold.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import ModelFormatError
from tinyrob.files.names import LONGEST, safe

DAMAGED_HINT = "the file is damaged or cut off: copy or export it again"


_TEXT_BYTES = 4 * (LONGEST + 1)


def damaged(detail: str) -> NoReturn:
    """Raises the ModelFormatError of a file whose structure does not hold."""
    raise ModelFormatError(f"the .tflite is damaged: {detail}", DAMAGED_HINT)


@dataclass(frozen=True)
class Table:
    """A table at ``position`` in ``data``; slots number its fields as the schema does, from 0."""

    data: bytes
    position: int
    what: str

    @staticmethod
    def root(data: bytes, what: str) -> Table:
        """The buffer's root table."""
        return Table(data, _unpack(data, "<I", 0, what), what)

    def _field(self, slot: int) -> int:
        """Where the field is, 0 if absent."""
        vtable = self.position - int(_unpack(self.data, "<i", self.position, self.what))
        size = _unpack(self.data, "<H", vtable, self.what)
        entry = 4 + 2 * slot
        if entry + 2 > size:
            return 0
        offset = _unpack(self.data, "<H", vtable + entry, self.what)
        return self.position + offset if offset else 0

    def has(self, slot: int) -> bool:
        """Whether the field is stored."""
        return self._field(slot) != 0

    def integer(self, slot: int, kind: str = "i", default: int = 0) -> int:
        """A scalar of ``struct``'s kind (b, B, i, I, Q)."""
        at = self._field(slot)
        return _unpack(self.data, "<" + kind, at, self.what) if at else default

    def real(self, slot: int) -> float:
        """A float32."""
        at = self._field(slot)
        return float(_unpack(self.data, "<f", at, self.what)) if at else 0.0

    def _target(self, at: int) -> int:
        return at + int(_unpack(self.data, "<I", at, self.what))

    def table(self, slot: int, what: str) -> Table | None:
        """A table that the field refers to."""
        at = self._field(slot)
        return Table(self.data, self._target(at), what) if at else None

    def _vector(self, slot: int, item_bytes: int) -> tuple[int, int]:
        """First byte and length of a vector; (0, 0) if absent."""
        at = self._field(slot)
        if not at:
            return 0, 0
        start = self._target(at)
        length = _unpack(self.data, "<I", start, self.what)
        if start + 4 + length * item_bytes > len(self.data):
            damaged(f"{self.what} holds a list that ends behind the end of the file")
        return start + 4, length

    def tables(self, slot: int, what: str, limit: int) -> list[Table]:
        """A vector of at most ``limit`` tables."""
        start, length = self._vector(slot, 4)
        if length > limit:
            damaged(f"{self.what} claims {length} {what}s, more than the {limit} that are allowed")
        return [Table(self.data, self._target(start + 4 * i), f"{what} {i}") for i in range(length)]

    def array(self, slot: int, dtype: str, limit: int | None = None) -> NDArray[np.generic]:
        """A vector of scalars as a read-only view of the file."""
        item = np.dtype(dtype).newbyteorder("<")
        start, length = self._vector(slot, item.itemsize)
        if limit is not None and length > limit:
            damaged(f"{self.what} claims a list of {length}, more than the {limit} allowed")
        return np.frombuffer(self.data, item, length, start)

    def integers(self, slot: int, limit: int, dtype: str = "int32") -> tuple[int, ...]:
        """A short vector of integers."""
        return tuple(int(x) for x in self.array(slot, dtype, limit))

    def text(self, slot: int) -> str:
        """A string, safe to show (``names.safe``) whatever bytes it is of; empty if absent."""
        start = self.array(slot, "uint8")[:_TEXT_BYTES]
        return safe(start.tobytes().decode("utf-8", "backslashreplace"))


def _unpack(data: bytes, kind: str, at: int, what: str) -> int:
    """One scalar at ``at``; a ModelFormatError where the buffer does not hold it."""
    if not 0 <= at <= len(data) - struct.calcsize(kind):
        damaged(f"{what} points behind the end of the file")
    value: int = struct.unpack_from(kind, data, at)[0]
    return value
