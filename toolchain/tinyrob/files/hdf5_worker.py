"""Copies what is data of an HDF5 file into a fresh one: a program of its own, with limits.

HDF5's library is in C, and runs for ever or dies on some damaged files: then this program does, and
nothing else. Called with the file, the fresh file's path and the bytes that its arrays may have;
prints ``ok``, or what is wrong with the file. What is left out: links to other files, objects that
are no arrays of numbers, everything that is neither read by Keras nor checked.
"""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Iterator
from typing import Any

from tinyrob.files.limits import DEPTH, MEMBERS, MIB, TEXT_BYTES, Damaged
from tinyrob.files.system import limit_memory

SECONDS = 60
_MEMORY = 4096 * MIB
_MOST_ATTRIBUTES = 256


def copy(source: Any, target: Any, most: int) -> None:
    """Copies groups, arrays of numbers and texts. Raises Damaged for all else, and beyond limits.

    ``source`` and ``target`` are open h5py files.
    """
    import h5py

    _attributes(source, target)
    total = 0
    for path, item in _items(source, h5py):
        if isinstance(item, h5py.Group):
            _attributes(item, target.require_group(path))
            continue
        if item.external or item.is_virtual:
            raise Damaged("it refers to other files")
        if item.dtype.kind not in "fiub" or item.ndim > 8 or item.dtype.itemsize > 8:
            raise Damaged("it holds arrays that are no weights")
        total += math.prod(item.shape) * item.dtype.itemsize
        if total > most:
            raise Damaged(f"its weights take more than the {most // MIB} MiB that are allowed")
        target.create_dataset(path, data=item[()])


def _items(file: Any, h5py: Any) -> Iterator[tuple[str, Any]]:
    waiting: list[tuple[str, Any, int]] = [("", file, 0)]
    count = 0
    while waiting:
        place, group, depth = waiting.pop()
        for name in group:
            count += 1
            if count > MEMBERS or depth > DEPTH:
                raise Damaged("it holds more groups than any model")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise Damaged("it refers to other files")
            item, path = group[name], f"{place}/{name}"
            if isinstance(item, h5py.Group):
                waiting.append((path, item, depth + 1))
            elif not isinstance(item, h5py.Dataset):
                continue
            yield path, item


def _attributes(source: Any, target: Any) -> None:
    """Texts and lists of texts: names of layers and weights, the configuration."""
    for number, key in enumerate(source.attrs):
        if number > _MOST_ATTRIBUTES:
            raise Damaged("it holds more attributes than any model")
        kept = _text(source.attrs[key])
        if kept is not None:
            target.attrs[key] = kept


def _text(value: Any) -> Any:
    import numpy as np

    if isinstance(value, str | bytes):
        if len(value) > TEXT_BYTES:
            raise Damaged("a text in it is too long")
        return value if isinstance(value, str) else value.decode()
    if isinstance(value, np.ndarray) and value.ndim <= 1 and value.dtype.kind in "SO":
        items = [v.encode() if isinstance(v, str) else v for v in value.tolist()]
        if all(isinstance(v, bytes) for v in items):
            return np.array(items, "S") if items else np.array([], "S1")
    return None


def main(source: str, target: str, most: str) -> None:
    """The program."""
    with contextlib.suppress(ValueError, OSError):
        limit_memory(_MEMORY)
    import h5py

    try:
        with h5py.File(source, "r") as whole, h5py.File(target, "w") as fresh:
            copy(whole, fresh, int(most))
    except Damaged as error:
        print(error)
    except Exception as error:  # HDF5 fails in any way it likes on a damaged file
        print(f"HDF5 cannot read it ({type(error).__name__})")
    else:
        print("ok")


if __name__ == "__main__":
    main(*sys.argv[1:])
