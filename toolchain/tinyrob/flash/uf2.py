"""UF2: firmware as 512-byte blocks that a boot loader's USB drive takes in any order.

The format is Microsoft's (https://github.com/microsoft/uf2): each block says where its bytes go.
"""

from __future__ import annotations

import struct

BLOCK_BYTES = 512
PAGE_BYTES = 256
"""Of firmware in a block: the page that a flash is programmed by."""
_HEADER = struct.Struct("<8I")
_FIRST, _SECOND, _LAST = 0x0A324655, 0x9E5D5157, 0x0AB16F30
_HAS_FAMILY = 0x2000


def uf2_bytes(image: bytes, start: int, family: int) -> bytes:
    """``image`` (any length) at address ``start``, a multiple of 256, for parts of ``family``.

    The last page is filled up with zeros. Raises ValueError for another start, or for an image that
    is empty or ends beyond 32 bits.
    """
    if start % PAGE_BYTES or not image or start + len(image) > 1 << 32:
        raise ValueError(f"{len(image)} bytes at 0x{start:x} make no UF2 file")
    count = -(-len(image) // PAGE_BYTES)
    blocks = []
    for number in range(count):
        offset = number * PAGE_BYTES
        page = image[offset : offset + PAGE_BYTES]
        header = _HEADER.pack(
            *(_FIRST, _SECOND, _HAS_FAMILY, start + offset, PAGE_BYTES, number, count, family)
        )
        blocks.append((header + page).ljust(BLOCK_BYTES - 4, b"\0") + struct.pack("<I", _LAST))
    return b"".join(blocks)
