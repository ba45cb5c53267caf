"""CRC-32 by a part's own unit is CRC-32: against zlib, through a model of the unit."""

from __future__ import annotations

import random
import subprocess
import zlib
from pathlib import Path

import pytest

from support.firmware import need
from support.mmio import compiled
from tinyrob.boards.read import all_boards, find_board

MODEL = Path(__file__).parent.parent / "support" / "crc_unit.c"
WITH = [board.name for board in all_boards() if board.crc]
DICE = random.Random(5)
BUFFER = DICE.randbytes(4096)
CASES = [
    *((DICE.randrange(1 << 32), DICE.randrange(9), DICE.randrange(4000)) for _ in range(40)),
    *((0, 0, 4096), (0xFFFF_FFFF, 0, 4), (0, 1, 7), (5, 3, 8), (9, 2, 3), (7, 0, 0)),
]
"""The checksum before, bytes of the buffer that are skipped, bytes."""


def by_unit(name: str, *, nonsense: bool = False) -> list[tuple[int, int]]:
    """For each case (the checksum, words that the unit took)."""
    need("gcc")
    numbers = [int(nonsense), *(number for case in CASES for number in case)]
    command = [compiled(find_board(name), MODEL), *map(str, numbers)]
    done = subprocess.run(command, input=BUFFER, capture_output=True)
    assert done.returncode == 0, done.stderr
    pairs = (line.split() for line in done.stdout.splitlines())
    return [(int(crc), int(words)) for crc, words in pairs]


def right(before: int, skipped: int, size: int) -> int:
    return zlib.crc32(BUFFER[skipped : skipped + size], before)


def test_every_stm32_on_silicon_has_one() -> None:
    boards = [board.name for board in all_boards() if board.family == "stm32" and board.flashing]
    assert boards == WITH
    assert {board.crc.programmable for board in all_boards() if board.crc} == {False, True}


@pytest.mark.parametrize("name", WITH)
def test_the_unit_gives_what_zlib_gives(name: str) -> None:
    for (before, skipped, size), (crc, words) in zip(CASES, by_unit(name), strict=True):
        assert crc == right(before, skipped, size)
        assert words == max(size - -skipped % 4, 0) // 4, "all whole words, by the unit"


@pytest.mark.parametrize("name", ["nucleo_f446re", "nucleo_l4r5zi"])
def test_a_unit_that_does_not_answer_as_it_should_is_not_used(name: str) -> None:
    assert by_unit(name, nonsense=True) == [(right(*case), 0) for case in CASES]
