"""Microcontroller boards: one TOML each in ``boards/``, read strictly into plain values.

Files of ``kind = "fpga"`` lie in the same folder and are read by ``hls.boards``, those of
``kind = "lattice"`` by ``boards.lattice``.

A file has exactly the keys of the dataclasses below; a mistake is a BoardError that names the file
and the key. Nothing in a board file is executed.
"""

from __future__ import annotations

import dataclasses
import re
from functools import cache
from pathlib import Path

from tinyrob.boards.board import (
    Board,
    Clock,
    Console,
    Counter,
    Cpu,
    CrcUnit,
    Emulator,
    Flashing,
    FlashTiming,
    Led,
    Microphone,
    Pin,
    Pll,
    Ready,
    Region,
    Uf2,
    Wiring,
)
from tinyrob.boards.generic import GENERIC, generic_board
from tinyrob.boards.power import read_power
from tinyrob.errors import BoardError, did_you_mean
from tinyrob.files import resources
from tinyrob.files.toml_table import Table, read_toml

__all__ = [
    "Board",
    "Cpu",
    "Emulator",
    "Flashing",
    "all_boards",
    "at_speed",
    "find_board",
    "load_board",
]

ROLES = ("code", "weights", "data", "arena", "stack")
KINDS = ("mcu", "fpga", "lattice")
PLL_SOURCES = ("hsi", "hse", "hse_bypass")
"""The internal oscillator, a crystal, a clock signal at the crystal's pin."""
SUPPLIES = ("ldo", "smps")
UART_REGISTERS = ("usart_v1", "usart_v2", "lpuart")
COUNTER_UNITS = ("none", "instructions", "cycles")
PROBES = ("stlink", "jlink", "cmsis-dap")
"""Debug probes on boards, or beside those that have none."""
MICROPHONES = {"adf": 4}
"""How a microphone is read, and by how much what reshapes its band decimates. ``adf``: the audio
digital filter of STM32U5."""
CRC_FAMILIES = ("stm32",)
"""Families whose ports drive a CRC unit."""
NAMING_TOOLS = ("pyocd", "openocd", "jlink", "probe_rs")
"""Flash tools that must be told the part."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_WIRING = ("enable_register", "enable_bit", "tx", "rx", "alternate")
_LED_LEVELS = ("low", "high")
_PINS = {
    "PA9": (re.compile(r"P([A-K])(\d{1,2})"), dict.fromkeys("ABCDEFGHIJK", 16)),
    "P0.06": (re.compile(r"P([01])\.(\d{2})"), {"0": 32, "1": 16}),
    "GP0": (re.compile(r"(GP)(\d{1,2})"), {"GP": 30}),
}
"""How parts call their pins, by an example: the form, and the pins of each port."""


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
    emulator, flash = top.optional_table("emulator"), top.optional_table("flash")
    led, console = top.optional_table("led"), top.table("console")
    stack = top.table("stack")
    board = Board(
        name=name,
        aliases=top.texts("aliases"),
        title=top.text("title"),
        kind=top.choice("kind", ("mcu",)),
        reference=top.text("reference"),
        arch=_port_folder(top, "arch"),
        family=_port_folder(top, "family") if top.has("family") else None,
        port=_port_folder(top, "port"),
        isa=_isa(top),
        cpu=_cpu(top.table("cpu")),
        clock=_clock(top.table("clock")),
        memory=_memory(top),
        stack_bytes=stack.integer("bytes", 256, 1 << 24),
        led=_led(led, console) if led else None,
        console=_console(console),
        counter=_counter(top.table("counter")),
        emulator=_emulator(emulator) if emulator else None,
        flashing=_flashing(flash) if flash else None,
        ready=_ready(top) if top.has("ready") else (),
        flash_timing=_flash_timing(top),
        power=read_power(top),
        microphone=_microphone(top),
        crc=_crc(top),
    )
    if board.stack_bytes % 8:
        raise stack.wrong("bytes", "the stack's size is a multiple of 8")
    stack.done()
    top.done()
    return board


@cache
def instruction_sets() -> tuple[str, ...]:
    """Those that there are kernels for."""
    folders = (resources.firmware() / "kernels").iterdir()
    return tuple(sorted(folder.name for folder in folders if folder.is_dir()))


def _isa(top: Table) -> tuple[str, ...]:
    names, known = top.texts("isa"), instruction_sets()
    for name in names:
        if name not in known:
            raise top.wrong(
                "isa", f"{name!r} is none of {', '.join(known)}", did_you_mean(name, known)
            )
    if names[-1:] != ("portable",):
        raise top.wrong("isa", "must end with 'portable', which runs everywhere")
    return names


def _port_folder(top: Table, key: str) -> str:
    name = top.text(key)
    if not _NAME.fullmatch(name) or not (resources.firmware() / "ports" / name).is_dir():
        raise top.wrong(key, f"there is no port {name!r} in firmware/ports")
    return name


def _cpu(table: Table) -> Cpu:
    fpu = table.word("fpu")
    cpu = Cpu(
        core=table.word("core"),
        fpu=None if fpu == "none" else fpu,
        dsp=table.boolean("dsp"),
        mve=table.boolean("mve"),
    )
    table.done()
    return cpu


def _clock(table: Table) -> Clock:
    pll = table.optional_table("pll")
    cpu_hz = table.integer("cpu_hz", 1)
    clock = Clock(cpu_hz, table.integer("console_hz", 1), _pll(pll, cpu_hz) if pll else None)
    table.done()
    return clock


def _pll(table: Table, cpu_hz: int) -> Pll:
    pll = Pll(
        source=table.choice("source", PLL_SOURCES),
        input_hz=table.integer("input_hz", 1),
        m=table.integer("m", 1, 63),
        n=table.integer("n", 4, 512),
        divider=table.integer("divider", 1, 128),
        wait_states=table.integer("wait_states", 0, 15),
        voltage_scale=table.integer("voltage_scale", 0, 3, default=1),
        overdrive=table.boolean("overdrive", default=False),
        supply=table.choice("supply", SUPPLIES, default="ldo"),
    )
    if pll.input_hz * pll.n != cpu_hz * pll.m * pll.divider:
        made = pll.input_hz * pll.n / (pll.m * pll.divider)
        raise table.wrong("n", f"input_hz / m * n / divider is {made:,.0f}, cpu_hz is {cpu_hz:,}")
    table.done()
    return pll


def _ready(top: Table) -> tuple[Ready, ...]:
    found = []
    for table in top.tables("ready"):
        found.append(
            Ready(
                table.integer("register", 0, 0xFFFF_FFFC),
                table.integer("bits", 1, 0xFFFF_FFFF),
                table.text("what"),
            )
        )
        table.done()
    return tuple(found)


def _flash_timing(top: Table) -> FlashTiming | None:
    table = top.optional_table("flash_timing")
    if table is None:
        return None
    timing = FlashTiming(
        line_bytes=table.integer("line_bytes", 4, 256),
        line_cycles=table.integer("line_cycles", 0, 64),
        row_bytes=table.integer("row_bytes", 4, 256),
        rows_a_line=table.integer("rows_a_line", 1, 64),
        cache_lines=table.integer("cache_lines", 0, 1024),
        miss_cycles=table.integer("miss_cycles", 0, 64),
    )
    table.done()
    return timing


def _microphone(top: Table) -> Microphone | None:
    table = top.optional_table("microphone")
    if table is None:
        return None
    driver = table.choice("driver", tuple(MICROPHONES))
    microphone = Microphone(
        driver=driver,
        rate=table.integer("rate", 4_000, 96_000),
        clock=_pin(table, "clock", "PA9"),
        data=_pin(table, "data", "PA9"),
        alternate=table.integer("alternate", 0, 15),
        processing=table.integer("processing", 1, 128),
        divider=table.integer("divider", 2, 16),
        decimation=table.integer("decimation", 2, 512),
        gain=table.integer("gain", 0, 24),
    )
    steps = microphone.processing * microphone.divider * microphone.decimation
    made = top.table("clock").integer("cpu_hz", 1) / steps / MICROPHONES[driver]
    if made != microphone.rate:
        raise table.wrong("rate", f"the clock and its dividers make {made:,.1f} Hz")
    table.done()
    return microphone


def _crc(top: Table) -> CrcUnit | None:
    table = top.optional_table("crc")
    if table is None:
        return None
    unit = CrcUnit(
        base=table.integer("base", 0, 0xFFFF_FFFC),
        enable_register=table.integer("enable_register", 0, 0xFFFF_FFFC),
        enable_bit=table.integer("enable_bit", 0, 31),
        programmable=table.boolean("programmable"),
    )
    if not top.has("family") or top.text("family") not in CRC_FAMILIES:
        raise top.wrong("crc", f"only {', '.join(CRC_FAMILIES)} has a driver of such a unit")
    table.done()
    return unit


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
                raise table.wrong(
                    "holds", f"{role!r} is none of {', '.join(ROLES)}", did_you_mean(role, ROLES)
                )
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
        uart=table.word("uart"),
        base=table.integer("base", 0, 0xFFFF_FFFF),
        baud=table.integer("baud", 1200, 12_000_000),
        registers=table.choice("registers", UART_REGISTERS) if table.has("registers") else None,
        wiring=_wiring(table) if any(map(table.has, _WIRING)) else None,
    )
    table.done()
    return console


def _wiring(table: Table) -> Wiring:
    form = _form(table.text("tx"))
    tx, rx = (_pin(table, key, form) for key in ("tx", "rx"))
    if form != "PA9":
        # Such parts connect any pin, or know by themselves which function it is.
        return Wiring(None, None, tx, rx, None, None, None)
    return Wiring(
        enable_register=table.integer("enable_register", 0, 0xFFFF_FFFF),
        enable_bit=table.integer("enable_bit", 0, 31),
        tx=tx,
        rx=rx,
        alternate=table.integer("alternate", 0, 15),
        gpio_base=_address(table, "gpio_base"),
        gpio_enable_register=_address(table, "gpio_enable_register"),
    )


def _address(table: Table, key: str) -> int | None:
    return table.integer(key, 0, 0xFFFF_FFFF) if table.has(key) else None


def _form(text: str) -> str:
    """The key of ``_PINS`` that a pin's name looks like; "PA9" where it looks like none."""
    return next((form for form, (pattern, _) in _PINS.items() if pattern.fullmatch(text)), "PA9")


