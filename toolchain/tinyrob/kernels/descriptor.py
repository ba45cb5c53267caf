"""C structs as values: what a kernel is told about its layer, before it is printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Union

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Array:
    """A constant array of its own in flash; the struct holds a pointer to it.

    ``ctype`` is an integer type of stdint.h, of 8, 16, 32 or 64 bits.
    """

    ctype: str
    data: NDArray[np.integer[Any]]

    @property
    def width(self) -> int:
        """Bytes of an element."""
        return int(self.ctype.strip("uint_")) // 8

    @property
    def stored(self) -> bytes:
        """Its elements as little-endian bytes."""
        kind = "u" if self.ctype.startswith("u") else "i"
        return self.data.astype(f"<{kind}{self.width}").tobytes()

    @property
    def bytes(self) -> int:
        """Its size in flash."""
        return self.data.size * self.width


Field = Union[int, Array, tuple[int, ...], "Mapping[str, Field]"]


@dataclass(frozen=True, eq=False)
class Descriptor:
    """The initializer of one kernel's struct: field names of ``struct`` to values."""

    struct: str
    fields: Mapping[str, Field]

    def arrays(self) -> dict[str, Array]:
        """The arrays it points to, each once, by field name; those of structs within it too.

        Where several are called the same, those within are "weights_of_conv".
        """
        found = _arrays(self.fields, ())
        count = Counter(path[-1] for path in found.values())
        return {
            path[-1] if count[path[-1]] == 1 else "_of_".join((path[-1], *path[-2::-1])): array
            for array, path in found.items()
        }

    @property
    def constant_bytes(self) -> int:
        """What its arrays take in flash."""
        return sum(array.bytes for array in self.arrays().values())


def _arrays(fields: Mapping[str, Field], parents: tuple[str, ...]) -> dict[Array, tuple[str, ...]]:
    """Each array and the names on the way to it, first come first."""
    found: dict[Array, tuple[str, ...]] = {}
    for name, value in fields.items():
        path = (*parents, name)
        if isinstance(value, Array):
            found.setdefault(value, path)
        elif isinstance(value, Mapping):
            for array, inner in _arrays(value, path).items():
                found.setdefault(array, inner)
    return found
