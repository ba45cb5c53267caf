"""UF2 files: one block to the byte, and any image back out of its blocks."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyrob.flash.uf2 import uf2_bytes

RP2040 = 0xE48BFF56


def test_a_block_is_as_the_format_has_it() -> None:
    block = uf2_bytes(bytes(range(200)), 0x10000100, RP2040)
    assert block[:32] == bytes.fromhex(
        "5546320a"  # "UF2\n"
        "57515d9e"
        "00200000"  # a family is named
        "00010010"  # the address
        "00010000"  # 256 bytes
        "00000000"  # the first block
        "01000000"  # of one
        "56ff8be4"  # for the RP2040
    )
    assert block[32:232] == bytes(range(200))
    assert block[232:508] == bytes(276)
    assert block[508:] == bytes.fromhex("306fb10a")


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=1, max_size=3000), st.integers(0, 2**16), st.integers(0, 2**32 - 1))
def test_the_blocks_hold_the_image(image: bytes, page: int, family: int) -> None:
    data = uf2_bytes(image, page * 256, family)
    blocks = [data[at : at + 512] for at in range(0, len(data), 512)]
    memory = {}
    for number, block in enumerate(blocks):
        first, second, flags, at, size, index, count, kind = struct.unpack("<8I", block[:32])
        assert (first, second, flags, size, kind) == (0x0A324655, 0x9E5D5157, 0x2000, 256, family)
        assert (index, count, at % 256) == (number, len(blocks), 0)
        assert block[-4:] == b"\x30\x6f\xb1\x0a"
        memory[at] = block[32 : 32 + size]
    whole = b"".join(memory[at] for at in sorted(memory))
    assert min(memory) == page * 256
    assert whole == image.ljust(len(whole), b"\0")
    assert len(whole) - len(image) < 256


@pytest.mark.parametrize(("image", "start"), [(b"", 0), (b"x", 1), (b"xy" * 200, 0xFFFFFF00)])
def test_what_fits_no_block_is_refused(image: bytes, start: int) -> None:
    with pytest.raises(ValueError, match="make no UF2 file"):
        uf2_bytes(image, start, RP2040)
