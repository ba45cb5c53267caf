"""The wheel's clang: every board's firmware computes the same bits, small and fast like GCC's."""

from __future__ import annotations

import dataclasses
import functools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from support import listeners
from support.firmware import built, hashes, need, program, small
from support.native import folder
from tinyrob.boards.read import all_boards, find_board
from tinyrob.build import look_up
from tinyrob.build.job import build
from tinyrob.deployable import load_model
from tinyrob.emit.firmware import APPS
from tinyrob.errors import BuildError, DoesNotFit
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.project import zig
from tinyrob.project.build_folder import BuildFolder, open_build
from tinyrob.project.image import read_image
from tinyrob.project.imagefiles import intel_hex
from tinyrob.run.emulator import runner as emulator
from tinyrob.run.qemu import QemuRunner
from tinyrob.run.qemu import run_bench as qemu_bench

BOARDS = {board.name: board for board in all_boards()}


@functools.cache
def firmware(board: str, model: str = "small", app: str = "validate") -> BuildFolder:
    out = folder() / f"clang-{board}-{model}-{app}"
    by_hand = {"small": small, "listener": listeners.model, "looker": listeners.looking}
    network = by_hand[model]() if model in by_hand else load_model(model)
    build(network, board, app, out=out, toolchain="clang")
    return open_build(out)


@pytest.mark.parametrize("name", BOARDS)
def test_every_board_computes_the_interpreters_bits(name: str) -> None:
    of = firmware(name)
    assert (of.manifest.toolchain, of.manifest.compiler[:14]) == ("clang", "clang version ")
    if BOARDS[name].cpu.mve:
        need("qemu-system-arm")
    x = np.random.default_rng(6).integers(-128, 128, (5, *of.manifest.input.shape)).astype(np.int8)
    runner = QemuRunner(of) if BOARDS[name].cpu.mve else emulator.EmulatorRunner(of)
    with runner:
        outputs = runner.run(x).outputs
    assert np.array_equal(outputs, interpret(read_tflite(of.tflite.read_bytes()), x))
    assert of.manifest.stack_source.startswith("measured on ")
    assert 0 < of.manifest.ram.stack <= BOARDS[name].stack_bytes


@pytest.mark.slow
@pytest.mark.parametrize("app", sorted(set(APPS) - {"microphone", "camera"}))
@pytest.mark.parametrize("board", ["rp2040", "mps2_an385", "mps2_an500", "rv32_virt"])
def test_every_app_links(app: str, board: str) -> None:
    model = {"mlperf": "digits-stq-jr", "listen": "listener", "look": "looker"}.get(app, "small")
    assert firmware(board, model, app).manifest.app == app


@pytest.mark.slow
@pytest.mark.parametrize(
    ("board", "network"),
    [
        ("mps2_an385", "cifar10-resnet8"),
        ("mps2_an385", "speech-dscnn"),
        ("mps2_an386", "cifar10-resnet8"),
        ("mps2_an500", "cifar10-resnet8"),
        ("mps2_an505", "cifar10-resnet8"),
        ("mps3_an547", "cifar10-resnet8"),
        ("rv32_virt", "cifar10-resnet8"),
    ],
)
def test_flash_is_within_3_percent_of_gccs_and_instructions_within_10(
    board: str, network: str, tmp_path: Path
) -> None:
    need("arm-none-eabi-gcc", "riscv64-unknown-elf-gcc", "qemu-system-arm", "qemu-system-riscv32")
    clang = firmware(board, network, "bench")
    gcc = build(load_model(network), board, "bench", out=tmp_path / "gcc", toolchain="gcc")
    assert clang.manifest.flash_bytes <= 1.03 * gcc.flash_bytes
    found, macs = find_board(board), gcc.macs
    mine = qemu_bench(found, clang.elf, macs)["instructions"]
    theirs = qemu_bench(found, tmp_path / "gcc" / gcc.elf, macs)["instructions"]
    assert mine <= 1.1 * theirs


