"""Firmware as a loader and a debugger see its ELF file: bytes at addresses, names of functions."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tinyrob.errors import BuildError
from tinyrob.project.elf import read_sections

_HEADER = struct.Struct("<16sHHIIIIIHHHHHH")
_SEGMENT = struct.Struct("<8I")
_SYMBOL = struct.Struct("<IIIBBH")
_LOAD, _FUNCTION, _SYMBOLS = 1, 2, 2


@dataclass(frozen=True)
class Image:
    """``segments`` are (address where it is stored, bytes); ``functions`` maps name to address,
    without Thumb's lowest bit."""

    entry: int
    segments: tuple[tuple[int, bytes], ...]
    functions: Mapping[str, int]

    def function_at(self, address: int) -> str | None:
        """The function that an address is in, as far as names tell."""
        at = bisect_right(self._starts, address & ~1) - 1
        return self._names[at] if at >= 0 else None

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(sorted(self.functions, key=lambda name: self.functions[name]))

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple(self.functions[name] for name in self._names)


def read_image(path: Path) -> Image:
    """The image in an ELF file. Raises BuildError where it is none, or is damaged."""
    read_sections(path)
    data = path.read_bytes()
    try:
        header = _HEADER.unpack_from(data)
        entry, start, size, count = header[4], header[5], header[9], header[10]
        segments = []
        for index in range(count):
            kind, offset, _, address, length = _SEGMENT.unpack_from(data, start + size * index)[:5]
            if kind == _LOAD and length:
                if offset + length > len(data):
                    raise ValueError("a segment ends beyond the file")
                segments.append((address, data[offset : offset + length]))
        return Image(entry, tuple(segments), _functions(data, header))
    except (struct.error, ValueError, IndexError) as error:
        raise BuildError(f"{path} is a damaged ELF file: {error}", "build again") from None


def _functions(data: bytes, header: tuple[int, ...]) -> dict[str, int]:
    start, size, count = header[6], header[11], header[12]
    found: dict[str, int] = {}
    sections = [struct.unpack_from("<10I", data, start + size * i) for i in range(count)]
    for section in sections:
        if section[1] != _SYMBOLS:
            continue
        names = sections[section[6]][4]
        for at in range(section[4], section[4] + section[5], _SYMBOL.size):
            name, value, _, info, _, _ = _SYMBOL.unpack_from(data, at)
            if info & 0xF == _FUNCTION:
                end = data.index(b"\0", names + name)
                found[data[names + name : end].decode(errors="replace")] = value & ~1
    return found
