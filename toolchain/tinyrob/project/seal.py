"""Seals a program: writes the CRC-32 of all that it keeps into the table that it checks itself by.

    python3 seal.py firmware.elf

The table is the section ``.seal`` (ports/common/tr_image.c): the number of ranges, up to eight
times address and bytes, and the CRC-32 of the table before that and of the ranges' bytes. On a part
these are its sections in flash, in a program of an operating system the segments that cannot be
written. A program without such a table, or one that is moved as it is loaded, stays as it is, and
says that it does not know. This file needs nothing but Python: a build folder has a copy of it for
its Makefile.
"""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

SECTION = ".seal"
RANGES = 8
TABLE_BYTES = 4 + 8 * RANGES + 4
_LOAD, _WRITE, _ALLOCATED, _NO_BITS, _FIXED = 1, 2, 2, 8, 2

Span = tuple[int, bytes]
"""An address and what is kept there."""


def seal(path: Path) -> int | None:
    """Seals the ELF file ``path`` in place; its CRC-32, or None where it is not sealed.

    Raises ValueError where it is damaged or has more ranges than the table holds.
    """
    data = bytearray(path.read_bytes())
    try:
        found = _sealed(data)
    except (struct.error, IndexError) as error:
        raise ValueError(f"{path} is no whole ELF file: {error}") from None
    if found is None:
        return None
    at, table = found
    data[at : at + TABLE_BYTES] = table
    path.write_bytes(data)
    return int.from_bytes(table[-4:], "big" if data[5] == 2 else "little")


def sealed(path: Path) -> int | None:
    """The CRC-32 that an ELF file is sealed with; None where it has none, or is no ELF file."""
    data = bytearray(path.read_bytes()) if path.is_file() else bytearray()
    try:
        place = _table(data)
    except (struct.error, IndexError, ValueError):
        return None
    if place is None:
        return None
    at = place[1] + TABLE_BYTES - 4
    return int.from_bytes(data[at : at + 4], "big" if data[5] == 2 else "little") or None


def _table(data: bytearray) -> tuple[int, int, int] | None:
    """Where the table is: its address, its offset in the file, its bytes."""
    if data[:4] != b"\x7fELF" or len(data) < 6:
        return None
    order, wide, header = _header(data)
    found = [s for s in _sections(data, order, wide, header) if s[0] == SECTION]
    kind = struct.unpack_from(order + "H", data, 16)[0]
    if not found or kind != _FIXED or found[0][3] < TABLE_BYTES:
        return None
    return found[0][1:4]


def _header(data: bytearray) -> tuple[str, bool, Sequence[int]]:
    """The byte order, whether it is of 64 bits, and the file's header."""
    order, wide = ("<" if data[5] == 1 else ">"), data[4] == 2
    form = order + ("16sHHIQQQIHHHHHH" if wide else "16sHHIIIIIHHHHHH")
    return order, wide, struct.unpack_from(form, data)


def _sealed(data: bytearray) -> tuple[int, bytes] | None:
    place = _table(data)
    if place is None:
        return None
    address, offset, size = place
    order, wide, header = _header(data)
    segments = _segments(data, order, wide, header)
    sections = _sections(data, order, wide, header)
    if wide:
        spans = [(at, bytes(data[o : o + n])) for at, o, n, flags in segments if not flags & _WRITE]
    else:
        spans = [(at, bytes(data[o : o + n])) for _, at, o, n, kept in sections if kept]
    ranges = _merged(_without(spans, address, size))
    if len(ranges) > RANGES or any(at + len(b) > 1 << 32 for at, b in ranges):
        raise ValueError(f"it has {len(ranges)} ranges, more than {RANGES}, or beyond 32 bits")
    words = [len(ranges), *(word for at, kept in ranges for word in (at, len(kept)))]
    words += [0] * (1 + 2 * RANGES - len(words))
    head = struct.pack(f"{order}{len(words)}I", *words)
    crc = zlib.crc32(head)
    for _, kept in ranges:
        crc = zlib.crc32(kept, crc)
    return offset, head + struct.pack(order + "I", crc or 0xFFFFFFFF)


def _segments(
    data: bytearray, order: str, wide: bool, header: Sequence[int]
) -> list[tuple[int, int, int, int]]:
    """Address where it is stored, offset, bytes and flags of each that is loaded."""
    found = []
    for index in range(header[10]):
        at = header[5] + header[9] * index
        if wide:
            kind, flags, offset, _, stored, size = struct.unpack_from(order + "IIQQQQ", data, at)
        else:
            kind, offset, _, stored, size, _, flags = struct.unpack_from(order + "7I", data, at)
        if kind == _LOAD and size:
            found.append((stored, offset, size, flags))
    return found


def _sections(
    data: bytearray, order: str, wide: bool, header: Sequence[int]
) -> list[tuple[str, int, int, int, bool]]:
    """Name, address where it is stored, offset, bytes, and whether the file has its content."""
    form = order + ("IIQQQQ" if wide else "6I")
    raw = [
        struct.unpack_from(form, data, header[6] + header[11] * index)
        for index in range(header[12])
    ]
    segments = _segments(data, order, wide, header)
    names = raw[header[13]][4]
    found = []
    for name, kind, flags, address, offset, size in raw:
        begin = names + name
        text = bytes(data[begin : data.index(b"\0", begin)]).decode("utf-8", "replace")
        kept = bool(flags & _ALLOCATED) and kind != _NO_BITS and size > 0
        for stored, start, length, _ in segments:
            if kept and start <= offset and offset + size <= start + length:
                address = stored + offset - start
        found.append((text, address, offset, size, kept))
    return found


def _without(spans: Sequence[Span], start: int, size: int) -> list[Span]:
    """The spans but for what lies in ``size`` bytes from ``start`` on."""
    found = []
    for at, kept in spans:
        before, after = max(start - at, 0), max(start + size - at, 0)
        if before >= len(kept) or start + size <= at:
            found.append((at, kept))
            continue
        found += [(at, kept[:before]), (at + after, kept[after:])]
    return sorted(span for span in found if span[1])


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Spans, in order, with those that touch as one."""
    found: list[Span] = []
    for at, kept in spans:
        if found and found[-1][0] + len(found[-1][1]) == at:
            found[-1] = (found[-1][0], found[-1][1] + kept)
        else:
            found.append((at, kept))
    return found


if __name__ == "__main__":
    try:
        for name in sys.argv[1:]:
            seal(Path(name))
    except ValueError as error:
        sys.exit(f"seal.py: {error}")
