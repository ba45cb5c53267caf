"""C structs as values: what a kernel is told about its layer, before it is printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Union

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Array:
    """A constant array of its own in flash; the struct holds a pointer to it.

    ``ctype`` is int8_t, uint8_t, int32_t or uint32_t.
    """

    ctype: str
    data: NDArray[np.integer[Any]]

    @property
    def bytes(self) -> int:
        """Its size in flash."""
        return self.data.size * {"int8_t": 1, "uint8_t": 1}.get(self.ctype, 4)


Field = Union[int, Array, tuple[int, ...], "Mapping[str, Field]"]


@dataclass(frozen=True, eq=False)
class Descriptor:
    """The initializer of one kernel's struct: field names of ``struct`` to values."""

    struct: str
    fields: Mapping[str, Field]

    def arrays(self) -> dict[str, Array]:
        """The arrays it points to, by field name; those of structs within it too."""
        return _arrays(self.fields)

    @property
    def constant_bytes(self) -> int:
        """What its arrays take in flash."""
        return sum(array.bytes for array in self.arrays().values())


def _arrays(fields: Mapping[str, Field]) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for name, value in fields.items():
        if isinstance(value, Array):
            found[name] = value
        elif isinstance(value, Mapping):
            found |= _arrays(value)
    return found
