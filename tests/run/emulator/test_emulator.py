"""Every board's core but MVE's, emulated: the bits of the host, the instructions of QEMU."""

from __future__ import annotations

import functools
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from support.firmware import built, copied, need, small
from support.native import folder
from tinyrob.boards.read import all_boards, find_board
from tinyrob.build.job import build
from tinyrob.deployable import load_model
from tinyrob.errors import BoardError, BuildError, RunnerError, ToolMissing
from tinyrob.ir.interp import interpret, trace
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.project.build_folder import BuildFolder, open_build
from tinyrob.project.image import Image, read_image
from tinyrob.project.seal import sealed
from tinyrob.run.emulator import cores, machine
from tinyrob.run.emulator import runner as running
from tinyrob.run.emulator.cores import core_of
from tinyrob.run.emulator.runner import EmulatorRunner, run_bench
from tinyrob.run.qemu import QemuRunner
from tinyrob.run.qemu import run_bench as qemu_bench
from tinyrob.runners import available, open_runner

EMULATED = [board.name for board in all_boards() if not board.cpu.mve]


@functools.cache
def firmware(board: str, model: str = "small") -> BuildFolder:
    need("arm-none-eabi-gcc", "riscv64-unknown-elf-gcc", "make")
    out = folder() / f"emulated-{board}-{model}"
    build(small() if model == "small" else load_model(model), board, out=out)
    return open_build(out)


def some(of: BuildFolder, count: int) -> np.ndarray:
    shape = (count, *of.manifest.input.shape)
    return np.random.default_rng(5).integers(-128, 128, shape).astype(np.int8)


def patched(of: BuildFolder, image: Image, where: int, code: bytes) -> None:
    """Puts machine code at an address of a build's ELF."""
    data = bytearray(of.elf.read_bytes())
    start, content = next((a, c) for a, c in image.segments if a <= where < a + len(c))
    at = bytes(data).index(content) + where - start
    data[at : at + len(code)] = code
    of.elf.write_bytes(bytes(data))


@pytest.mark.parametrize("board", EMULATED)
def test_every_board_computes_the_interpreters_bits(board: str) -> None:
    of = firmware(board)
    x, graph = some(of, 6), read_tflite(of.tflite.read_bytes())
    with EmulatorRunner(of) as runner:
        result = runner.run(x)
        assert np.array_equal(result.outputs, interpret(graph, x))
        assert result.instructions is not None
        assert result.cycles is None
        expected = trace(graph, x[0])
        for name, got in runner.layers(x[0]).items():
            assert np.array_equal(got, expected[name].reshape(got.shape)), name
        assert 0 < runner.stats().stack_peak <= find_board(board).stack_bytes


@pytest.mark.parametrize("board", ["nucleo_f446re", "nucleo_g0b1re"])
def test_a_part_with_a_crc_unit_looks_at_its_flash_by_it(board: str) -> None:
    """Both kinds of unit: 1.3 and 1.1 instructions a byte, and ten by software."""
    of = firmware(board)
    with EmulatorRunner(of) as device:
        device.machine.counting = True
        found = device.check()
        assert found.whole
        assert found.image == sealed(of.elf) != 0
        assert found.cost < 2 * of.flash_bytes


@pytest.mark.parametrize("board", ["stm32f405", "rv32_virt", "mps2_an505"])
def test_instructions_are_those_that_qemu_counts(board: str) -> None:
    need("qemu-system-arm", "qemu-system-riscv32")
    of = firmware(board, "digits-stq-jr")
    x = some(of, 3)
    with EmulatorRunner(of) as mine, QemuRunner(of) as theirs:
        for one in x:
            assert mine.run(one[None]).instructions == theirs.run(one[None]).instructions
        assert mine.profile(x[0]) == theirs.profile(x[0])
        assert mine.stats().stack_peak == theirs.stats().stack_peak


@pytest.mark.parametrize("board", ["stm32f405", "mps2_an385"])
def test_the_bench_says_what_it_says_in_qemu(board: str) -> None:
    need("arm-none-eabi-gcc", "make", "qemu-system-arm")
    out = folder() / f"emulated-bench-{board}"
    manifest = build(small(), board, "bench", out=out)
    found, elf = find_board(board), out / manifest.elf
    assert run_bench(found, elf, manifest.macs) == qemu_bench(found, elf, manifest.macs)


