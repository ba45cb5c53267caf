"""What a build folder is compiled from, in which order and with which flags: said once.

The folder's Makefile has the same flags from here, and finds the same sources by the same folders.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from tinyrob.files.system import FIXED_PLACE
from tinyrob.project.toolchains import Toolchain

WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wmissing-prototypes", "-Werror")
COMMON = ("-std=c99",)
INCLUDES = ("-Iinclude", "-Imodel", "-Iproto", "-Iports", "-Iports/common")
DEPENDENCIES = ("-MMD", "-MP")
"""make wants them; zig cc writes objects in another way with them, so all builds have them."""
SECTIONS = ("-ffunction-sections", "-fdata-sections")
CRC_UNIT = "-DTR_FLASH_CRC32=tr_crc_unit"
"""For all of a program whose part has a unit that computes CRC-32 (tr_crc32.h)."""
LINK = ("-T", "link.ld", "-Wl,--gc-sections")
BOARD_COMMON = ("tr_arena", "tr_exit", "tr_image", "tr_semihost", "tr_stack")
HOST_COMMON = ("tr_arena", "tr_image")
HOST_FLAGS = ("-O2", "-g")
HOST_APP = "validate.c"
DRIVER = "apps/driver.c"
"""The source of a sensor's driver, in a build that was given one."""


@dataclass(frozen=True)
class Unit:
    """A source, relative to the build folder, and its own flags behind those of all."""

    source: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parts:
    """What a board's firmware is made of: folders of ports in the order in which they are linked,
    the app's source, whether it serves the protocol, and for which objects of kernels (patterns as
    make has them) there are other flags than the kernels'; ``crc_unit``: whether the part computes
    CRC-32 by itself."""

    arch: str
    port: str
    family: str | None
    app: str
    protocol: bool
    others: tuple[tuple[tuple[str, ...], str], ...]
    crc_unit: bool = False


def firmware_units(folder: Path, parts: Parts, toolchain: Toolchain) -> list[Unit]:
    """The sources of the board's program, in the order in which they are linked."""
    ports = [parts.arch, parts.port, *([parts.family] if parts.family else []), *toolchain.ports]
    proto = _sources(folder, "proto") if parts.protocol else []
    kernels = [
        Unit(source, (*toolchain.fast.split(), *_other_flags(source, parts.others, toolchain)))
        for source in _sources(folder, "kernels")
    ]
    rest = [
        *_sources(folder, "model"),
        *proto,
        f"apps/{parts.app}",
        *([DRIVER] if (folder / DRIVER).is_file() else []),
        *(f"ports/common/{name}.c" for name in BOARD_COMMON),
        *(source for port in ports for source in _sources(folder, f"ports/{port}")),
    ]
    return [*kernels, *map(Unit, rest)]


def firmware_flags(folder: Path, parts: Parts, toolchain: Toolchain) -> list[str]:
    """The flags of all of the board's sources. No path of this machine reaches the ELF."""
    ports = [parts.arch, *([parts.family] if parts.family else [])]
    return [
        *COMMON, *WARNINGS, *INCLUDES, *DEPENDENCIES, *toolchain.cpu_flags.split(),
        *(f"-Iports/{port}" for port in ports), *toolchain.small.split(), *SECTIONS,
        *([CRC_UNIT] if parts.crc_unit else []),
        f"-ffile-prefix-map={folder.resolve()}=.", *toolchain.compile_flags.split(),
    ]  # fmt: skip


def link_flags(toolchain: Toolchain) -> list[str]:
    """What links the board's objects."""
    return [
        *toolchain.cpu_flags.split(), "-nostartfiles", *toolchain.library_flags.split(), *LINK,
        *toolchain.link_flags.split(), *toolchain.strip.split(),
    ]  # fmt: skip


def model_units(folder: Path) -> list[Unit]:
    """The sources of the network and its kernels: no app, no board."""
    return [Unit(source) for part in ("kernels", "model") for source in _sources(folder, part)]


def host_units(folder: Path, app: str = HOST_APP) -> list[Unit]:
    """The sources of this machine's program around the app's source."""
    return [
        *model_units(folder),
        *map(Unit, _sources(folder, "proto")),
        Unit(f"apps/{app}"),
        *(Unit(f"ports/common/{name}.c") for name in HOST_COMMON),
        Unit("ports/host/port.c"),
    ]


def host_flags(checks: Sequence[str] = ()) -> list[str]:
    """The flags of all of this machine's sources."""
    return [
        *COMMON, *WARNINGS, *INCLUDES, *DEPENDENCIES, *HOST_FLAGS, *FIXED_PLACE[:1], *checks,
    ]  # fmt: skip


def _sources(folder: Path, part: str) -> list[str]:
    return sorted(f"{part}/{path.name}" for path in (folder / part).glob("*.c"))


def _other_flags(
    source: str, others: Iterable[tuple[tuple[str, ...], str]], toolchain: Toolchain
) -> list[str]:
    stem = PurePosixPath(source).stem
    return [
        flag
        for patterns, flags in others
        if any(fnmatchcase(stem, pattern.replace("%", "*")) for pattern in patterns)
        for flag in (*flags.split(), *toolchain.by_hand.split())
    ]
