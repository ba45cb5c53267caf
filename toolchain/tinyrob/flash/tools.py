"""Flash tools as data: how each is called to identify a part, to program it, to verify it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tinyrob.boards import Board, Flashing

Command = tuple[str, ...]


@dataclass(frozen=True)
class Job:
    """What is to be done. ``probe`` is a serial number; ``under_reset``: with the reset line held
    while the tool connects, for a part whose firmware sleeps or has switched its pins off."""

    board: Board
    folder: Path
    probe: str | None
    under_reset: bool = False

    @property
    def flashing(self) -> Flashing:
        """The board's, which has one: ``fitting`` checks it."""
        assert self.board.flashing is not None
        return self.board.flashing

    def part(self, tool: str) -> str:
        """What the tool calls the part."""
        name = self.flashing.part(tool)
        assert name is not None, "only tools that fit are asked"
        return name

    def file(self, suffix: str) -> str:
        """The firmware as .elf, .bin or .hex."""
        return str(self.folder / f"firmware.{suffix}")

    @property
    def base(self) -> str:
        """Where the firmware begins."""
        return f"0x{self.board.region('code').start:08x}"

    @property
    def id_register(self) -> str | None:
        """Where the part says what it is."""
        register = self.flashing.id_register
        return None if register is None else f"0x{register:08x}"


@dataclass(frozen=True)
class FlashTool:
    """``verifies`` is what the output of ``program`` holds once the flash was read back.

    ``names_part``: the key of a board's [flash] table that it needs; None: any ST-LINK board.
    ``identify`` gives the command that shows the part's identity, where the tool has one.
    """

    name: str
    program: str
    names_part: str | None
    install: str
    commands: Callable[[Job], tuple[Command, ...]]
    verifies: str
    identify: Callable[[Job], Command | None] = lambda job: None
    script: Callable[[Job], tuple[str, str] | None] = lambda job: None
    """A file that the command reads, beside the firmware: (name, text)."""

    def fits(self, board: Board) -> bool:
        """Whether the tool can program the board."""
        flashing = board.flashing
        if flashing is None:
            return False
        if self.names_part is None:
            return flashing.probe == "stlink"
        return flashing.part(self.names_part) is not None


def _pyocd_options(job: Job) -> Command:
    probe = ("--uid", job.probe) if job.probe else ()
    mode = ("--connect", "under-reset") if job.under_reset else ()
    return ("--no-wait", "--target", job.part("pyocd"), *probe, *mode)


def _pyocd(job: Job) -> tuple[Command, ...]:
    options, image = _pyocd_options(job), shlex.quote(job.file("bin"))
    return (
        ("pyocd", "load", *options, "--format", "hex", job.file("hex")),
        ("pyocd", "commander", *options, "-c", f"compare {job.base} {image}", "-c", "reset"),
    )


def _pyocd_identify(job: Job) -> Command | None:
    if job.id_register is None:
        return None
    return ("pyocd", "commander", *_pyocd_options(job), "-c", f"read32 {job.id_register} 4")


def _openocd_start(job: Job) -> Command:
    interface = job.flashing.probe
    transport = ("-c", "transport select swd") if interface == "jlink" else ()
    probe = ("-c", f"adapter serial {job.probe}") if job.probe else ()
    held = "reset_config srst_only srst_nogate connect_assert_srst"
    return (
        "openocd",
        *("-f", f"interface/{interface}.cfg"),
        *transport,
        *probe,
        *("-f", f"target/{job.part('openocd')}.cfg"),
        *(("-c", held) if job.under_reset else ()),
    )


def _openocd(job: Job) -> tuple[Command, ...]:
    # Braces: Tcl takes the path as it is, blanks and all.
    return ((*_openocd_start(job), "-c", f"program {{{job.file('elf')}}} verify reset exit"),)


def _openocd_identify(job: Job) -> Command | None:
    if job.id_register is None:
        return None
    return (*_openocd_start(job), "-c", "init", "-c", f"mdw {job.id_register}", "-c", "exit")


def _st_flash(job: Job) -> tuple[Command, ...]:
    probe = ("--serial", job.probe) if job.probe else ()
    held = ("--connect-under-reset",) if job.under_reset else ()
    return (("st-flash", *probe, *held, "--reset", "write", job.file("bin"), job.base),)


def _cube_start(job: Job) -> Command:
    probe = (f"sn={job.probe}",) if job.probe else ()
    held = ("mode=UR", "reset=HWrst") if job.under_reset else ()
    return ("STM32_Programmer_CLI", "-c", "port=SWD", *probe, *held)


def _cube(job: Job) -> tuple[Command, ...]:
    return ((*_cube_start(job), "-w", job.file("hex"), "-v", "-rst"),)


def _jlink(job: Job) -> tuple[Command, ...]:
    probe = ("-USB", job.probe) if job.probe else ()
    return (
        (
            "JLinkExe",
            *("-device", job.part("jlink"), "-if", "SWD", "-speed", "4000", "-autoconnect", "1"),
            *("-NoGui", "1", "-ExitOnError", "1"),
            *probe,
            *("-CommandFile", str(job.folder / "flash.jlink")),
        ),
    )


def _jlink_script(job: Job) -> tuple[str, str]:
    held = ("RSetType 2",) if job.under_reset else ()
    elf, binary = job.file("hex"), job.file("bin")
    lines = (*held, "r", "h", f'loadfile "{elf}"', f'verifybin "{binary}" {job.base}', "r", "g")
    return "flash.jlink", "\n".join((*lines, "qc", ""))


def _probe_rs_options(job: Job) -> Command:
    probe = ("--probe", job.probe) if job.probe else ()
    held = ("--connect-under-reset",) if job.under_reset else ()
    return ("--chip", job.part("probe_rs"), *probe, *held)


def _probe_rs(job: Job) -> tuple[Command, ...]:
    options, form = _probe_rs_options(job), ("--verify", "--binary-format", "elf")
    return (
        ("probe-rs", "download", *options, *form, job.file("elf")),
        ("probe-rs", "reset", *options),
    )


def _probe_rs_identify(job: Job) -> Command | None:
    if job.id_register is None:
        return None
    return ("probe-rs", "read", *_probe_rs_options(job), "b32", job.id_register, "1")


TOOLS: tuple[FlashTool, ...] = (
    FlashTool(
        "pyocd",
        "pyocd",
        "pyocd",
        "pip install pyocd",
        _pyocd,
        r"All \d+ bytes match",
        _pyocd_identify,
    ),
    FlashTool(
        "openocd",
        "openocd",
        "openocd",
        "apt-get install openocd",
        _openocd,
        r"\*\* Verified OK \*\*",
        _openocd_identify,
    ),
    FlashTool(
        "st-flash",
        "st-flash",
        None,
        "apt-get install stlink-tools",
        _st_flash,
        r"Flash written and verified",
    ),
    FlashTool(
        "stm32cubeprogrammer",
        "STM32_Programmer_CLI",
        None,
        "get STM32CubeProgrammer from st.com and put its bin/ on PATH",
        _cube,
        r"Download verified successfully",
        _cube_start,
    ),
    FlashTool(
        "jlink",
        "JLinkExe",
        "jlink",
        "get the J-Link Software Pack from segger.com",
        _jlink,
        r"Verify successful",
        script=_jlink_script,
    ),
    FlashTool(
        "probe-rs",
        "probe-rs",
        "probe_rs",
        "cargo install probe-rs-tools",
        _probe_rs,
        r"Finished|Verifying",
        _probe_rs_identify,
    ),
)
"""In the order in which they are taken: the first that fits the board and is installed."""
