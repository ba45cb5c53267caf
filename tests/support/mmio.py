"""What a port writes to a part's registers, recorded on this machine."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from support.native import folder, gcc
from tinyrob.boards.drivers import source_of
from tinyrob.boards.read import Board
from tinyrob.emit.render import render
from tinyrob.files import resources

Writes = list[tuple[int, int]]
_RECORDER = Path(__file__).with_name("recorder.c")


def record(
    board: Board, registers: Mapping[int, tuple[int, int]], *, failing: bool = False
) -> Writes:
    """(address, value) of each write of ``tr_port_start``, and of a call that ends the LED's light,
    in order; ``failing``: instead, the first writes of a program that ends with an error.

    ``registers``: a register's value after reset, and the bits that hardware sets in it.
    """
    return _recorder(board, registers, *(("failing",) if failing else ()))


def microphone(board: Board, registers: Mapping[int, tuple[int, int]]) -> Writes:
    """(address, value) of each write of ``tr_microphone_start``, in order."""
    return _recorder(board, registers, "microphone")


@dataclass(frozen=True)
class Driver:
    """A driver of a sensor, a source of its user's beside it, and the rate of the features."""

    sensor: str
    own: str = ""
    rate: int = 16_000


def driven(board: Board, driver: Driver, registers: Mapping[int, tuple[int, int]]) -> Writes:
    """(address, value) of each write with which the board's driver of a sensor starts it, in order;
    of a camera, with which it begins a frame as well. AssertionError where it does not start."""
    return _recorder(board, registers, driver.sensor, driver=driver)


def slow_counter(board: Board, registers: Mapping[int, int]) -> tuple[int, int]:
    """(ticks, units a tick) that the port reads where ``registers`` have these values."""
    values = {at: (value, 0) for at, value in registers.items()}
    return _recorder(board, values, "slow")[-1]


def _recorder(
    board: Board,
    registers: Mapping[int, tuple[int, int]],
    *mode: str,
    driver: Driver | None = None,
) -> Writes:
    recorder = compiled(board, _RECORDER, driver)
    arguments = [f"{n:x}" for at, pair in registers.items() for n in (at, *pair)]
    done = subprocess.run([recorder, *mode, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [(int(line[:8], 16), int(line[9:], 16)) for line in done.stdout.splitlines()]


@cache
def compiled(board: Board, main: Path, driver: Driver | None = None) -> Path:
    """A program of this machine: the board's port and a driver, with ``main`` in the place of its
    registers."""
    home = folder()
    beside: list[Path | str] = []
    if driver is not None:
        (home / "driver.c").write_bytes(source_of(board, driver.sensor))
        (home / "own.c").write_text(f'#include "tr_mmio.h"\n#include <stdbool.h>\n{driver.own}\n')
        (home / "tr_model_frontend.h").write_text(f"#define TR_MODEL_RATE {driver.rate}UL\n")
        beside = [f"-DTR_RECORD_{driver.sensor.upper()}", home / "driver.c", home / "own.c"]
    (home / "tr_board.h").write_bytes(render("project/tr_board.h.j2", board=board, watch=False))
    ports = resources.firmware() / "ports"
    folders = [ports / name for name in (board.family, board.port) if name]
    firmware = resources.firmware()
    includes = [home, firmware / "include", ports / "common", *folders, firmware / "proto"]
    gcc(
        # No -Wconversion: on a 64-bit machine unsigned long is wider than a register. The cross
        # compiler has it on.
        *("-std=c99", "-Wall", "-Wextra", "-Werror"),
        "-DTR_MMIO_RECORDED",
        *(f"-I{path}" for path in includes),
        ports / "common" / "tr_exit.c",
        firmware / "kernels" / "portable" / "tr_crc32.c",
        *(source for path in folders for source in sorted(path.glob("*.c"))),
        *beside,
        main,
        "-o",
        home / "ported",
    )
    return home / "ported"


def text(writes: Sequence[tuple[int, int]], names: Mapping[int, str]) -> str:
    """One write a line, registers by name; runs of one register (a cache's sets) as one line."""
    lines: list[str] = []
    for index, (address, value) in enumerate(writes):
        again = [i for i, (other, _) in enumerate(writes) if other == address]
        if len(again) > 64:
            if index == again[-1]:
                lines.append(f"{names[address]:<14} {address:08x} ... {value:08x} ({len(again)})")
            continue
        lines.append(f"{names[address]:<14} {address:08x} {value:08x}")
    return "\n".join(lines) + "\n"
