"""Targets without a board file; and memory that a board file declares and leaves empty."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from support.firmware import need, small
from tinyrob.boards.generic import GENERIC
from tinyrob.boards.read import all_boards, find_board
from tinyrob.build.fit import with_room
from tinyrob.build.job import build
from tinyrob.deployable import Deployable
from tinyrob.emit.c import emit_model
from tinyrob.errors import BoardError, BuildError
from tinyrob.ir import graph as ir
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.project.build_folder import open_build
from tinyrob.project.elf import read_sections
from tinyrob.run.emulator.runner import EmulatorRunner
from tinyrob.run.qemu import QemuRunner


@pytest.mark.parametrize("target", [n for n, made in GENERIC.items() if not made.library])
def test_a_core_needs_no_board_file_and_is_exact_in_qemu(target: str, tmp_path: Path) -> None:
    board = find_board(target)
    assert board.emulator is not None
    need(board.emulator.program)
    need("riscv64-unknown-elf-gcc" if board.arch == "riscv32" else "arm-none-eabi-gcc")
    model = small()
    manifest = build(model, target, out=tmp_path / "out")
    assert (manifest.board, manifest.isa) == (target, board.isa[0])
    shape = model.graph.tensors[model.graph.inputs[0]].sample_shape
    inputs = np.random.default_rng(2).integers(-128, 128, (3, *shape), dtype=np.int8)
    with QemuRunner(open_build(tmp_path / "out")) as runner:
        outputs = runner.run(inputs).outputs
    np.testing.assert_array_equal(outputs, interpret(model.graph, inputs))


@pytest.mark.parametrize("target", ["esp32c3", "esp32s3", "rp2350-riscv"])
def test_targets_of_other_sdks_get_a_library_and_nothing_else(target: str, tmp_path: Path) -> None:
    need("riscv64-unknown-elf-gcc", "arm-none-eabi-gcc")
    build(small(), target, "none", out=tmp_path / "out")
    library = tmp_path / "out" / "library"
    assert (library / "src" / "small.h").is_file()
    assert "idf_component_register(SRCS" in (library / "CMakeLists.txt").read_text()
    with pytest.raises(BuildError, match=f"{target} is built as a library"):
        build(small(), target, out=tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_no_core_is_called_like_a_board_and_stand_ins_are_there() -> None:
    names = {name for board in all_boards() for name in (board.name, *board.aliases)}
    assert not names & set(GENERIC)
    assert {made.stand_in for made in GENERIC.values()} <= names
    with pytest.raises(BoardError) as raised:
        find_board("cortex-m5")
    assert "did you mean cortex-m" in str(raised.value.hint)


def wide() -> Deployable:
    """A network whose arena is larger than the H743's DTCM, and smaller than its AXI SRAM."""
    grid = ir.Quantization((0.5,), (0,))
    kernel = np.ones((1, 1, 1, 4), np.int8)
    kernel.setflags(write=False)
    tensors = (
        ir.Tensor("x", (1, 256, 192, 1), "int8", grid),
        ir.Tensor(
            "k", (4, 1, 1, 1), "int8", ir.Quantization((0.5,), (0,)), kernel.reshape(4, 1, 1, 1)
        ),
        ir.Tensor("y", (1, 256, 192, 4), "int8", grid),
    )
    graph = ir.Graph(
        tensors, (ir.Op(ir.Conv2D((1, 1), "VALID"), (0, 1, -1), (2,)),), (0,), (2,), "wide"
    )
    return Deployable("wide", graph, write_tflite(graph))


def test_an_arena_that_its_region_cannot_hold_goes_to_one_that_is_empty(tmp_path: Path) -> None:
    need("arm-none-eabi-gcc")
    model = wide()
    manifest = build(model, "nucleo_h743zi", out=tmp_path / "out")
    board = find_board("nucleo_h743zi")
    empty = next(region for region in board.memory if not region.holds)
    arena = next(s for s in read_sections(tmp_path / "out" / "firmware.elf") if s.name == ".arena")
    assert manifest.ram.arena > board.region("arena").bytes
    assert empty.start <= arena.address
    assert arena.address + arena.bytes <= empty.end
    one = np.zeros((1, 256, 192, 1), np.int8)
    with EmulatorRunner(open_build(tmp_path / "out")) as runner:
        np.testing.assert_array_equal(runner.run(one).outputs, interpret(model.graph, one))


def test_an_arena_that_fits_stays_in_the_fastest_memory() -> None:
    board = find_board("nucleo_h743zi")
    model = emit_model(small().graph, "portable", bytes(32))
    assert with_room(model, board) is board
    large = dataclasses.replace(model, arena_bytes=1 << 20)
    assert with_room(large, board) is board  # nowhere: the error names the region that was meant
    medium = with_room(dataclasses.replace(model, arena_bytes=200_000), board)
    assert medium.region("arena").name == "axi_sram"
    assert medium.region("data") is board.region("data") or medium.region("data").name == "dtcm"
