"""A firmware's image as files that flash tools take: plain bytes, and Intel HEX."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tinyrob.errors import BuildError
from tinyrob.project.image import Image

_LINE = 16
_DATA, _END, _UPPER, _START = 0, 1, 4, 5
_MOST = 256 << 20


def flat_bytes(image: Image) -> bytes:
    """From the lowest address on, gaps as zeros. Raises BuildError where gaps are huge."""
    segments = sorted(image.segments)
    if not segments:
        return b""
    start = segments[0][0]
    size = max(address + len(content) for address, content in segments) - start
    if size > _MOST:
        raise BuildError(
            f"the firmware's memories lie {size:,} bytes apart: no plain image holds them",
            "use firmware.hex or firmware.elf",
        )
    flat = bytearray(size)
    for address, content in segments:
        flat[address - start : address - start + len(content)] = content
    return bytes(flat)


def intel_hex(image: Image) -> bytes:
    """Records of 16 bytes, each segment's behind its upper address, and the entry."""
    lines = [line for segment in sorted(image.segments) for line in _segment(*segment)]
    if image.entry:
        lines.append(_record(0, _START, struct.pack(">I", image.entry)))
    lines.append(_record(0, _END, b""))
    return "".join(f"{line}\r\n" for line in lines).encode()


def _segment(address: int, content: bytes) -> Iterator[str]:
    upper, at = None, 0
    while at < len(content):
        where = address + at
        if where >> 16 != upper:
            upper = where >> 16
            yield _record(0, _UPPER, struct.pack(">H", upper))
        # No record crosses into the next 64 KB.
        size = min(_LINE, len(content) - at, 0x10000 - (where & 0xFFFF))
        yield _record(where & 0xFFFF, _DATA, content[at : at + size])
        at += size


def _record(address: int, kind: int, content: bytes) -> str:
    body = struct.pack(">BHB", len(content), address, kind) + content
    return f":{(body + bytes([-sum(body) & 0xFF])).hex().upper()}"
