"""Programs an FPGA board with the bitstream of its project, by openFPGALoader."""

from __future__ import annotations

import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from tinyrob.boards.lattice import find_lattice_board
from tinyrob.errors import BoardError, BuildError, RunnerError, ToolMissing
from tinyrob.flash.called import called
from tinyrob.project.build_folder import BuildFolder

LOADER = "openFPGALoader"
_INSTALL = "apt-get install openfpgaloader"
_SECONDS = 300.0
"""Far above what the largest bitstream takes through the slowest cable."""


@dataclass(frozen=True)
class Loaded:
    """The command as a shell takes it; ``verified``: what was written was read back."""

    command: str
    verified: bool


# What openFPGALoader says, what that means, and the fix.
_FAILURES = (
    (
        r"LIBUSB_ERROR_ACCESS|insufficient permissions|[Pp]ermission denied|Can't open .*access",
        "the board is there, but this user may not open it",
        "install openFPGALoader's udev rules (99-openfpgaloader.rules), plug the board in again",
    ),
    (
        r"unable to open ftdi|No device found|No DFU compatible device|can't find|not found",
        "no board was found",
        "connect it by a USB cable with data lines; a board with a boot loader waits for it while "
        "its button is held",
    ),
    (
        r"idcode|IDCODE|wrong device|unknown device",
        "the part on the cable is not the one of {board}",
        "is this the right board? `tinyrob export-rtl --board` makes another's",
    ),
    (
        r"[Vv]erif\w+ (?:fail|error)",
        "what was read back is not what was written to {board}",
        "program it again",
    ),
)


def program(
    folder: BuildFolder, board: str | None, probe: str | None, tool: str | None, dry_run: bool
) -> Loaded:
    """Writes the bitstream into the board's configuration flash and reads it back, where it can be.

    ``board`` must be the one that it was made for; ``probe``: the cable's serial number; ``tool``:
    openFPGALoader. A ``dry_run`` calls nothing, and needs neither tool nor board.
    Raises BoardError, BuildError without a bitstream, ToolMissing, RunnerError where it fails.
    """
    made = find_lattice_board(folder.manifest.board)
    if board is not None and find_lattice_board(board) != made:
        raise BoardError(
            f"{folder.path} is a design for {made.name}, not for {board}",
            f"`tinyrob export-rtl --board {board}` makes that",
        )
    if tool is not None and tool.lower() != LOADER.lower():
        raise BoardError(f"{tool!r} does not program {made.name}", f"tools: {LOADER}")
    if probe is not None and made.serial_option is None:
        raise BoardError(
            f"{LOADER} cannot choose {made.name} by a serial number", "connect only one of them"
        )
    file = folder.path / "build" / "board" / f"board.{made.suffix}"
    if not file.is_file():
        raise BuildError(
            f"{folder.path} has no bitstream yet",
            f"`make -C {folder.path / 'board'} bitstream` makes it, or `export-rtl --bitstream`",
        )
    _check_newest(folder.path, file)
    chosen = (made.serial_option, probe) if made.serial_option and probe else ()
    command = (LOADER, *made.load, *chosen, str(file))
    if dry_run:
        return Loaded(shlex.join(command), verified=False)
    if shutil.which(LOADER) is None:
        raise ToolMissing(f"{LOADER} is not on PATH", _INSTALL)
    _call(command, made.name)
    return Loaded(shlex.join(command), made.verify)


def _check_newest(folder: Path, file: Path) -> None:
    """Raises BuildError where the Verilog is newer than the bitstream."""
    sources = [folder / "board.v", *folder.glob("rtl/*.v"), *folder.glob("board/*.v")]
    if any(path.stat().st_mtime > file.stat().st_mtime for path in sources):
        raise BuildError(
            f"{file} is older than the Verilog in {folder}",
            f"`make -C {folder / 'board'} bitstream` makes it again",
        )


def _call(command: tuple[str, ...], board: str) -> None:
    done = called(command, LOADER, _INSTALL, _SECONDS)
    if done.returncode == 0:
        return
    for pattern, message, hint in _FAILURES:
        if re.search(pattern, done.stdout):
            raise RunnerError(message.format(board=board), hint)
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    raise RunnerError(
        f"{LOADER} failed with status {done.returncode}{': ' + lines[-1] if lines else ''}",
        f"run it by hand: {shlex.join(command)}",
    )
