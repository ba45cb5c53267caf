"""What is programmed into a part: vectors and regions in the ELF, and what is before them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from support.firmware import need, small
from tinyrob.boards.read import all_boards, find_board
from tinyrob.build.job import build
from tinyrob.deployable import load_model
from tinyrob.flash.uf2 import uf2_bytes
from tinyrob.project.elf import read_sections

ON_SILICON = [board.name for board in all_boards() if board.flashing]


@pytest.mark.slow
@pytest.mark.parametrize("name", ON_SILICON)
def test_the_digits_network_links_and_its_vectors_are_right(name: str, tmp_path: Path) -> None:
    need("arm-none-eabi-gcc", "make")
    board = find_board(name)
    manifest = build(load_model("digits-stq-jr"), name, out=tmp_path / "b")
    sections = [s for s in read_sections(tmp_path / "b" / manifest.elf) if s.loaded and s.bytes]
    for section in sections:
        assert any(
            r.start <= section.address and section.address + section.bytes <= r.end
            for r in board.memory
            if r.holds
        ), section
    by_name = {section.name: section for section in sections}
    vectors, code, stack = by_name[".vectors"], by_name[".text"], board.region("stack")
    flash = board.region("code")
    assert vectors.address == flash.start + (by_name[".boot2"].bytes if ".boot2" in by_name else 0)
    image = (tmp_path / "b" / "firmware.bin").read_bytes()
    words = struct.unpack("<16I", image[vectors.address - flash.start :][:64])
    # What the boot ROM of an RP2350 looks for lies behind the vectors.
    assert vectors.bytes == 64 + (20 if name == "rp2350" else 0)
    assert words[0] == stack.start + board.stack_bytes
    for handler in words[1:]:
        assert handler & 1, "Thumb"
        assert code.address <= handler - 1 < code.address + code.bytes
    assert len(set(words[1:])) == 3, "reset, faults, the unexpected"


def checksum(data: bytes) -> int:
    """CRC-32 as the RP2040's boot ROM has it: most significant bit first, nothing inverted."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value >> 31 else 0)) & 0xFFFFFFFF
    return value


def test_the_checksum_is_the_one_of_the_catalogue_of_crcs() -> None:
    assert checksum(b"123456789") == 0x0376E6E7  # CRC-32/MPEG-2's check value


@pytest.mark.slow
def test_the_rp2040s_second_stage_has_its_checksum_and_is_as_large_as_the_rom_reads(
    tmp_path: Path,
) -> None:
    need("arm-none-eabi-gcc", "make")
    build(small(), "rp2040", out=tmp_path / "b")
    image = (tmp_path / "b" / "firmware.bin").read_bytes()
    by_name = {section.name: section for section in read_sections(tmp_path / "b" / "firmware.elf")}
    assert (by_name[".boot2"].address, by_name[".boot2"].bytes) == (0x1000_0000, 256)
    assert by_name[".vectors"].address == 0x1000_0100
    assert checksum(image[:252]) == struct.unpack("<I", image[252:256])[0]
    # What the boot loader's drive takes: the same bytes.
    blocks = (tmp_path / "b" / "firmware.uf2").read_bytes()
    assert blocks == uf2_bytes(image, 0x1000_0000, 0xE48BFF56)


@pytest.mark.slow
def test_the_rp2040s_second_stage_sets_up_the_flash_and_starts_the_program(tmp_path: Path) -> None:
    """Its Thumb instructions, executed one by one: which registers of the part they write."""
    need("arm-none-eabi-gcc", "make")
    build(small(), "rp2040", out=tmp_path / "b")
    image = (tmp_path / "b" / "firmware.bin").read_bytes()
    stack, reset = struct.unpack("<II", image[256:264])
    writes, main_stack, jumped = executed(image)
    ssi = 0x18000000
    assert writes == [
        (ssi + 0x08, 0),  # off
        (ssi + 0x14, 4),  # BAUDR: even
        (ssi + 0x00, 31 << 16 | 3 << 8),  # CTRLR0: 32 bits, "EEPROM read"
        (ssi + 0x04, 0),  # CTRLR1: one frame
        (ssi + 0xF4, 0x03 << 24 | 2 << 8 | 6 << 2),  # SPI_CTRLR0: 03h, 8 bits, 6 * 4 address bits
        (ssi + 0x08, 1),
        (0xE000ED08, 0x10000100),  # VTOR
    ]
    assert (main_stack, jumped) == (stack, reset)


def executed(image: bytes) -> tuple[list[tuple[int, int]], int, int]:
    """What the second stage writes, the main stack that it sets, and where it jumps to.

    It knows the few instructions of it, and runs them where the boot ROM does: not where they were
    linked, but at the end of RAM.
    """
    home, flash = 0x20041F00, 0x10000000
    r, writes, main_stack, at = [0] * 16, [], 0, 0

    def load(address: int) -> int:
        base = home if home <= address < home + 252 else flash
        return int.from_bytes(image[address - base : address - base + 4], "little")

    for _ in range(100):
        code = int.from_bytes(image[at : at + 2], "little")
        low, mid, offset = code & 7, code >> 3 & 7, (code >> 6 & 31) * 4
        if code >> 11 == 0b01001:  # ldr, literal
            r[code >> 8 & 7] = load((home + at + 4 & ~3) + (code & 0xFF) * 4)
        elif code >> 11 == 0b00100:  # movs
            r[code >> 8 & 7] = code & 0xFF
        elif code >> 11 == 0b01100:  # str
            writes.append((r[mid] + offset, r[low]))
        elif code >> 11 == 0b01101:  # ldr
            r[low] = load(r[mid] + offset)
        elif code & 0xFFF0 == 0xF380:  # msr msp
            assert image[at + 2 : at + 4] == b"\x08\x88"
            main_stack, at = r[code & 15], at + 2
        elif code >> 7 == 0b010001110:  # bx
            return writes, main_stack, r[code >> 3 & 15]
        else:
            raise AssertionError(f"an instruction that the second stage has not: {code:04x}")
        at += 2
    raise AssertionError("no end")
