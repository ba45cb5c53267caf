"""What a run has already found, on disk: a killed run goes on where it was."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.files.archive import read_npz
from tinyrob.files.limits import Damaged
from tinyrob.files.whole import write_atomically

Arrays = Mapping[str, NDArray[Any]]


def digest(*parts: object) -> str:
    """SHA-256 (hex) over values: arrays and bytes by content, everything else by ``repr``."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            total.update(f"{part.dtype.str}{part.shape}".encode())
            total.update(np.ascontiguousarray(part).tobytes())
        elif isinstance(part, bytes):
            total.update(part)
        else:
            total.update(repr(part).encode())
        total.update(b"\0")
    return total.hexdigest()


class Store:
    """Named arrays in a folder, each with the digest of what they were computed from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, name: str, key: str) -> dict[str, NDArray[Any]] | None:
        """The arrays called ``name``, if they are there, whole, and were made from ``key``."""
        try:
            found = read_npz(self.folder / f"{name}.npz")
        except (OSError, Damaged):
            return None  # nothing there, or damaged: computed anew
        return found if str(found.pop("key", "")) == key else None

    def save(self, name: str, key: str, arrays: Arrays) -> None:
        """Puts the arrays in place at once: a kill leaves the old ones or the new ones."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = io.BytesIO()
        content: dict[str, Any] = {**arrays, "key": np.array(key)}
        np.savez_compressed(file, **content)
        write_atomically(self.folder / f"{name}.npz", file.getvalue(), durable=False)
