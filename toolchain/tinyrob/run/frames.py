"""Frames of the protocol (firmware/proto/README.md): COBS between zeros, CRC-32 at the end.

COBS is Cheshire and Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM ToN 7(2), 1999.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

_HEADER = struct.Struct("<BBHII")
_CRC = struct.Struct("<I")
_BLOCK = 254


@dataclass(frozen=True)
class Frame:
    """A header and its body; ``model`` is the first two bytes of the model's digest."""

    type: int
    code: int
    model: int
    sequence: int
    body: bytes = b""


def encode(frame: Frame) -> bytes:
    """The bytes that go over the link, both delimiters included."""
    header = _HEADER.pack(frame.type, frame.code, frame.model, frame.sequence, len(frame.body))
    content = header + frame.body
    return b"\0" + _stuff(content + _CRC.pack(zlib.crc32(content))) + b"\0"


def _stuff(content: bytes) -> bytes:
    stuffed = bytearray()
    for run in content.split(b"\0"):
        for start in range(0, len(run) - _BLOCK + 1, _BLOCK):
            stuffed.append(_BLOCK + 1)
            stuffed += run[start : start + _BLOCK]
        rest = run[len(run) - len(run) % _BLOCK :]
        stuffed.append(len(rest) + 1)
        stuffed += rest
    return bytes(stuffed)


def _unstuff(stuffed: bytes) -> bytes | None:
    if 0 in stuffed:
        return None
    content = bytearray()
    at = 0
    while at < len(stuffed):
        code = stuffed[at]
        if at + code > len(stuffed):
            return None
        content += stuffed[at + 1 : at + code]
        at += code
        if code <= _BLOCK and at < len(stuffed):
            content.append(0)
    return bytes(content)


def decode(stuffed: bytes) -> Frame | None:
    """What stands between two delimiters as a frame; None where anything about it is wrong."""
    content = _unstuff(stuffed)
    if content is None or len(content) < _HEADER.size + _CRC.size:
        return None
    content, crc = content[: -_CRC.size], content[-_CRC.size :]
    if _CRC.unpack(crc)[0] != zlib.crc32(content):
        return None
    kind, code, model, sequence, length = _HEADER.unpack_from(content)
    body = content[_HEADER.size :]
    return Frame(kind, code, model, sequence, body) if len(body) == length else None


class Splitter:
    """Cuts a byte stream at its delimiters; what comes before the first one is noise or a frame."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The stuffed frames that ``data`` completes; empty ones are left out."""
        self._rest += data
        *whole, self._rest = self._rest.split(b"\0")
        return (bytes(piece) for piece in whole if piece)
