"""Weights in RAM: copied at the start, counted as RAM, and read without waiting for the flash."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from support.firmware import need, small
from tinyrob.boards.board import Board
from tinyrob.boards.read import find_board
from tinyrob.build.fit import with_weights_in_ram
from tinyrob.build.job import build
from tinyrob.emit.c import emit_model
from tinyrob.errors import BuildError, DoesNotFit
from tinyrob.pipeline import Build
from tinyrob.project.elf import read_sections

BOARD = "nucleo_l4r5zi"


def made(out: Path, weights: str) -> Build:
    build(small(), BOARD, out=out, weights=weights)
    return Build.open(out)


def test_they_are_copied_and_the_estimate_knows_where_they_are(tmp_path: Path) -> None:
    need("arm-none-eabi-gcc", "make")
    flash, ram = made(tmp_path / "flash", "flash"), made(tmp_path / "ram", "ram")
    assert (flash.manifest.weights, ram.manifest.weights) == ("flash", "ram")
    home = {name: find_board(BOARD).region(name) for name in ("weights", "data")}
    for folder, region in ((flash, home["weights"]), (ram, home["data"])):
        at = next(s.address for s in read_sections(folder.elf) if s.name == ".weights")
        assert region.start <= at < region.start + region.bytes
    weights = ram.manifest.flash.weights
    assert weights >= flash.manifest.flash.weights > 0
    assert ram.manifest.ram.static == flash.manifest.ram.static + weights
    one = np.random.default_rng(1).integers(-128, 128, (2, *ram.manifest.input.shape))
    told = [folder.run(one.astype(np.int8), "emulator", why=True) for folder in (flash, ram)]
    np.testing.assert_array_equal(told[0].outputs, told[1].outputs)
    assert told[0].instructions_per_inference == told[1].instructions_per_inference
    slow, fast = (one.estimate for one in told)
    assert slow is not None
    assert fast is not None
    assert fast.total.flash < slow.total.flash


def test_too_many_for_the_part_are_told_by_the_byte() -> None:
    model = emit_model(small().graph, "portable", bytes(16))
    board = find_board(BOARD)
    guarded = model.arena_bytes + 32
    needed = model.weights_bytes + guarded + board.stack_bytes

    def of(room: int) -> Board:
        memory = tuple(
            dataclasses.replace(one, bytes=room) if "data" in one.holds else one
            for one in board.memory
        )
        return dataclasses.replace(board, memory=memory)

    assert with_weights_in_ram("small", model, of(needed)).weights_in_ram
    with pytest.raises(DoesNotFit) as caught:
        with_weights_in_ram("small", model, of(needed - 7))
    assert str(caught.value) == (
        f"small needs {needed:,} bytes of sram on {BOARD} for its weights of "
        f"{model.weights_bytes:,} and its arena of {guarded:,} and the stack of "
        f"{board.stack_bytes:,}; there are {needed - 7:,}: 7 are missing"
    )
    assert caught.value.hint is not None
    assert "--weights flash" in caught.value.hint


def test_no_other_memory_is_known_and_a_library_has_none(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no memory 'rom'"):
        build(small(), BOARD, out=tmp_path / "build", weights="rom")
    with pytest.raises(BuildError, match="linker script of your program"):
        build(small(), BOARD, out=tmp_path / "build", app="none", weights="ram")
