"""Programs a board with a build folder's firmware: identified, written, read back, started."""

from __future__ import annotations

import dataclasses
import re
import shlex
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from tinyrob.boards.read import Board, all_boards, find_board
from tinyrob.errors import BoardError, BuildError, RunnerError, ToolMissing, did_you_mean
from tinyrob.files.whole import write_atomically
from tinyrob.flash import bootsel, fpga
from tinyrob.flash.called import called
from tinyrob.flash.failures import VENDORS, Failure, diagnose
from tinyrob.flash.probes import choose, connected
from tinyrob.flash.tools import TOOLS, Command, FlashTool, Job
from tinyrob.project.build_folder import BuildFolder
from tinyrob.project.image_crc import RTL

_SECONDS = 180.0
"""Far above what erasing and programming any part takes."""


@dataclass(frozen=True)
class Flashed:
    """``command`` as a shell takes it; ``probe`` is a serial number (or a drive) where it is known;
    ``verified``: the tool has read the flash back and found it right."""

    tool: str
    command: str
    probe: str | None
    verified: bool


def fitting(board: Board) -> tuple[FlashTool, ...]:
    """The tools that can program a board. Raises BoardError for one that has none."""
    tools = tuple(tool for tool in TOOLS if tool.fits(board))
    if not tools:
        how = "run it with --on qemu" if board.emulator else "its board file has no [flash] table"
        raise BoardError(f"{board.name} is not programmed by a probe", how)
    return tools


def _preferred(board: Board, probe: str | None) -> tuple[FlashTool, ...]:
    """The fitting tools, best first: a board with a boot loader needs no debug probe, so those
    that want one come first only where one is connected, or named; a drive that is named is
    copied to."""
    tools = fitting(board)
    kind = board.flashing.probe if board.flashing else ""
    if probe is not None and "/" in probe:
        return tuple(sorted(tools, key=lambda tool: bool(tool.program)))
    with_probe = probe is not None or any(found.kind == kind for found in connected())
    return tuple(sorted(tools, key=lambda tool: tool.bootsel == with_probe))


def choose_tool(
    board: Board, named: str | None, probe: str | None = None, *, installed: bool = True
) -> FlashTool:
    """The tool that was named, else the first that is installed (``installed`` False: else the
    first of all).

    Raises BoardError where it does not fit the board, ToolMissing where none is installed.
    """
    tools = _preferred(board, probe)
    names = [tool.name for tool in tools]
    if named is not None:
        if named not in names:
            did = did_you_mean(named, names)
            raise BoardError(
                f"{named!r} does not program {board.name}", f"{did}tools: {', '.join(names)}"
            )
        tools = tuple(tool for tool in tools if tool.name == named)
    for tool in tools:
        if not tool.program or shutil.which(tool.program) is not None:
            return tool
    if not installed:
        return tools[0]
    missing = ", ".join(tool.program for tool in tools)
    raise ToolMissing(f"no flash tool for {board.name} is on PATH: {missing}", tools[0].install)


def plan(
    folder: BuildFolder,
    board: str | None,
    probe: str | None,
    tool: str | None,
    *,
    installed: bool = True,
) -> tuple[FlashTool, Job]:
    """What would be done. Raises BoardError, BuildError, and (where it must be ``installed``)
    ToolMissing."""
    built = find_board(folder.manifest.board)
    if board is not None and find_board(board) != built:
        raise BoardError(
            f"{folder.path} holds firmware for {built.name}, not for {find_board(board).name}",
            f"`tinyrob build --target {board}` makes that",
        )
    chosen = choose_tool(built, tool, probe, installed=installed)
    assert built.flashing is not None, "a tool fits it"
    found = probe if chosen.bootsel else choose(built.flashing.probe, probe)
    job = Job(built, folder.path, found)
    for suffix in ("elf", "bin", "hex", *(("uf2",) if chosen.bootsel else ())):
        if not Path(job.file(suffix)).is_file():
            raise BuildError(f"{folder.path} has no firmware.{suffix}", "build again")
    return chosen, job


def describe(tool: FlashTool, job: Job) -> Flashed:
    """What would be called, nothing of which is; the tool need not be installed."""
    _write_scripts(tool, job)
    return Flashed(tool.name, _shell(tool.commands(job)), job.probe, verified=False)


class FlashOptions(TypedDict, total=False):
    """``board``: must be the one that was built for; ``probe``: the debug probe's serial number, or
    where the board's drive is mounted; ``tool`` by name; ``dry_run`` calls nothing; ``watch`` is
    told the tool and the board before it begins."""

    board: str | None
    probe: str | None
    tool: str | None
    dry_run: bool
    watch: Callable[[str], AbstractContextManager[Any]]


