"""FPGA boards: one TOML each in ``boards/`` with ``kind = "fpga"``, read strictly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tinyrob.boards.lattice import lattice_boards
from tinyrob.boards.read import kind_of
from tinyrob.errors import BoardError, did_you_mean
from tinyrob.files import resources
from tinyrob.files.toml_table import read_toml
from tinyrob.hls.costs import UNITS, Resources, Vendor

_NAME = re.compile(r"[a-z][a-z0-9-]*")
# How each vendor's part numbers look, and what its HLS tool streams by.
_PARTS: dict[Vendor, re.Pattern[str]] = {
    "amd": re.compile(r"xc[a-z0-9]+(-[A-Za-z0-9]+)*"),
    "intel": re.compile(r"(10A[STX]|10CX|1S[DGTX])[A-Z0-9]+"),
}
_INTERFACES: dict[Vendor, str] = {"amd": "axi_stream", "intel": "avalon_stream"}


@dataclass(frozen=True)
class FpgaBoard:
    """An FPGA board: its part, clock and resources, and how a host reaches the network.

    ``accelerator`` is hls4ml's name of the board where its accelerator backend has an overlay and
    a Python driver for it, else None: then there is an IP core to be placed by hand.
    """

    name: str
    aliases: tuple[str, ...]
    title: str
    reference: str
    vendor: Vendor
    part: str
    clock_mhz: int
    clock_uncertainty_percent: int
    available: Resources
    budget_percent: int
    interface: str
    accelerator: str | None
    kind: str = "fpga"

    @property
    def clock_ns(self) -> float:
        """The period."""
        return round(1000 / self.clock_mhz, 3)

    @property
    def units(self) -> Mapping[str, str]:
        """What the vendor calls each of its resources."""
        return UNITS[self.vendor]

    @property
    def block_ram_bytes(self) -> int:
        """Of all block RAMs: 18 Kib each, Intel's 20."""
        return self.available.bram_18k * (20 if self.vendor == "intel" else 18) * 1024 // 8

    @property
    def budget(self) -> Resources:
        """What a network may take: routing needs the rest."""
        return Resources(*(n * self.budget_percent // 100 for n in self.available.counts()))


def load_fpga_board(path: Path) -> FpgaBoard:
    """Reads one board file. Raises BoardError, naming file and key."""
    top = read_toml(path, BoardError)
    name = top.text("name")
    if not _NAME.fullmatch(name) or name != path.stem:
        raise top.wrong("name", f"{name!r} is not the file's name in lower case, digits and -")
    top.choice("kind", ("fpga",))
    part = top.text("part")
    vendor = next((v for v, pattern in _PARTS.items() if pattern.fullmatch(part)), None)
    if vendor is None:
        known = "xc7z020clg400-1 or 10AS066N3F40E2SG"
        raise top.wrong("part", f"{part!r} is not a part such as {known}")
    clock, have, host = top.table("clock"), top.table("resources"), top.table("interface")
    accelerator = host.text("accelerator")
    board = FpgaBoard(
        name=name,
        aliases=top.texts("aliases"),
        title=top.text("title"),
        reference=top.text("reference"),
        vendor=vendor,
        part=part,
        clock_mhz=clock.integer("mhz", 1, 1000),
        clock_uncertainty_percent=clock.integer("uncertainty_percent", 0, 50),
        available=Resources(
            lut=have.integer("lut", 1),
            ff=have.integer("ff", 1),
            dsp=have.integer("dsp", 0),
            bram_18k=have.integer("bram_18k", 0),
        ),
        budget_percent=have.integer("budget_percent", 1, 100),
        interface=host.choice("kind", (_INTERFACES[vendor],)),
        accelerator=None if accelerator == "none" else accelerator,
    )
    for table in (clock, have, host, top):
        table.done()
    return board


@cache
def fpga_boards() -> tuple[FpgaBoard, ...]:
    """Every FPGA board, by name. Raises BoardError for a bad file."""
    paths = sorted(resources.boards().glob("*.toml"))
    return tuple(load_fpga_board(path) for path in paths if kind_of(path) == "fpga")


def find_fpga_board(name: str) -> FpgaBoard:
    """The board of that name or alias. Raises BoardError with the nearest names."""
    names = {word: board for board in fpga_boards() for word in (board.name, *board.aliases)}
    if name in names:
        return names[name]
    for board in lattice_boards():
        if name in (board.name, *board.aliases):
            raise BoardError(
                f"{board.title} is a part that hls4ml has no backend for",
                f"`tinyrob export-rtl --board {board.name}` makes plain Verilog for it",
            )
    raise BoardError(
        f"there is no FPGA board {name!r}",
        f"{did_you_mean(name, names)}there are {', '.join(sorted(names))}",
    )
