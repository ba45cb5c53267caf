"""The checksum by which a program checks itself: written into it, read back, seen to fail."""

from __future__ import annotations

import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from support import flips
from support.firmware import built, copied, need, small
from tinyrob.errors import DataError
from tinyrob.project.build_folder import open_build
from tinyrob.project.elf import read_sections
from tinyrob.project.image import read_image
from tinyrob.project.seal import RANGES, SECTION, TABLE_BYTES, seal, sealed

FLIPS = 300


def content(path: Path, start: int, size: int) -> bytes:
    for at, data in read_image(path).segments:
        if at <= start and start + size <= at + len(data):
            return data[start - at : start - at + size]
    raise AssertionError("no segment has it")


def test_the_table_is_of_all_that_is_in_flash() -> None:
    """Read as the firmware reads it: addresses and bytes, and the CRC-32 of what is there."""
    path = built().elf
    at = next(section.address for section in read_sections(path) if section.name == SECTION)
    table = content(path, at, TABLE_BYTES)
    words = [int.from_bytes(table[i : i + 4], "little") for i in range(0, TABLE_BYTES, 4)]
    count, crc = words[0], zlib.crc32(table[:-4])
    assert 0 < count <= RANGES
    ranges = [(words[1 + 2 * i], words[2 + 2 * i]) for i in range(count)]
    for start, size in ranges:
        crc = zlib.crc32(content(path, start, size), crc)
    assert words[-1] == crc == sealed(path)
    flash = sum(s.bytes for s in read_sections(path) if s.loaded and s.stored)
    assert sum(size for _, size in ranges) + TABLE_BYTES == flash


def test_sealing_again_changes_nothing(tmp_path: Path) -> None:
    path = copied(tmp_path).elf
    before = path.read_bytes()
    assert seal(path) == sealed(path)
    assert path.read_bytes() == before


def test_a_folder_has_the_program_that_seals_alone(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    data = bytearray(folder.elf.read_bytes())
    data[-1] ^= 1  # of no section that is loaded: the seal is the same
    folder.elf.write_bytes(data)
    subprocess.run([sys.executable, "-I", "seal.py", "firmware.elf"], cwd=folder.path, check=True)
    assert folder.elf.read_bytes() == bytes(data)


@pytest.mark.parametrize("text", [b"", b"\x7fELF", b"#!/bin/sh\n", b"\x7fELF\x01\x01" + bytes(99)])
def test_what_is_no_program_of_ours_has_no_seal(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(text)
    assert sealed(path) is None


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    path = copied(tmp_path).elf
    path.write_bytes(path.read_bytes()[:-2000])
    ran = subprocess.run(
        [sys.executable, "-I", path.parent / "seal.py", path], capture_output=True, text=True
    )
    assert ran.returncode == 1
    assert "is no whole ELF file" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_every_single_bit_flip_in_the_hosts_program_is_seen(tmp_path: Path) -> None:
    """A sample; ``make flips`` flips 10,000."""
    need("gcc")
    left, said = flips.unseen(flips.probe(small(), tmp_path / "build"), FLIPS, seed=7)
    assert left == 0, said


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("firmware.elf", "is not what was built: its SHA-256 is"),
        ("model/small_weights.c", "are not what was built: model/small_weights.c is changed"),
        ("ports/host/port.c", "ports/host/port.c is changed"),
        ("seal.py", "seal.py is changed"),
    ],
)
def test_a_changed_folder_is_not_trusted(name: str, words: str, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    path = folder.path / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError) as raised:
        open_build(folder.path)
    assert words in raised.value.message


def test_a_missing_source_is_told_and_a_file_of_the_users_is_his(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder.path / "notes.txt").write_text("mine")
    open_build(folder.path)
    (folder.path / "proto" / "tr_frame.c").unlink()
    with pytest.raises(DataError, match=r"not whole: proto/tr_frame.c is missing"):
        open_build(folder.path)


def test_without_its_record_a_folder_is_compared_all_the_same(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder.path / ".tinyrob.json").unlink()
    open_build(folder.path)
    with (folder.path / "model" / "small.c").open("a") as file:
        file.write("\n")
    with pytest.raises(DataError, match=r"the sources in .* are not what was built"):
        open_build(folder.path)