def test_only_the_first_inputs_are_counted_and_all_are_computed() -> None:
    of = firmware("stm32f405")
    x, graph = some(of, running.COUNTED + 3), read_tflite(of.tflite.read_bytes())
    with EmulatorRunner(of) as runner:
        assert np.array_equal(runner.run(x).outputs, interpret(graph, x))
        assert len(runner.run(x[:0]).outputs) == 0
        assert runner.run(x[:1]).instructions == runner.run(x[:1]).instructions


def test_it_stands_in_for_qemu_where_that_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    of, other = built(), firmware("nucleo_l4r5zi")
    names, left_out = available(of)
    assert ("emulator" in names) == ("qemu" in left_out)
    assert "emulator" in available(other)[0]
    monkeypatch.setenv("PATH", "/nowhere")
    names, left_out = available(of)
    assert "emulator" in names
    assert "qemu" in left_out


def test_a_core_that_the_emulator_has_not_is_named() -> None:
    with pytest.raises(BoardError, match="the emulator has no cortex-m55") as error:
        core_of(find_board("mps3_an547"))
    assert "--on qemu" in (error.value.hint or "")


def test_a_missing_wheel_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError("No module named 'unicorn'")

    monkeypatch.setattr(machine, "importlib", type("Without", (), {"import_module": missing}))
    with pytest.raises(ToolMissing, match="the emulator is not installed") as error:
        machine.unicorn()
    assert "firmware" in (error.value.hint or "")


def test_an_access_to_nothing_is_told_with_address_and_function(tmp_path: Path) -> None:
    of = copied(tmp_path)
    image = read_image(of.elf)
    # movw r3, #0x0100; movt r3, #0x9000; ldr r0, [r3]
    load = struct.pack("<5H", 0xF240, 0x1300, 0xF2C9, 0x0300, 0x6818)
    patched(of, image, image.functions["tr_port_read"], load)
    runner = EmulatorRunner(of)
    with pytest.raises(RunnerError, match=r"4 bytes at 0x90000100.* in tr_port_read"):
        runner.__enter__()


def test_firmware_that_ends_is_told_with_its_status(tmp_path: Path) -> None:
    of = copied(tmp_path)
    image = read_image(of.elf)
    start = image.functions["tr_port_read"]
    # ldr r0, [pc, #0]; bx r0; the address
    jump = struct.pack("<2HI", 0x4800, 0x4700, image.functions["tr_fault"] | 1)
    assert start % 4 == 0
    patched(of, image, start, jump)
    runner = EmulatorRunner(of)
    with pytest.raises(RunnerError, match=r"ended with status 70; it said: tinyrob: fault"):
        runner.__enter__()


def test_firmware_of_another_board_is_told(tmp_path: Path) -> None:
    of = copied(tmp_path)
    other = EmulatorRunner(replace(of, manifest=replace(of.manifest, board="rp2040")))
    with pytest.raises(RunnerError, match="where rp2040 has no memory"):
        other.__enter__()


def test_an_app_without_the_protocol_is_refused() -> None:
    with pytest.raises(RunnerError, match="does not speak the protocol"):
        open_runner("emulator", built("bench"))


@pytest.mark.parametrize(
    ("code", "count"), [("", 0), ("7047", 1), ("4ff08043586a7047", 3), ("fff7ffff", 1)]
)
def test_thumb_instructions_are_counted(code: str, count: int) -> None:
    assert cores._thumb(bytes.fromhex(code)) == count


def test_compressed_instructions_are_counted() -> None:
    assert cores._compressed(bytes.fromhex("13050000" + "8280")) == 2


@pytest.mark.parametrize("damage", ["short", "segment", "no elf"])
def test_a_damaged_image_is_refused(tmp_path: Path, damage: str) -> None:
    data = bytearray(built().elf.read_bytes())
    if damage == "short":
        data = data[:60]
    elif damage == "segment":
        start = int.from_bytes(data[28:32], "little")
        data[start + 16 : start + 20] = (1 << 30).to_bytes(4, "little")
    else:
        data[:4] = b"\0ELF"
    path = tmp_path / "firmware.elf"
    path.write_bytes(bytes(data))
    with pytest.raises(BuildError, match="ELF file"):
        read_image(path)
