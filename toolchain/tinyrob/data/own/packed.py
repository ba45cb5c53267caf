"""A table's texts in as many bytes as they have: each of Python's own takes sixty."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

PART = 1 << 20
"""Cells of a table that are packed together, all of its columns."""
_LOOSE = 4
"""A part whose longest text would make it so many times as large as its texts stays as it is."""


class Packed(Sequence[str]):
    """A column of texts, added part by part."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.bytes_] | list[str]] = []
        self._ends = [0]

    def add(self, texts: Sequence[str]) -> None:
        """More texts at the end."""
        coded = [text.encode() for text in texts]
        longest = max(map(len, coded), default=0)
        wide = longest * len(coded) > _LOOSE * (sum(map(len, coded)) + len(coded))
        # NumPy takes zeros at the end of a text for none.
        packs = not wide and not any(b"\0" in text for text in coded)
        self._parts.append(np.array(coded, np.bytes_) if packs else list(texts))
        self._ends.append(self._ends[-1] + len(coded))

    def parts(self) -> Iterator[list[str]]:
        """The texts, as they were added."""
        yield from map(_texts, self._parts)

    def floats(self) -> NDArray[np.float64]:
        """The numbers that they are. Raises ValueError where one is none."""
        made = np.empty(len(self), np.float64)
        for start, part in zip(self._ends, self.parts(), strict=False):
            made[start : start + len(part)] = np.asarray(part, np.float64)
        return made

    def __len__(self) -> int:
        return self._ends[-1]

    def __iter__(self) -> Iterator[str]:
        for part in self.parts():
            yield from part

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[n] for n in range(*place.indices(len(self)))]
        if place < 0 or place >= len(self):
            raise IndexError(place)
        part = bisect_right(self._ends, place) - 1
        found = self._parts[part][place - self._ends[part]]
        return found.decode() if isinstance(found, bytes) else found


def _texts(part: NDArray[np.bytes_] | list[str]) -> list[str]:
    return part if isinstance(part, list) else [text.decode() for text in part.tolist()]
