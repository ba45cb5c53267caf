"""Features, kept in one file that says itself whether it is damaged; then it is made again."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.files.archive import parse_npz
from tinyrob.files.limits import Damaged
from tinyrob.files.whole import write_atomically

Arrays = Mapping[str, NDArray[Any]]


def cached(folder: Path, key: str, make: Callable[[], Arrays]) -> Arrays:
    """The arrays kept under ``key`` in ``folder``, or those of ``make``, which are kept then.

    A folder that cannot be written is done without.
    """
    path = folder / f"{key}.npz"
    found = _read(path)
    if found is not None:
        return found
    made = make()
    with suppress(OSError):
        _write(path, made)
    return made


def _read(path: Path) -> Arrays | None:
    try:
        content = path.read_bytes()
        body, total = content[:-32], content[-32:]
        if hashlib.sha256(body).digest() != total:
            return None
        return parse_npz(body)
    except (OSError, Damaged):
        return None


def _write(path: Path, arrays: Arrays) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    body = buffer.getvalue()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, body + hashlib.sha256(body).digest())
