"""Flash tools as data: how each is called to identify a part, to program it, to verify it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tinyrob.boards.read import Board, Flashing
from tinyrob.errors import TinyrobError
from tinyrob.flash.bootsel import likely_path
from tinyrob.flash.identity import Identity, identity, probed

Command = tuple[str, ...]


@dataclass(frozen=True)
class Job:
    """What is to be done. ``probe`` is a serial number, or where a boot loader's drive is mounted;
    ``under_reset``: with the reset line held
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
        """The firmware as .elf, .bin, .hex or .uf2."""
        return str(self.folder / f"firmware.{suffix}")

    def scripted(self, suffix: str) -> str:
        """``file``, for a tool that reads it in a script. Raises TinyrobError where the path would
        be more than a name there: their languages have no quotes that hold for any text."""
        name = self.file(suffix)
        if not _PLAIN_PATH.fullmatch(name):
            raise TinyrobError(
                f"flash tools read {name} in a script, and its name has characters that mean "
                "something there",
                "move the build to a folder of letters, digits, blanks and . _ - + , = @ :",
            )
        return name

    @property
    def base(self) -> str:
        """Where the firmware begins."""
        return f"0x{self.board.region('code').start:08x}"

    @property
    def id_register(self) -> str | None:
        """Where the part says what it is."""
        register = self.flashing.id_register
        return None if register is None else f"0x{register:08x}"


_PLAIN_PATH = re.compile(r"[\w ./+,=@:~-]+")


@dataclass(frozen=True)
class FlashTool:
    """``verifies`` is what the output of ``program`` holds once the flash was read back.

    ``names_part``: the key of a board's [flash] table that it needs; None: any ST-LINK board.
    ``identify`` gives the command that shows the part's identity, where the tool has one, and
    ``read`` what its output says. ``bootsel``: it talks to a boot loader, and to no debug probe.
    """

    name: str
    program: str
    """"": it is part of tinyrob."""
    names_part: str | None
    install: str
    commands: Callable[[Job], tuple[Command, ...]]
    verifies: str
    identify: Callable[[Job], Command | None] = lambda job: None
    read: Callable[[str, str | None], Identity | None] = lambda output, probe: identity(output)
    scripts: Callable[[Job], dict[str, str]] = lambda job: {}
    """Files that the commands read, beside the firmware: text by name."""
    bootsel: bool = False

    def fits(self, board: Board) -> bool:
        """Whether the tool can program the board."""
        flashing = board.flashing
        if flashing is None:
            return False
        if self.bootsel:
            return flashing.uf2 is not None
        if self.names_part is None:
            return flashing.probe == "stlink"
        return flashing.part(self.names_part) is not None


def _pyocd_options(job: Job) -> Command:
    probe = ("--uid", job.probe) if job.probe else ()
    mode = ("--connect", "under-reset") if job.under_reset else ()
    return ("--no-wait", "--target", job.part("pyocd"), *probe, *mode)


def _pyocd(job: Job) -> tuple[Command, ...]:
    options, image = _pyocd_options(job), shlex.quote(job.scripted("bin"))
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
    transport = {
        "jlink": ("-c", "transport select swd"),
        "cmsis-dap": ("-c", "adapter speed 5000"),
    }.get(interface, ())
    probe = ("-c", f"adapter serial {job.probe}") if job.probe else ()
    held = "reset_config srst_only srst_nogate connect_assert_srst"
    return (
        "openocd",
        *("-f", f"interface/{interface}.cfg"),
        *transport,
        *probe,
        *("-f", f"target/{job.part('openocd')}.cfg"),
        *(("-c", held) if job.under_reset and interface != "cmsis-dap" else ()),
    )


def _openocd(job: Job) -> tuple[Command, ...]:
    # Braces: Tcl takes the path as it is, blanks and all.
    return ((*_openocd_start(job), "-c", f"program {{{job.scripted('elf')}}} verify reset exit"),)


def _openocd_identify(job: Job) -> Command | None:
    if job.id_register is None:
        return None
    return (*_openocd_start(job), "-c", "init", "-c", f"mdw {job.id_register}", "-c", "exit")


def _st_flash(job: Job) -> tuple[Command, ...]:
    probe = ("--serial", job.probe) if job.probe else ()
    held = ("--connect-under-reset",) if job.under_reset else ()
    return (("st-flash", *probe, *held, "--reset", "write", job.file("bin"), job.base),)


def _st_info(job: Job) -> Command:
    held = ("--connect-under-reset",) if job.under_reset else ()
    return ("st-info", *held, "--probe")


def _cube_start(job: Job) -> Command:
    probe = (f"sn={job.probe}",) if job.probe else ()
    held = ("mode=UR", "reset=HWrst") if job.under_reset else ()
    return ("STM32_Programmer_CLI", "-c", "port=SWD", *probe, *held)


def _cube(job: Job) -> tuple[Command, ...]:
    return ((*_cube_start(job), "-w", job.file("hex"), "-v", "-rst"),)


def _jlink_call(job: Job, script: str) -> Command:
    probe = ("-USB", job.probe) if job.probe else ()
    return (
        "JLinkExe",
        *("-device", job.part("jlink"), "-if", "SWD", "-speed", "4000", "-autoconnect", "1"),
        *("-NoGui", "1", "-ExitOnError", "1"),
        *probe,
        *("-CommandFile", str(job.folder / script)),
    )


def _jlink(job: Job) -> tuple[Command, ...]:
    return (_jlink_call(job, "flash.jlink"),)


def _jlink_identify(job: Job) -> Command | None:
    return None if job.id_register is None else _jlink_call(job, "identify.jlink")


def _jlink_scripts(job: Job) -> dict[str, str]:
    held = ("RSetType 2",) if job.under_reset else ()
    image, binary = job.scripted("hex"), job.scripted("bin")
    write = ("r", "h", f'loadfile "{image}"', f'verifybin "{binary}" {job.base}', "r", "g")
    read = (f"mem32 {job.id_register} 1",)
    return {
        "flash.jlink": "\n".join((*held, *write, "qc", "")),
        "identify.jlink": "\n".join((*held, *read, "qc", "")),
    }


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


def _picotool(job: Job) -> tuple[Command, ...]:
    board = ("--ser", job.probe) if job.probe else ()
    return (
        ("picotool", "load", "--verify", job.file("uf2"), *board),
        ("picotool", "reboot", *board),
    )


def _drive_copy(job: Job) -> tuple[Command, ...]:
    return (("cp", job.file("uf2"), f"{likely_path(job.board, job.probe)}/"), ("sync",))


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
        _st_info,
        probed,
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
        _jlink_identify,
        scripts=_jlink_scripts,
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
    FlashTool(
        "picotool",
        "picotool",
        None,
        "apt-get install picotool, or get it from github.com/raspberrypi/pico-sdk-tools",
        _picotool,
        r"Verifying[\s\S]*\bOK\b",
        bootsel=True,
    ),
    FlashTool("uf2", "", None, "", _drive_copy, "", bootsel=True),
)
"""In the order in which they are taken: the first that fits the board and is installed."""
