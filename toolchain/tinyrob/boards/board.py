"""What a board is: the nouns that board files are made of."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from tinyrob.boards.power import Power


@dataclass(frozen=True)
class Cpu:
    """The core as GCC's ``-mcpu`` names it (RISC-V: ``-march``), its FPU as ``-mfpu`` does (None:
    soft float)."""

    core: str
    fpu: str | None
    dsp: bool
    mve: bool


@dataclass(frozen=True)
class Pll:
    """How the core's clock is made: ``cpu_hz = input_hz / m * n / divider``.

    ``source`` is one of ``PLL_SOURCES``, ``wait_states`` are the flash's at that clock. Parts that
    must be told: ``voltage_scale`` is the regulator's (0: the highest voltage), ``overdrive`` what
    some have beyond their highest scale, ``supply`` what feeds the core (``SUPPLIES``).
    """

    source: str
    input_hz: int
    m: int
    n: int
    divider: int
    wait_states: int
    voltage_scale: int
    overdrive: bool
    supply: str


@dataclass(frozen=True)
class Clock:
    """Frequencies that the port sets up, in hertz: the core's, and what the console divides."""

    cpu_hz: int
    console_hz: int
    pll: Pll | None


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
    """A pin: port 0 is A where ports have letters, and the only one where there are no ports."""

    port: int
    number: int


@dataclass(frozen=True)
class Wiring:
    """What connects a UART on parts that must be told: the bit that clocks it, and its pins; and
    for ports of a family, where its pins' registers are and which register clocks them.

    Parts whose pins are numbered (P0.06, GP0) need neither a bit nor an alternate function: None.
    """

    enable_register: int | None
    enable_bit: int | None
    tx: Pin
    rx: Pin
    alternate: int | None
    gpio_base: int | None
    gpio_enable_register: int | None


@dataclass(frozen=True)
class Led:
    """A light-emitting diode at a pin; ``level`` (0 or 1) lights it."""

    pin: Pin
    level: int


@dataclass(frozen=True)
class Console:
    """The UART that the protocol goes over; without ``wiring`` it is connected at reset.
    ``registers`` names their layout (``UART_REGISTERS``) where a family has several."""

    uart: str
    base: int
    baud: int
    registers: str | None
    wiring: Wiring | None


@dataclass(frozen=True)
class Microphone:
    """A digital microphone (PDM) and what decimates its bits: ``rate = cpu_hz / processing /
    divider / decimation / reshape`` samples a second, in hertz.

    ``driver`` is one of ``MICROPHONES``, and ``reshape`` its own; ``gain`` is the value of the
    filter's scale register. ``clock`` and ``data`` are pins, both of the function ``alternate``.
    """

    driver: str
    rate: int
    clock: Pin
    data: Pin
    alternate: int
    processing: int
    divider: int
    decimation: int
    gain: int


@dataclass(frozen=True)
class CrcUnit:
    """A unit that computes CRC-32 by hardware: where it is, what gives it its clock, and whether
    polynomial, first value and order of bits can be chosen (STM32F4's: fixed)."""

    base: int
    enable_register: int
    enable_bit: int
    programmable: bool


@dataclass(frozen=True)
class Counter:
    """What ``tr_port_count`` counts, and from what: the port may be told the address of the
    counter that it reads (``base``), and how many units lie between two of its ticks."""

    source: str
    unit: str
    base: int | None
    period: int


@dataclass(frozen=True)
class Ready:
    """Bits of a register that hardware sets by itself: what a port waits for. ``what`` names
    them."""

    register: int
    bits: int
    what: str


@dataclass(frozen=True)
class FlashTiming:
    """What flash costs at the board's clock, for estimates: ``line_cycles`` where the instruction
    stream enters another line, ``miss_cycles`` for data that its cache (``cache_lines`` of
    ``rows_a_line`` rows of ``row_bytes``; 0: none) has not."""

    line_bytes: int
    line_cycles: int
    row_bytes: int
    rows_a_line: int
    cache_lines: int
    miss_cycles: int


@dataclass(frozen=True)
class Emulator:
    """The QEMU program, its machine, and what else it is given."""

    program: str
    machine: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Uf2:
    """The drive that a part's boot loader shows: the family of UF2 files that it takes, and the
    Board-ID that its INFO_UF2.TXT has."""

    family: int
    board_id: str


@dataclass(frozen=True)
class Flashing:
    """How a board is programmed: its probe (``PROBES``), what each tool calls the part (only those
    that can), its boot loader's drive (None: it shows none), and the part's own identity: a
    register, the bits of it that count (``id_mask``), and what they must read."""

    probe: str
    parts: tuple[tuple[str, str], ...]
    uf2: Uf2 | None
    id_register: int | None
    id_mask: int
    device_id: int | None

    def part(self, tool: str) -> str | None:
        """The tool's name of the part; None where the tool cannot program it."""
        return dict(self.parts).get(tool)


@dataclass(frozen=True)
class Board:
    """Everything tinyrob knows about a board."""

    name: str
    aliases: tuple[str, ...]
    title: str
    kind: str
    reference: str
    arch: str
    family: str | None
    port: str
    isa: tuple[str, ...]
    cpu: Cpu
    clock: Clock
    memory: tuple[Region, ...]
    stack_bytes: int
    console: Console
    led: Led | None
    counter: Counter
    emulator: Emulator | None
    flashing: Flashing | None
    ready: tuple[Ready, ...] = ()
    flash_timing: FlashTiming | None = None
    power: Power | None = None
    microphone: Microphone | None = None
    crc: CrcUnit | None = None
    library_only: bool = False
    """For a target that only a library is made for."""
    weights_in_ram: bool = False
    """Whether a network's constants are copied to where data are before it starts."""

    def with_arena_in(self, region: str) -> Board:
        """The board with its arena in another region."""

        def holds(one: Region) -> tuple[str, ...]:
            others = tuple(role for role in one.holds if role != "arena")
            return (*others, "arena") if one.name == region else others

        memory = tuple(dataclasses.replace(one, holds=holds(one)) for one in self.memory)
        return dataclasses.replace(self, memory=memory)

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
