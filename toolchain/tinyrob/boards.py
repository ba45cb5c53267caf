"""Microcontroller boards: one TOML each in ``boards/``, read strictly into plain values.

Files of ``kind = "fpga"`` lie in the same folder and are read by ``hls.boards``.

A file has exactly the keys of the dataclasses below; a mistake is a BoardError that names the file
and the key. Nothing in a board file is executed.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tinyrob import resources
from tinyrob.errors import BoardError
from tinyrob.toml_table import Table, read_toml

ROLES = ("code", "weights", "data", "arena", "stack")
KINDS = ("mcu", "fpga")
COUNTER_UNITS = ("none", "instructions", "cycles")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_WIRING = ("enable_register", "enable_bit", "tx", "rx", "alternate")
_PIN = re.compile(r"P([A-K])(\d{1,2})")


@dataclass(frozen=True)
class Cpu:
    """The core as GCC's ``-mcpu`` names it (RISC-V: ``-march``), its FPU as ``-mfpu`` does (None:
    soft float)."""

    core: str
    fpu: str | None
    dsp: bool
    mve: bool


@dataclass(frozen=True)
class Clock:
    """Frequencies that the port sets up, in hertz: the core's, and what the console divides."""

    cpu_hz: int
    console_hz: int


@dataclass(frozen=True)
class Region:
    """A memory region; ``holds`` says which parts of the firmware lie in it (``ROLES``)."""

    name: str
    start: int
    bytes: int
    access: str
    holds: tuple[str, ...]

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.start + self.bytes


@dataclass(frozen=True)
class Pin:
    """A pin: port 0 is A."""

    port: int
    number: int


@dataclass(frozen=True)
class Wiring:
    """What connects a UART on parts that must be told: the bit that clocks it, and its pins."""

    enable_register: int
    enable_bit: int
    tx: Pin
    rx: Pin
    alternate: int


@dataclass(frozen=True)
class Console:
    """The UART that the protocol goes over; without ``wiring`` it is connected at reset."""

    uart: str
    base: int
    baud: int
    wiring: Wiring | None


@dataclass(frozen=True)
class Counter:
    """What ``tr_port_count`` counts, and from what: the port may be told the address of the
    counter that it reads (``base``), and how many units lie between two of its ticks."""

    source: str
    unit: str
    base: int | None
    period: int


@dataclass(frozen=True)
class Emulator:
    """The QEMU program, its machine, and what else it is given."""

    program: str
    machine: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Board:
    """Everything tinyrob knows about a board."""

    name: str
    aliases: tuple[str, ...]
    title: str
    kind: str
    reference: str
    arch: str
    port: str
    isa: tuple[str, ...]
    cpu: Cpu
    clock: Clock
    memory: tuple[Region, ...]
    stack_bytes: int
    console: Console
    counter: Counter
    emulator: Emulator | None

    def region(self, role: str) -> Region:
        """The region that holds ``code``, ``weights``, ``data``, ``arena`` or ``stack``."""
        return next(region for region in self.memory if role in region.holds)

    @property
    def flash_bytes(self) -> int:
        """Bytes of the memory that keeps code and weights."""
        return sum(r.bytes for r in self.memory if {"code", "weights"} & set(r.holds))

    @property
    def ram_bytes(self) -> int:
        """Bytes of the memory that holds data, arena and stack; regions left empty do not count."""
        return sum(r.bytes for r in self.memory if {"data", "arena", "stack"} & set(r.holds))


def kind_of(path: Path) -> str:
    """What kind of board a file describes (``KINDS``). Raises BoardError."""
    return read_toml(path, BoardError).choice("kind", KINDS)


def load_board(path: Path) -> Board:
    """Reads one board file. Raises BoardError, naming file and key."""
    top = read_toml(path, BoardError)
    name = top.text("name")
    if not _NAME.fullmatch(name):
        raise top.wrong("name", f"{name!r} is not lower-case letters, digits and _")
    if name != path.stem:
        raise top.wrong("name", f"{name!r} is not the file's name, {path.stem!r}")
    emulator = top.optional_table("emulator")
    stack = top.table("stack")
    board = Board(
        name=name,
        aliases=top.texts("aliases"),
        title=top.text("title"),
        kind=top.choice("kind", ("mcu",)),
        reference=top.text("reference"),
        arch=_port_folder(top, "arch"),
        port=_port_folder(top, "port"),
        isa=top.texts("isa"),
        cpu=_cpu(top.table("cpu")),
        clock=_clock(top.table("clock")),
        memory=_memory(top),
        stack_bytes=stack.integer("bytes", 256, 1 << 24),
        console=_console(top.table("console")),
        counter=_counter(top.table("counter")),
        emulator=_emulator(emulator) if emulator else None,
    )
    if board.stack_bytes % 8:
        raise stack.wrong("bytes", "the stack's size is a multiple of 8")
    if "portable" not in board.isa:
        raise top.wrong("isa", "must end with 'portable', which runs everywhere")
    stack.done()
    top.done()
    return board


