"""LevelDB's tables and their checksum, as TensorFlow's checkpoints have them."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.bundles import block, table
from tinyrob.files.crc32c import crc32c, masked
from tinyrob.files.limits import Damaged
from tinyrob.files.sstable import number, parse_sstable

ENTRIES = [(b"", b"head"), (b"layer/bias", b"\x08\x01"), (b"layer/kernel", b"")]


@pytest.mark.parametrize(
    ("data", "checksum"),
    [  # RFC 3720, B.4
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (b"", 0),
    ],
)
def test_the_checksum_is_crc_32c(data: bytes, checksum: int) -> None:
    assert crc32c(data) == checksum


@pytest.mark.parametrize("size", [1023, 1024, 1025, 5000])
def test_lanes_give_what_one_byte_after_the_other_gives(size: int) -> None:
    data = np.random.default_rng(size).integers(0, 256, size).astype(np.uint8).tobytes()
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    assert crc32c(data) == state ^ 0xFFFFFFFF


def test_a_masked_checksum_is_leveldbs() -> None:
    assert masked(0) == 0xA282EAD8
    assert masked(0x00018000) == ((0x3 | 0) + 0xA282EAD8) & 0xFFFFFFFF


def test_a_table_gives_its_entries() -> None:
    assert parse_sstable(table(block(ENTRIES))) == dict(ENTRIES)


def test_keys_share_what_they_begin_with() -> None:
    shared = b"\x00\x03\x01abcx" + b"\x02\x01\x01zy" + bytes(4) + b"\x01\0\0\0"
    assert parse_sstable(table(shared)) == {b"abc": b"x", b"abz": b"y"}


GOOD = table(block(ENTRIES))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "cut off or no table"),
        (GOOD[:-1], "cut off or no table"),
        (b"x" + GOOD[1:], "not what its checksum says"),
        (GOOD[-48:], "lies behind its end"),
        (table(b"\x07\x01\x01a" + bytes(8)), "an entry of its index is damaged"),
        (table(b"\x00\x7f\x01a" + bytes(8)), "an entry of its index is damaged"),
        (table(b"\xff" * 12 + bytes(8)), "cut off or too long"),
        (table(b"ab"), "a block of its index is cut off"),
    ],
    ids=range(8),
)
def test_what_is_no_table_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(Damaged, match=words):
        parse_sstable(data)


def test_a_compressed_block_is_refused() -> None:
    at = len(block(ENTRIES))
    with pytest.raises(Damaged, match="is compressed"):
        parse_sstable(GOOD[:at] + b"\1" + GOOD[at + 1 :])


def test_a_number_ends() -> None:
    assert number(b"\xac\x02", 0) == (300, 2)
    for data in (b"", b"\x80", b"\x80" * 20):
        with pytest.raises(Damaged, match="cut off or too long"):
            number(data, 0)


@given(st.binary(max_size=80))
def test_any_block_is_taken_or_refused(data: bytes) -> None:
    with contextlib.suppress(Damaged):  # and nothing else
        parse_sstable(table(data))
