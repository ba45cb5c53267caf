"""LevelDB's sorted tables, which TensorFlow's checkpoints have their index in.

The format: ``doc/table_format.md`` of google/leveldb; blocks are not compressed, as TensorFlow
writes them. Written for files that may be damaged: TensorFlow's reader ends the process on some.
"""

from __future__ import annotations

from collections.abc import Iterator

from tinyrob.files.crc32c import crc32c, masked
from tinyrob.files.limits import MEMBERS, Damaged

_FOOTER, _MAGIC = 48, 0xDB4775248B80FB57
_TRAILER = 5  # after each block: how it is compressed, and its checksum


def parse_sstable(data: bytes) -> dict[bytes, bytes]:
    """All keys and their values. Raises Damaged."""
    if len(data) < _FOOTER or int.from_bytes(data[-8:], "little") != _MAGIC:
        raise Damaged("its index is cut off or no table")
    footer = data[-_FOOTER:-8]
    _, _, at = _handle(footer, 0)  # of the block of filters, which tables here have not
    offset, size, _ = _handle(footer, at)
    found: dict[bytes, bytes] = {}
    for _, where in _entries(_block(data, offset, size)):
        offset, size, _ = _handle(where, 0)
        for key, value in _entries(_block(data, offset, size)):
            found[key] = value
            if len(found) > MEMBERS:
                raise Damaged(f"its index has more than {MEMBERS:,} entries")
    return found


def _block(data: bytes, offset: int, size: int) -> bytes:
    end = offset + size
    if end + _TRAILER > len(data):
        raise Damaged("a block of its index lies behind its end")
    if data[end] != 0:
        raise Damaged("a block of its index is compressed")
    if masked(crc32c(data[offset : end + 1])) != int.from_bytes(data[end + 1 : end + 5], "little"):
        raise Damaged("a block of its index is not what its checksum says")
    return data[offset:end]


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys share what they begin with; where they begin anew is listed at the end, for searches."""
    if len(block) < 4:
        raise Damaged("a block of its index is cut off")
    end = len(block) - 4 - 4 * int.from_bytes(block[-4:], "little")
    at, key = 0, b""
    while at < end:
        shared, at = number(block, at)
        own, at = number(block, at)
        size, at = number(block, at)
        if shared > len(key) or at + own + size > end:
            raise Damaged("an entry of its index is damaged")
        key = key[:shared] + block[at : at + own]
        yield key, block[at + own : at + own + size]
        at += own + size


def _handle(data: bytes, at: int) -> tuple[int, int, int]:
    offset, at = number(data, at)
    size, at = number(data, at)
    return offset, size, at


def number(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte at ``at``, and where it ends. Raises Damaged."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte, at = data[at], at + 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise Damaged("a number in it is cut off or too long")
