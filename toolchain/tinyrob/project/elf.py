"""As much of 32-bit little-endian ELF as firmware needs: sections and their sizes."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from tinyrob.errors import BuildError

_HEADER = struct.Struct("<16sHHIIIIIHHHHHH")
_SECTION = struct.Struct("<10I")
_ALLOCATED = 0x2
_NO_BITS = 8


@dataclass(frozen=True)
class Section:
    """A section; ``loaded`` ones are in memory, ``stored`` ones in the file as well."""

    name: str
    address: int
    bytes: int
    loaded: bool
    stored: bool


def read_sections(path: Path) -> tuple[Section, ...]:
    """The sections of an ELF file. Raises BuildError where it is not one."""
    data = path.read_bytes()
    try:
        fields = _HEADER.unpack_from(data)
        if fields[0][:6] != b"\x7fELF\x01\x01":
            raise ValueError
        start, size, count, names = fields[6], fields[11], fields[12], fields[13]
        raw = [_SECTION.unpack_from(data, start + size * i) for i in range(count)]
        strings = data[raw[names][4] : raw[names][4] + raw[names][5]]
        return tuple(
            Section(
                name=strings[r[0] : strings.index(b"\0", r[0])].decode(),
                address=r[3],
                bytes=r[5],
                loaded=bool(r[2] & _ALLOCATED),
                stored=r[1] != _NO_BITS,
            )
            for r in raw
        )
    except (struct.error, IndexError, ValueError):
        raise BuildError(f"{path} is not a 32-bit little-endian ELF file", "build again") from None


@dataclass(frozen=True)
class Sizes:
    """What a firmware's ELF takes, in bytes. RAM without the stack, which no ELF tells."""

    code: int
    weights: int
    other: int
    arena: int
    static: int

    @property
    def flash(self) -> int:
        """All that is programmed into the part."""
        return self.code + self.weights + self.other


def firmware_sizes(path: Path) -> Sizes:
    """Sizes by the section names of templates/project/link.ld.j2; every loaded byte is counted."""
    sections = [section for section in read_sections(path) if section.loaded]

    def total(*names: str) -> int:
        return sum(section.bytes for section in sections if section.name in names)

    stored = sum(section.bytes for section in sections if section.stored)
    code, weights = total(".boot2", ".vectors", ".text"), total(".weights")
    return Sizes(
        code=code,
        weights=weights,
        other=stored - code - weights,
        arena=total(".arena"),
        static=total(".data", ".bss"),
    )