def test_the_same_inputs_give_the_same_bytes_and_so_does_make(tmp_path: Path) -> None:
    need("make")
    first = firmware("stm32f405", app="none")
    second = tmp_path / "a place with spaces" / "other"
    build(small(), "stm32f405", "none", out=second, toolchain="clang")
    assert hashes(second) == hashes(first.path)
    zig_command = f"ZIG={zig.zig_program()}"
    subprocess.run(["make", "-s", "-C", str(second), "clean"], check=True)
    assert not (second / "firmware.elf").exists()
    subprocess.run(["make", "-s", "-C", str(second), zig_command], check=True)
    for name in ("firmware.elf", "firmware.bin"):
        assert (second / name).read_bytes() == (first.path / name).read_bytes(), name


def test_bin_and_hex_are_those_of_the_compilers_own_tool(tmp_path: Path) -> None:
    need("arm-none-eabi-objcopy")
    for of in (built("none"), firmware("stm32f405", app="none")):
        for kind, made in (("binary", "firmware.bin"), ("ihex", "again.bin")):
            out = tmp_path / f"{made}.{kind}"
            source = of.elf if kind == "binary" else of.path / "firmware.hex"
            from_hex = [] if kind == "binary" else ["-I", "ihex"]
            command = ["arm-none-eabi-objcopy", *from_hex, "-O", "binary", str(source), str(out)]
            subprocess.run(command, check=True)
            assert out.read_bytes() == (of.path / "firmware.bin").read_bytes()


def test_a_record_of_the_hex_file_crosses_no_64_kilobytes() -> None:
    image = read_image(built("none").elf)
    far = type(image)(0x0801_0000, ((0x0800_FFFA, bytes(range(12))),), {})
    assert intel_hex(far).decode().split() == [
        ":020000040800F2",
        ":06FFFA00000102030405F2",
        ":020000040801F1",
        ":06000000060708090A0BC7",
        ":0400000508010000EE",
        ":00000001FF",
    ]


def test_a_network_too_big_for_the_part_is_told_from_lld_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = find_board("stm32")
    memory = tuple(
        dataclasses.replace(region, bytes=4000) if region.name == "flash" else region
        for region in board.memory
    )
    smaller = dataclasses.replace(board, memory=memory)
    monkeypatch.setattr(look_up, "find_board", lambda target: smaller)
    with pytest.raises(DoesNotFit, match=r"bytes of flash on stm32f405 in all; there are 4,000"):
        build(small(), "stm32", out=tmp_path / "b", toolchain="clang")
    assert not list(tmp_path.iterdir())


def test_a_zig_that_fails_is_quoted_with_its_first_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = tmp_path / "broken_zig"
    fail = 'echo "note: noise" >&2; echo "error: unable to create cache: NoSpaceLeft" >&2; exit 1'
    script = f'case "$*" in version) echo 0;; *--version) echo clang;; *) {fail};; esac'
    program(wheel / "zig", script)
    (wheel / "__init__.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(zig, "MODULE", "broken_zig")
    with pytest.raises(BuildError, match="zig cc failed: error: unable to create cache"):
        build(small(), "stm32", out=tmp_path / "b", toolchain="clang")
    assert not (tmp_path / "b").exists()


def test_without_compilers_make_and_qemu_a_build_is_validated(tmp_path: Path) -> None:
    """What a container with nothing but Python has: the acceptance of `pip is enough`."""
    environment = {"PATH": str(tmp_path / "nothing"), "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    environment |= {name: value for name, value in os.environ.items() if name == "PYTHONPATH"}
    out = tmp_path / "build"
    command = [sys.executable, "-m", "tinyrob"]
    made = subprocess.run(
        [*command, "build", "--target", "stm32", "--out", str(out)],
        capture_output=True, text=True, env=environment,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert "measured on the emulator" in made.stdout
    done = subprocess.run(
        [*command, "validate", str(out), "--on", "tflm,host,emulator", "--vectors", "8"],
        capture_output=True, text=True, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "exact: yes" in done.stdout
    chosen = subprocess.run(
        [*command, "validate", str(out), "--vectors", "2", "--json"],
        capture_output=True, text=True, env=environment,
    )  # fmt: skip
    assert chosen.returncode == 0, chosen.stderr
    assert '"host"' in chosen.stdout
    assert '"emulator"' in chosen.stdout
