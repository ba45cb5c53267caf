"""FPGA boards for the open tools: one TOML each in ``boards/`` with ``kind = "lattice"``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from tinyrob.boards.read import kind_of
from tinyrob.errors import BoardError, did_you_mean
from tinyrob.files import resources
from tinyrob.files.toml_table import Table, read_toml

Family = Literal["ecp5", "ice40"]
FAMILIES: tuple[Family, ...] = ("ecp5", "ice40")
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_PIN = re.compile(r"[A-Z]?\d{1,2}")
_DEVICE = {"ecp5": ("25k", "45k", "85k"), "ice40": ("up5k", "hx8k", "hx1k", "lp8k")}
_LEVELS = ("low", "high")


@dataclass(frozen=True)
class LatticeBoard:
    """A board that Yosys, nextpnr and openFPGALoader serve.

    ``device`` and ``package`` are nextpnr's names of the part, ``speed`` its grade (ECP5 only);
    ``pins`` names a port of the design and its site each. ``input_hz`` is the oscillator,
    ``hz`` the design's clock unless another is asked for. ``lut``, ``ff``, ``ram`` (block RAMs) and
    ``dsp`` are what the part has. ``loader`` is openFPGALoader's name of the board; ``verify``:
    it can read back what it wrote.
    """

    name: str
    aliases: tuple[str, ...]
    title: str
    reference: str
    family: Family
    part: str
    device: str
    package: str
    speed: int
    pins: tuple[tuple[str, str], ...]
    input_hz: int
    hz: int
    baud: int
    led_level: int
    lut: int
    ff: int
    ram: int
    dsp: int
    loader: str
    verify: bool
    serial_option: str | None
    kind: str = "lattice"

    @property
    def suffix(self) -> str:
        """What a bitstream's file is called: board.bit, board.bin."""
        return "bit" if self.family == "ecp5" else "bin"

    @property
    def load(self) -> tuple[str, ...]:
        """openFPGALoader's options: into the configuration flash, read back where that can be."""
        return ("-b", self.loader, *(("-f", "--verify") if self.verify else ()))

    @property
    def ram_bytes(self) -> int:
        """Of all block RAMs: 18 Kib each in an ECP5, 4 Kib in an iCE40."""
        return self.ram * (18 if self.family == "ecp5" else 4) * 1024 // 8


def load_lattice_board(path: Path) -> LatticeBoard:
    """Reads one board file. Raises BoardError, naming file and key."""
    top = read_toml(path, BoardError)
    name = top.text("name")
    if not _NAME.fullmatch(name) or name != path.stem:
        raise top.wrong("name", f"{name!r} is not the file's name in lower case, digits and -")
    top.choice("kind", ("lattice",))
    family = top.choice("family", FAMILIES)
    clock, uart, led = top.table("clock"), top.table("uart"), top.table("led")
    have, flash = top.table("resources"), top.table("flash")
    board = LatticeBoard(
        name=name,
        aliases=top.texts("aliases"),
        title=top.text("title"),
        reference=top.text("reference"),
        family=family,
        part=top.word("part"),
        device=top.choice("device", _DEVICE[family]),
        package=top.word("package"),
        speed=top.integer("speed", 0, 9),
        pins=(
            ("clock", _pin(clock, "pin")),
            ("rx", _pin(uart, "rx")),
            ("tx", _pin(uart, "tx")),
            ("led", _pin(led, "pin")),
        ),
        input_hz=clock.integer("input_hz", 1_000_000, 400_000_000),
        hz=clock.integer("hz", 1_000_000, 400_000_000),
        baud=uart.integer("baud", 9_600, 12_000_000),
        led_level=_LEVELS.index(led.choice("active", _LEVELS)),
        lut=have.integer("lut", 1),
        ff=have.integer("ff", 1),
        ram=have.integer("ram", 0),
        dsp=have.integer("dsp", 0),
        loader=flash.word("loader"),
        verify=flash.boolean("verify"),
        serial_option=flash.word("serial_option") if flash.has("serial_option") else None,
    )
    sites = [site for _, site in board.pins]
    if len(set(sites)) != len(sites):
        raise top.wrong("uart", "two ports are at one pin")
    for table in (clock, uart, led, have, flash, top):
        table.done()
    return board


def _pin(table: Table, key: str) -> str:
    site = table.text(key)
    if not _PIN.fullmatch(site):
        raise table.wrong(key, f"{site!r} is not a site of the package, such as G2 or 35")
    return site


@cache
def lattice_boards() -> tuple[LatticeBoard, ...]:
    """Every one of them, by name. Raises BoardError for a bad file."""
    paths = sorted(resources.boards().glob("*.toml"))
    return tuple(load_lattice_board(path) for path in paths if kind_of(path) == "lattice")


def find_lattice_board(name: str) -> LatticeBoard:
    """The board of that name or alias. Raises BoardError with the nearest names."""
    names = {word: board for board in lattice_boards() for word in (board.name, *board.aliases)}
    if name in names:
        return names[name]
    if re.fullmatch(r"[a-z][a-z0-9_-]*", name) and (resources.boards() / f"{name}.toml").is_file():
        raise BoardError(
            f"{name} is no board for the open tools: those are {', '.join(_listed())}",
            "`tinyrob build --target` is for microcontrollers, `export-hls` for vendors' parts",
        )
    raise BoardError(
        f"there is no board {name!r} for the open tools",
        f"{did_you_mean(name, names)}there are {', '.join(_listed())}"
        "; for another, copy one of their files in boards/",
    )


def _listed() -> list[str]:
    return [board.name for board in lattice_boards()]
