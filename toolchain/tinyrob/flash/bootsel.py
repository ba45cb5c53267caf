"""A boot loader's USB drive: found where the system has mounted it, told apart, copied to."""

from __future__ import annotations

import contextlib
import errno
import getpass
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from tinyrob.boards.board import Board
from tinyrob.errors import BoardError, RunnerError, ToolMissing

MOUNTS = Path("/proc/self/mounts")
_INFO = "INFO_UF2.TXT"
_SECONDS = 20.0
"""Far above what a board takes from the last byte to its restart."""
_OCTAL = re.compile(r"\\([0-7]{3})")
_RESTARTED = (errno.EIO, errno.ENODEV, errno.ENXIO)


@dataclass(frozen=True)
class Drive:
    """Where it is mounted, and what its INFO_UF2.TXT says of the board."""

    path: Path
    board_id: str
    model: str


def drives() -> tuple[Drive, ...]:
    """The boot loaders' drives that are mounted; none where the system does not tell."""
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    found = []
    for line in lines:
        fields = line.split(" ")
        if len(fields) > 1:
            # Blanks are written as their octal code.
            path = Path(_OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[1]))
            drive = _drive(path)
            found += [drive] if drive else []
    return tuple(found)


def _drive(path: Path) -> Drive | None:
    try:
        text = (path / _INFO).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    said = dict(re.findall(r"^(Board-ID|Model): *(.*?)\s*$", text, re.MULTILINE))
    return Drive(path, said.get("Board-ID", ""), said.get("Model", "an unknown model"))


def find_drive(board: Board, named: str | None) -> Drive:
    """The board's drive: the one mounted at ``named``, else the only one of its kind.

    Raises RunnerError where there is none, BoardError for another board's, ToolMissing for several.
    """
    assert board.flashing is not None
    assert board.flashing.uf2 is not None
    wanted, there = board.flashing.uf2.board_id, drives()
    if named is not None:
        there = tuple(drive for drive in there if drive.path == Path(named))
    fitting = [drive for drive in there if drive.board_id == wanted]
    if len(fitting) > 1:
        listed = ", ".join(str(drive.path) for drive in fitting)
        raise ToolMissing(f"several {wanted} drives are mounted: {listed}", "name one with --probe")
    if fitting:
        return fitting[0]
    if there:
        other = there[0]
        raise BoardError(
            f"the drive at {other.path} is that of {other.model} ({other.board_id}), {board.name} "
            f"has {wanted}",
            "is this the right board? build for it with --target, or name its drive with --probe",
        )
    raise RunnerError(
        f"no {wanted} drive is mounted{f' at {named}' if named else ''}",
        f"hold BOOTSEL while you plug in {board.name}'s USB cable; where nothing mounts the drive: "
        f"`udisksctl mount -b /dev/disk/by-label/{wanted}`",
    )


def likely_path(board: Board, named: str | None) -> Path:
    """Where the drive is, or where desktops mount it."""
    with contextlib.suppress(RunnerError, BoardError, ToolMissing):
        return find_drive(board, named).path
    assert board.flashing is not None
    assert board.flashing.uf2 is not None
    return Path(named or f"/media/{getpass.getuser()}/{board.flashing.uf2.board_id}")


def copy(firmware: Path, drive: Drive) -> None:
    """Copies a UF2 file, and waits until the board has taken it: it restarts, its drive goes.

    Raises RunnerError where it does not, or cannot be written to.
    """
    data = firmware.read_bytes()
    try:
        _write(drive.path / firmware.name, data)
    except OSError as error:
        # The board restarts with the last byte, maybe before the system has closed the file.
        if error.errno not in _RESTARTED:
            raise RunnerError(
                f"{drive.path} cannot be written: {error.strerror}",
                "is it mounted for this user? plug the board in again with BOOTSEL held",
            ) from None
    deadline = time.monotonic() + _SECONDS
    while _drive(drive.path) is not None:
        if time.monotonic() > deadline:
            raise RunnerError(
                f"the board still shows {drive.path}: it has not taken {firmware.name}",
                "plug it in again with BOOTSEL held, and flash again; another cable, another "
                "socket, or `--tool picotool`",
            )
        time.sleep(0.1)


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)
