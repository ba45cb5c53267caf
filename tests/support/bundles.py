"""TensorFlow's checkpoints, written as their format is described, for readers of damaged ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tinyrob.files.crc32c import crc32c, masked
from tinyrob.files.sstable import parse_sstable

_RESTARTS = (0).to_bytes(4, "little") + (1).to_bytes(4, "little")
_MAGIC = 0xDB4775248B80FB57


def varint(value: int) -> bytes:
    """A number, of seven bits a byte."""
    written = b""
    while value > 0x7F:
        written += bytes([value & 0x7F | 0x80])
        value >>= 7
    return written + bytes([value])


def block(entries: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A block whose keys share nothing."""
    return b"".join(b"\0" + varint(len(k)) + varint(len(v)) + k + v for k, v in entries) + _RESTARTS


def table(data: bytes) -> bytes:
    """A table of one block, whatever that is, with checksums that are right."""
    written, handles = b"", []
    where = varint(0) + varint(len(data))
    for content in (data, block([]), block([(b"~", where)])):
        handles.append(varint(len(written)) + varint(len(content)))
        checksum = masked(crc32c(content + b"\0"))
        written += content + b"\0" + checksum.to_bytes(4, "little")
    footer = handles[1] + handles[2]
    return written + footer.ljust(40, b"\0") + _MAGIC.to_bytes(8, "little")


def shape(*sizes: int) -> bytes:
    """A TensorShapeProto."""
    dims = [b"\x08" + varint(size % (1 << 64)) for size in sizes]
    return b"".join(b"\x12" + varint(len(dim)) + dim for dim in dims)


def entry(kind: int, shape: bytes, offset: int, content: bytes, size: int | None = None) -> bytes:
    """A BundleEntryProto of ``content`` at ``offset``."""
    return (
        b"\x08" + varint(kind) + b"\x12" + varint(len(shape)) + shape
        + b"\x20" + varint(offset % (1 << 64))
        + b"\x28" + varint((len(content) if size is None else size) % (1 << 64))
        + b"\x35" + masked(crc32c(content)).to_bytes(4, "little")
    )  # fmt: skip


def reshaped(index: Path, key: str, changed: bytes) -> None:
    """Writes a checkpoint's index anew, with another entry of one array."""
    entries = parse_sstable(index.read_bytes())
    assert key.encode() in entries
    entries[key.encode()] = changed
    index.write_bytes(table(block(sorted(entries.items()))))
