"""What a target is: a reader, whole files for it, and how they are damaged."""

from __future__ import annotations

import dataclasses
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from mutate import mutated

Mutate = Callable[[bytes, random.Random], bytes]


@dataclasses.dataclass(frozen=True)
class Target:
    """``read`` may raise TinyrobError only; ``seeds`` are whole files. ``slow``: it starts programs
    or TensorFlow, so test runs do without it; ``first`` is called before its time is taken."""

    read: Callable[[bytes], object]
    seeds: Sequence[bytes]
    mutate: Mutate = mutated
    slow: bool = False
    first: Callable[[], object] = tuple


def in_file(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """Gives ``read`` the bytes as a file called ``name`` in a folder of its own."""

    def call(data: bytes) -> object:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            path = Path(folder) / name
            path.write_bytes(data)
            return read(path)

    return call


def in_folder(place: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """Gives ``read`` a folder of its own, with the bytes as the file ``place`` in it."""

    def call(data: bytes) -> object:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            path = Path(folder) / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            return read(Path(folder))

    return call
