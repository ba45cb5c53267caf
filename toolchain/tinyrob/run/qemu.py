"""The firmware itself, on an emulated board, as a runner."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tinyrob.boards.read import Board, Emulator, find_board
from tinyrob.errors import BoardError, RunnerError, ToolMissing
from tinyrob.project.build_folder import BuildFolder
from tinyrob.run.child import Child
from tinyrob.run.device import DeviceRunner
from tinyrob.run.protocol import Patience

PACKAGES = {"qemu-system-arm": "qemu-system-arm", "qemu-system-riscv32": "qemu-system-misc"}
"""Debian's package of each emulator."""

BENCH_SECONDS = 60.0
"""How long a bench may take beside its inference."""

_MACS_PER_SECOND = 1e6
"""Far below the slowest seen: an emulator that takes longer has hung."""


class QemuRunner(DeviceRunner):
    """Runs ``firmware.elf`` under the board's emulator; counts instructions exactly.

    The serial port is the child's standard input and output. It goes through a multiplexer, whose
    32-byte buffer lets QEMU read ahead: four times as fast as a byte a turn of its event loop.
    """

    name = "qemu"
    # The emulator drops what comes before the firmware has switched its UART on.
    greeting = Patience(seconds=0.25, attempts=60)

    def __init__(self, folder: BuildFolder) -> None:
        slowest = folder.manifest.macs / _MACS_PER_SECOND
        super().__init__(folder, Patience(30.0 + slowest, attempts=1))

    def _start(self) -> Child:
        check_app(self.folder)
        board = find_board(self.folder.manifest.board)
        return Child("QEMU", qemu_command(board, self.folder.elf))


def check_app(folder: BuildFolder) -> None:
    """Raises RunnerError where the firmware does not speak the protocol."""
    if folder.manifest.app != "validate":
        raise RunnerError(
            f"{folder.path} was built with --app {folder.manifest.app}, which does not speak the "
            "protocol",
            "build it with --app validate",
        )


def qemu_command(
    board: Board, elf: Path, *, counted: bool = True, words: Sequence[str] = ()
) -> list[str]:
    """How QEMU is called; without ``counted`` its counters mean nothing, and it runs twice as fast.

    ``words`` are the program's own command line, which it asks for by semihosting.
    Raises BoardError for a board without emulator, ToolMissing.
    """
    emulator = emulator_of(board)
    arguments = list(emulator.arguments)
    if not counted and "-icount" in arguments:
        at = arguments.index("-icount")
        del arguments[at : at + 2]
    told = [f"arg={word.replace(',', ',,')}" for word in words]
    return [
        emulator.program,
        *("-machine", emulator.machine),
        *("-display", "none", "-nodefaults", "-monitor", "none"),
        # No byte is an escape: 256 is none.
        *("-chardev", "stdio,id=console,mux=on,signal=off", "-echr", "256"),
        *("-serial", "chardev:console"),
        *("-semihosting-config", ",".join(("enable=on", "target=native", *told))),
        *arguments,
        *("-kernel", str(elf)),
    ]


def emulator_of(board: Board) -> Emulator:
    """The board's emulator, installed. Raises BoardError or ToolMissing."""
    if board.emulator is None:
        raise BoardError(f"{board.name} has no emulator", "`tinyrob boards` says which have one")
    program = board.emulator.program
    if shutil.which(program) is None:
        package = PACKAGES.get(program, program)
        raise ToolMissing(
            f"{program} is not on PATH: the runner `qemu` needs it", f"apt-get install {package}"
        )
    return board.emulator


def run_bench(board: Board, elf: Path, macs: int) -> dict[str, int]:
    """What firmware of the app ``bench`` prints. Raises RunnerError where it hangs or fails."""
    seconds = BENCH_SECONDS + macs / _MACS_PER_SECOND
    try:
        done = subprocess.run(
            qemu_command(board, elf), stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        raise RunnerError(f"QEMU ran the bench for {seconds:.0f} s without an end") from None
    return bench_figures(done.returncode, done.stdout, done.stderr, "QEMU")


def bench_figures(status: int, printed: bytes, said: bytes, who: str) -> dict[str, int]:
    """What the app ``bench`` printed. Raises RunnerError where it did not end well."""
    lines = [line.split() for line in printed.decode(errors="replace").splitlines()]
    figures = {line[0]: int(line[1]) for line in lines if len(line) == 2 and line[1].isdigit()}
    if status != 0 or figures.get("memory_intact") != 1:
        words = (said or printed).decode(errors="replace").strip().splitlines()
        raise RunnerError(
            f"the bench in {who} ended with status {status}: {words[-1] if words else 'no output'}"
        )
    return figures