def _port_folder(top: Table, key: str) -> str:
    name = top.text(key)
    if not _NAME.fullmatch(name) or not (resources.firmware() / "ports" / name).is_dir():
        raise top.wrong(key, f"there is no port {name!r} in firmware/ports")
    return name


def _cpu(table: Table) -> Cpu:
    fpu = table.text("fpu")
    cpu = Cpu(
        core=table.text("core"),
        fpu=None if fpu == "none" else fpu,
        dsp=table.boolean("dsp"),
        mve=table.boolean("mve"),
    )
    table.done()
    return cpu


def _clock(table: Table) -> Clock:
    clock = Clock(table.integer("cpu_hz", 1), table.integer("console_hz", 1))
    table.done()
    return clock


def _memory(top: Table) -> tuple[Region, ...]:
    regions: list[Region] = []
    holder: dict[str, str] = {}
    for table in top.tables("memory"):
        region = Region(
            name=table.text("name"),
            start=table.integer("start", 0, 0xFFFF_FFFF),
            bytes=table.integer("bytes", 1, 1 << 32),
            access=table.choice("access", ("rx", "rw", "rwx")),
            holds=table.texts("holds"),
        )
        if not _NAME.fullmatch(region.name):
            raise table.wrong("name", f"{region.name!r} is not lower-case letters, digits and _")
        if region.end > 1 << 32:
            raise table.wrong("bytes", f"{region.name} ends beyond 32 bits")
        for other in regions:
            if region.name == other.name:
                raise table.wrong("name", f"two regions are called {region.name!r}")
            if region.start < other.end and other.start < region.end:
                raise table.wrong("start", f"{region.name} overlaps {other.name}")
        for role in region.holds:
            if role not in ROLES:
                raise table.wrong("holds", f"{role!r} is none of {', '.join(ROLES)}")
            if role in holder:
                raise table.wrong("holds", f"{role} is held by {holder[role]} already")
            if role in ("data", "arena", "stack") and "w" not in region.access:
                raise table.wrong("holds", f"{role} needs memory that can be written")
            holder[role] = region.name
        table.done()
        regions.append(region)
    missing = [role for role in ROLES if role not in holder]
    if missing:
        raise top.wrong("memory", f"no region holds {' or '.join(missing)}")
    return tuple(regions)


def _console(table: Table) -> Console:
    console = Console(
        uart=table.text("uart"),
        base=table.integer("base", 0, 0xFFFF_FFFF),
        baud=table.integer("baud", 1200, 12_000_000),
        wiring=_wiring(table) if any(map(table.has, _WIRING)) else None,
    )
    table.done()
    return console


def _wiring(table: Table) -> Wiring:
    return Wiring(
        enable_register=table.integer("enable_register", 0, 0xFFFF_FFFF),
        enable_bit=table.integer("enable_bit", 0, 31),
        tx=_pin(table, "tx"),
        rx=_pin(table, "rx"),
        alternate=table.integer("alternate", 0, 15),
    )


def _pin(table: Table, key: str) -> Pin:
    text = table.text(key)
    match = _PIN.fullmatch(text)
    if match is None or int(match[2]) > 15:
        raise table.wrong(key, f"{text!r} is not a pin such as PA9")
    return Pin(ord(match[1]) - ord("A"), int(match[2]))


def _counter(table: Table) -> Counter:
    counter = Counter(
        source=table.text("source"),
        unit=table.choice("unit", COUNTER_UNITS),
        base=table.integer("base", 0, 0xFFFF_FFFF) if table.has("base") else None,
        period=table.integer("period", 1, 1000, default=1),
    )
    table.done()
    return counter


def _emulator(table: Table) -> Emulator:
    program = table.text("program")
    if not re.fullmatch(r"qemu-system-[a-z0-9]+", program):
        raise table.wrong("program", f"{program!r} is not a qemu-system-... program")
    emulator = Emulator(program, table.text("machine"), table.texts("arguments"))
    table.done()
    return emulator


@cache
def all_boards() -> tuple[Board, ...]:
    """Every microcontroller board, by name.

    Raises BoardError for a bad file or a name that two boards have.
    """
    paths = sorted(resources.boards().glob("*.toml"))
    boards = tuple(load_board(path) for path in paths if kind_of(path) == "mcu")
    seen: dict[str, str] = {}
    for board in boards:
        for name in (board.name, *board.aliases):
            if name in seen:
                raise BoardError(f"{board.name}.toml: {name!r} also names {seen[name]}")
            seen[name] = board.name
    return boards


def find_board(target: str) -> Board:
    """The board of that name or alias. Raises BoardError with the nearest names."""
    names = {name: board for board in all_boards() for name in (board.name, *board.aliases)}
    if target in names:
        return names[target]
    near = difflib.get_close_matches(target, names, n=3)
    did = f"did you mean {' or '.join(near)}? " if near else ""
    raise BoardError(
        f"there is no board {target!r}", f"{did}`tinyrob boards` lists those there are"
    )