def _pin(table: Table, key: str, form: str) -> Pin:
    text, (pattern, ports) = table.text(key), _PINS[form]
    match = pattern.fullmatch(text)
    if match is None or int(match[2]) >= ports[match[1]]:
        raise table.wrong(key, f"{text!r} is not a pin such as {form}")
    return Pin(list(ports).index(match[1]), int(match[2]))


def _led(table: Table, console: Table) -> Led:
    """The LED's pin is called as the console's are: its port switches both."""
    if not console.has("tx"):
        raise table.wrong("pin", "the board's port switches no pins: [console] names none")
    level = table.choice("active", _LED_LEVELS)
    led = Led(_pin(table, "pin", _form(console.text("tx"))), _LED_LEVELS.index(level))
    table.done()
    return led


def _counter(table: Table) -> Counter:
    counter = Counter(
        source=table.word("source"),
        unit=table.choice("unit", COUNTER_UNITS),
        base=_address(table, "base"),
        period=table.integer("period", 1, 1000, default=1),
    )
    table.done()
    return counter


def _emulator(table: Table) -> Emulator:
    program = table.text("program")
    if not re.fullmatch(r"qemu-system-[a-z0-9]+", program):
        raise table.wrong("program", f"{program!r} is not a qemu-system-... program")
    emulator = Emulator(program, table.word("machine"), _arguments(table))
    table.done()
    return emulator