def program(
    folder: BuildFolder,
    *,
    board: str | None = None,
    probe: str | None = None,
    tool: str | None = None,
    dry_run: bool = False,
    watch: Callable[[str], AbstractContextManager[Any]] = nullcontext,
) -> Flashed:
    """``plan``, then ``flash``, or ``describe`` for a ``dry_run``; an FPGA's by ``fpga.program``.
    Raises what they raise."""
    if folder.manifest.runtime == RTL:
        with watch(f"{fpga.LOADER}: {folder.manifest.board}"):
            done = fpga.program(folder, board, probe, tool, dry_run)
        return Flashed(fpga.LOADER, done.command, probe, done.verified)
    chosen, job = plan(folder, board, probe, tool, installed=not dry_run)
    if dry_run:
        return describe(chosen, job)
    with watch(f"{chosen.name}: {job.board.title}"):
        return flash(chosen, job)


def flash(tool: FlashTool, job: Job) -> Flashed:
    """Identifies, programs, verifies and starts the part.

    A part that does not answer is tried once more with its reset held. A boot loader's drive cannot
    be read back: that the board restarted is all that is known. Raises BoardError for
    another part than the board's, ToolMissing for a probe that is not to be had, RunnerError for
    all else, with the fix.
    """
    if not tool.program:
        drive = bootsel.find_drive(job.board, job.probe)
        done = Flashed(tool.name, _shell(tool.commands(job)), str(drive.path), verified=False)
        bootsel.copy(Path(job.file("uf2")), drive)
        return done
    try:
        return _attempt(tool, job)
    except _NoContact:
        held = dataclasses.replace(job, under_reset=True)
        try:
            return _attempt(tool, held)
        except _NoContact as error:
            raise RunnerError(error.message, error.hint) from None


class _NoContact(RunnerError):
    """The part does not answer its probe: holding it in reset may help."""


def _attempt(tool: FlashTool, job: Job) -> Flashed:
    _write_scripts(tool, job)
    _identify(tool, job)
    commands = tool.commands(job)
    output = "".join(_call(tool, job, command) for command in commands)
    if not re.search(tool.verifies, output):
        # pyOCD's `compare` ends with 0 whatever it finds.
        failure = diagnose(output)
        if failure is not None:
            raise _error(failure, tool, job)
        raise RunnerError(
            f"{tool.name} did not say that it verified the flash{_last_line(output)}",
            f"run it by hand: {_shell(commands)}",
        )
    return Flashed(tool.name, _shell(commands), job.probe, verified=True)


def _identify(tool: FlashTool, job: Job) -> None:
    command, expected = tool.identify(job), job.flashing.device_id
    if command is None or expected is None:
        return
    found = tool.read(_call(tool, job, command), job.probe)
    if found is None:
        return
    # A tool may show less of it than the board file knows.
    mask = job.flashing.id_mask & found.mask
    if (found.value ^ expected) & mask:
        raise BoardError(
            f"the part on the probe has the device id 0x{found.value & mask:03x}"
            f"{_named(found.value, found.mask)}, that of {job.board.name} is "
            f"0x{expected & mask:03x}",
            "is this the right board? build for it with --target, or name its probe with --probe",
        )


def _named(value: int, mask: int) -> str:
    """The boards whose identity it is, in brackets; nothing where tinyrob knows none."""
    names = [
        board.name
        for board in all_boards()
        if board.flashing is not None
        and board.flashing.device_id is not None
        and not (value ^ board.flashing.device_id) & board.flashing.id_mask & mask
    ]
    return f" ({', '.join(names)})" if names else ""


def _write_scripts(tool: FlashTool, job: Job) -> None:
    for name, text in tool.scripts(job).items():
        write_atomically(job.folder / name, text.encode())


def _call(tool: FlashTool, job: Job, command: Command) -> str:
    done = called(command, tool.name, tool.install, _SECONDS)
    if done.returncode == 0:
        return done.stdout
    failure = diagnose(done.stdout)
    if failure is None:
        raise RunnerError(
            f"{tool.name} failed with status {done.returncode}{_last_line(done.stdout)}",
            f"run it by hand: {_shell([command])}",
        )
    raise _error(failure, tool, job)


def _error(failure: Failure, tool: FlashTool, job: Job) -> RunnerError:
    words = {
        "board": job.board.name,
        "probe": job.flashing.probe,
        "vendor": VENDORS[job.flashing.probe],
        "part": job.flashing.part(tool.names_part or "") or job.board.name,
    }
    kind = _NoContact if failure.retry else RunnerError
    return kind(failure.message.format(**words), failure.hint.format(**words))


def _shell(commands: Sequence[Command]) -> str:
    return " && ".join(shlex.join(command) for command in commands)


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return f": {lines[-1]}" if lines else ""
