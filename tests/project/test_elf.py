"""Reading ELF: what is no firmware is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.firmware import built
from tinyrob.errors import BuildError
from tinyrob.project.elf import read_sections


@pytest.mark.parametrize("keep", [0, 3, 40, 2000])
def test_a_file_that_is_cut_short_is_refused(keep: int, tmp_path: Path) -> None:
    path = tmp_path / "cut.elf"
    path.write_bytes(built().elf.read_bytes()[:keep])
    with pytest.raises(BuildError, match="is not a 32-bit little-endian ELF file"):
        read_sections(path)


def test_a_64_bit_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.elf"
    data = bytearray(built().elf.read_bytes())
    data[4] = 2
    path.write_bytes(data)
    with pytest.raises(BuildError):
        read_sections(path)
