"""Instruction counts of emulated boards: two counters that tick differently agree on one core."""

from __future__ import annotations

import pytest

from support.firmware import need, small
from support.native import folder
from tinyrob.boards.read import find_board
from tinyrob.build.job import build
from tinyrob.run.qemu import run_bench


def count(board: str) -> int:
    need("arm-none-eabi-gcc", "qemu-system-arm", "make")
    out = folder() / board
    manifest = build(small(), board, "bench", out=out)
    return run_bench(find_board(board), out / manifest.elf, manifest.macs)["instructions"]


@pytest.mark.parametrize("board", ["mps2_an386"])
def test_a_tick_of_40_instructions_counts_as_exactly_as_a_tick_of_one(board: str) -> None:
    # Two Cortex-M4 with one compiler: TIM2 ticks once an instruction, the FPGA's counter in 40.
    # The network's instructions are the same; the calls of the counter around it, which differ
    # from port to port, are all that may show.
    assert abs(count(board) - count("stm32f405")) <= 2
