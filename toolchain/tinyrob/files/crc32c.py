"""CRC-32C (Castagnoli: RFC 3720, B.4), which checkpoints of TensorFlow carry, over whole arrays."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

_POLYNOMIAL = 0x82F63B78
_LANE = 1024  # bytes; as many lanes as there are go on together
_MASK = 0xA282EAD8


def crc32c(data: bytes) -> int:
    """The checksum of ``data``."""
    table, after_lane = _table(), _after_lane()
    whole = len(data) - len(data) % _LANE
    state = 0xFFFFFFFF
    if whole:
        lanes = np.frombuffer(data, np.uint8, whole).reshape(-1, _LANE).T
        sums = np.zeros(whole // _LANE, np.uint32)
        for column in lanes:
            sums = table[(sums ^ column) & 0xFF] ^ (sums >> 8)
        for one in sums.tolist():
            for row in after_lane:
                one ^= row[state & 0xFF]
                state >>= 8
            state = one
    steps = table.tolist()
    for byte in data[whole:]:
        state = steps[(state ^ byte) & 0xFF] ^ (state >> 8)
    return state ^ 0xFFFFFFFF


def masked(checksum: int) -> int:
    """The form in which a file keeps it (LevelDB's ``util/crc32c.h``): turned, and moved by a
    constant, since a checksum of what holds checksums is a weak one."""
    return ((checksum >> 15 | checksum << 17) + _MASK) & 0xFFFFFFFF


@cache
def _table() -> NDArray[np.uint32]:
    """The state after one more byte, for each byte."""
    state = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        state = np.where(state & 1, state >> 1 ^ np.uint32(_POLYNOMIAL), state >> 1)
    return state


@cache
def _after_lane() -> list[list[int]]:
    """The state after a lane of zeros, for each value of each of its four bytes: what comes is
    added to it, since a CRC is linear."""
    state = np.arange(256, dtype=np.uint32) << np.arange(0, 32, 8, dtype=np.uint32)[:, None]
    for _ in range(_LANE):
        state = _table()[state & 0xFF] ^ (state >> 8)
    return [row.tolist() for row in state]