def _arguments(table: Table) -> tuple[str, ...]:
    arguments = table.texts("arguments")
    for argument in arguments:
        if not re.fullmatch(r"[\w.+=:,-]+", argument, re.ASCII):
            raise table.wrong("arguments", f"{argument!r} is not one plain word")
    return arguments


def _flashing(table: Table) -> Flashing:
    known = table.has("device_id")
    mask = table.integer("id_mask", 1, 0xFFFF_FFFF, default=0xFFF)
    flashing = Flashing(
        probe=table.choice("probe", PROBES),
        parts=tuple((tool, table.word(tool)) for tool in NAMING_TOOLS if table.has(tool)),
        uf2=_uf2(table) if table.has("uf2_family") else None,
        id_register=table.integer("id_register", 0, 0xFFFF_FFFF) if known else None,
        id_mask=mask,
        device_id=table.integer("device_id", 0, 0xFFFF_FFFF) if known else None,
    )
    if flashing.device_id is not None and flashing.device_id & ~mask:
        raise table.wrong("device_id", f"has bits that id_mask, 0x{mask:x}, has not")
    table.done()
    return flashing


def _uf2(table: Table) -> Uf2:
    return Uf2(table.integer("uf2_family", 0, 0xFFFF_FFFF), table.word("uf2_board"))


def at_speed(board: Board, baud: int) -> Board:
    """The board with its console at another speed. Raises BoardError where its UART, which takes 16
    periods of its clock a bit, cannot make it to within 2.5 %."""
    clock = board.clock.console_hz
    divisor = max(1, round(clock / baud))
    if not 1200 <= baud <= clock // 16 or abs(clock / divisor / baud - 1) > 0.025:
        raise BoardError(
            f"{board.name}'s console cannot run at {baud:,} baud: its UART divides {clock:,} Hz",
            f"it goes from 1,200 to about {clock // 16:,}; the board file's speed is "
            f"{board.console.baud:,}",
        )
    return dataclasses.replace(board, console=dataclasses.replace(board.console, baud=baud))


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
    """The board of that name or alias, or a core's (``GENERIC``).

    Raises BoardError with the nearest names.
    """
    names = {name: board for board in all_boards() for name in (board.name, *board.aliases)}
    if target in names:
        return names[target]
    made = generic_board(target, find_board) if isinstance(target, str) else None
    if made is not None:
        return made
    raise BoardError(
        f"there is no board {target!r}",
        f"{did_you_mean(str(target), [*names, *GENERIC])}`tinyrob boards` lists those there are",
    )
