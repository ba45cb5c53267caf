"""Every board builds the zoo's smallest image network and its CIFAR-10 one."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.firmware import need
from tinyrob.boards.read import all_boards
from tinyrob.build.job import build
from tinyrob.deployable import load_model
from tinyrob.project.elf import read_sections

BOARDS = {board.name: board for board in all_boards()}


@pytest.mark.slow
@pytest.mark.parametrize("name", BOARDS)
@pytest.mark.parametrize("network", ["digits-stq-jr", "cifar10-stq-jr"])
def test_it_builds_within_its_regions(network: str, name: str, tmp_path: Path) -> None:
    board = BOARDS[name]
    need("riscv64-unknown-elf-gcc" if name.startswith("rv32") else "arm-none-eabi-gcc", "make")
    manifest = build(load_model(network), name, out=tmp_path / "b")
    sections = [s for s in read_sections(tmp_path / "b" / manifest.elf) if s.loaded and s.bytes]
    assert sections
    for section in sections:
        end = section.address + section.bytes
        assert any(r.start <= section.address and end <= r.end for r in board.memory), section
    assert manifest.flash_bytes <= sum(r.bytes for r in board.memory if "code" in r.holds)
