"""The variables of a SavedModel: TensorFlow's "tensor bundle", an index and the arrays' bytes.

The format: ``tensorflow/core/util/tensor_bundle`` and ``tensor_bundle.proto``. TensorFlow's own
reader ends the process on an index whose shapes are none. Imports TensorFlow, for its messages.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.files.crc32c import crc32c, masked
from tinyrob.files.limits import MODEL_BYTES, TEXT_BYTES, Damaged, read_limited
from tinyrob.files.sstable import number, parse_sstable

_KINDS = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8", 19: "<f2"}  # of types.proto
_STRING = 7
_MOST_AXES = 8


class Bundle:
    """The arrays in ``<prefix>.index`` and its ``<prefix>.data-…`` files. Raises OSError,
    Damaged."""

    def __init__(self, prefix: Path) -> None:
        from tensorflow.core.protobuf import tensor_bundle_pb2

        self._prefix = prefix
        self._entry = tensor_bundle_pb2.BundleEntryProto
        index = prefix.with_name(f"{prefix.name}.index")
        self._index = parse_sstable(read_limited(index, TEXT_BYTES))
        header = parsed(tensor_bundle_pb2.BundleHeaderProto, self._index.get(b"", b""))
        if header.endianness != tensor_bundle_pb2.BundleHeaderProto.LITTLE:
            raise Damaged("its numbers are big-endian")
        if not 1 <= header.num_shards <= 99_999:
            raise Damaged("its index does not say how many files there are")
        self._shards: int = header.num_shards
        self._contents: dict[int, bytes] = {}

    def array(self, key: str) -> NDArray[Any]:
        """An array of numbers, as it is kept. Raises OSError, Damaged where it is none."""
        entry, content = self._content(key)
        if entry.dtype not in _KINDS:
            raise Damaged(f"{key[:80]!r} holds no numbers that are known")
        kind, shape = np.dtype(_KINDS[entry.dtype]), tuple(dim.size for dim in entry.shape.dim)
        whole = len(shape) <= _MOST_AXES and all(0 <= size <= MODEL_BYTES for size in shape)
        if not whole or math.prod(shape) * kind.itemsize != len(content):
            raise Damaged(f"the shape of {key[:80]!r} is not that of its {len(content):,} bytes")
        return np.frombuffer(content, kind).reshape(shape)

    def text(self, key: str) -> bytes:
        """One text. Raises OSError, Damaged where it is none."""
        entry, content = self._content(key, texts=True)
        if entry.dtype != _STRING or entry.shape.dim:
            raise Damaged(f"{key[:80]!r} is no text")
        size, at = number(content, 0)  # a checksum of the lengths follows them
        if at + 4 + size != len(content):
            raise Damaged(f"{key[:80]!r} is not as long as it says")
        return content[at + 4 :]

    def _content(self, key: str, texts: bool = False) -> tuple[Any, bytes]:
        if key.encode() not in self._index:
            raise Damaged(f"there is no {key[:80]!r} in it")
        entry = parsed(self._entry, self._index[key.encode()])
        if entry.slices or not 0 <= entry.shard_id < self._shards:
            raise Damaged(f"{key[:80]!r} is cut into slices, or in a file that there is not")
        shard, end = self._shard(entry.shard_id), entry.offset + entry.size
        if not 0 <= entry.offset <= end <= len(shard):
            raise Damaged(f"{key[:80]!r} lies behind the end of its file")
        content = shard[entry.offset : end]
        if masked(crc32c(_summed(content) if texts else content)) != entry.crc32c:
            raise Damaged(f"{key[:80]!r} is not what its checksum says")
        return entry, content

    def _shard(self, which: int) -> bytes:
        if which not in self._contents:
            name = f"{self._prefix.name}.data-{which:05d}-of-{self._shards:05d}"
            self._contents[which] = read_limited(self._prefix.with_name(name))
        return self._contents[which]


def _summed(content: bytes) -> bytes:
    """What the checksum of a text is made of: its length, in four bytes, in place of how it is
    written."""
    size, at = number(content, 0)
    return size.to_bytes(8, "little")[: 4 if size < 1 << 32 else 8] + content[at:]


def parsed(kind: Any, content: bytes) -> Any:
    """``content`` as a message of protobuf. Raises Damaged."""
    message = kind()
    try:
        message.ParseFromString(content)
    except Exception as error:  # protobuf's own kind, which is another one in each version
        raise Damaged(f"it cannot be read ({type(error).__name__})") from None
    return message
