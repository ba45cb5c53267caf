"""Counts of emulated boards: exact however the counter ticks, and beyond its 32 bits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from support.firmware import need, small
from support.native import folder
from tinyrob.boards.board import Board
from tinyrob.boards.read import find_board
from tinyrob.build.job import build
from tinyrob.deployable import Deployable
from tinyrob.ir import graph as ir
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.project.build_folder import open_build
from tinyrob.run import qemu
from tinyrob.run.qemu import QemuRunner, run_bench

PROGRAMS = ("arm-none-eabi-gcc", "riscv64-unknown-elf-gcc", "qemu-system-arm", "make")


def count(board: str) -> int:
    need(*PROGRAMS)
    out = folder() / board
    manifest = build(small(), board, "bench", out=out)
    return run_bench(find_board(board), out / manifest.elf, manifest.macs)["instructions"]


@pytest.mark.parametrize("board", ["mps2_an386"])
def test_a_tick_of_40_instructions_counts_as_exactly_as_a_tick_of_one(board: str) -> None:
    # Two Cortex-M4 with one compiler: TIM2 ticks once an instruction, the FPGA's counter in 40.
    # The network's instructions are the same; the calls of the counter around it, which differ
    # from port to port, are all that may show.
    assert abs(count(board) - count("stm32f405")) <= 2


def wide() -> Deployable:
    """A convolution of 9.4 million MACs."""
    kernel = np.random.default_rng(1).integers(-31, 32, (32, 3, 3, 32)).astype(np.int8)
    grid = ir.Quantization((2.0**-4,), (0,))
    tensors = (
        ir.Tensor("image", (1, 32, 32, 32), "int8", grid),
        ir.Tensor(
            "kernel", kernel.shape, "int8", ir.Quantization((2.0**-7,) * 32, (0,) * 32), kernel
        ),
        ir.Tensor("conv", (1, 32, 32, 32), "int8", grid),
    )
    conv = ir.Op(ir.Conv2D((1, 1), "SAME"), (0, 1, -1), (2,))
    data = write_tflite(ir.Graph(tensors, (conv,), (0,), (2,), "wide", {}))
    return Deployable("wide", read_tflite(data, "wide"), data)


def slowed(board: Board) -> Board:
    """The same machine with 1,024 ns an instruction: its counters pass 2^32 in a second."""
    assert board.emulator is not None
    assert "shift=0" in board.emulator.arguments
    arguments = tuple("shift=10" if a == "shift=0" else a for a in board.emulator.arguments)
    return replace(board, emulator=replace(board.emulator, arguments=arguments))


@pytest.mark.parametrize("name", ["stm32f405", "mps2_an386", "rv32_virt"])
def test_a_count_beyond_32_bits_is_as_exact(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    need(*PROGRAMS)
    board = find_board(name)
    out = folder() / "bench"
    manifest = build(wide(), name, "bench", out=out)
    once = run_bench(board, out / manifest.elf, manifest.macs)["instructions"]
    slow = run_bench(slowed(board), out / manifest.elf, manifest.macs)["instructions"]
    assert slow == 1024 * once > 2**32

    served = folder() / "validate"
    build(wide(), name, "validate", out=served)
    one = np.zeros((32, 32, 32), np.int8)
    figures = []
    for machine in (board, slowed(board)):
        monkeypatch.setattr(qemu, "find_board", lambda _, machine=machine: machine)
        with QemuRunner(open_build(served)) as runner:
            figures.append((runner.run(one[None]).instructions, *runner.profile(one)))
    (whole, layer), (slow_whole, slow_layer) = figures
    assert slow_whole == 1024 * whole > 2**32
    assert slow_layer == 1024 * layer > 2**32
    assert 0 <= layer - whole < 20
