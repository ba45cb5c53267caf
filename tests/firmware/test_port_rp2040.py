"""The RP2040's port: every register write, and a counter of cycles made of two."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from support.firmware import need
from support.golden import assert_golden
from support.mmio import Writes, compiled, record, text
from tinyrob.boards.read import find_board

BOARD = find_board("rp2040")
RESETS, CLOCKS, XOSC, PLL, UART = 0x4000C000, 0x40008000, 0x40024000, 0x40028000, 0x40034000
PADS, IO, SIO = 0x4001C000, 0x40014000, 0xD0000000
SELECTED = {CLOCKS + 0x38: 1 << 2 | 1, CLOCKS + 0x44: 1 << 1 | 1}
# Name, value after reset, bits that hardware sets (datasheet and the part's public headers).
REGISTERS = {
    RESETS: ("RESETS_RESET", 0x01FFFFFF, 0),
    RESETS + 8: ("RESETS_DONE", 0, 0x01FFFFFF),
    CLOCKS + 0x30: ("CLK_REF_CTRL", 0, 0),
    CLOCKS + 0x38: ("CLK_REF_SEL", 0, SELECTED[CLOCKS + 0x38]),
    CLOCKS + 0x3C: ("CLK_SYS_CTRL", 0, 0),
    CLOCKS + 0x40: ("CLK_SYS_DIV", 0x100, 0),
    CLOCKS + 0x44: ("CLK_SYS_SEL", 0, SELECTED[CLOCKS + 0x44]),
    CLOCKS + 0x48: ("CLK_PERI_CTRL", 0, 0),
    CLOCKS + 0x78: ("CLK_RESUS_CTRL", 0xFF, 0),
    XOSC: ("XOSC_CTRL", 0, 0),
    XOSC + 4: ("XOSC_STATUS", 0, 1 << 31),
    XOSC + 0xC: ("XOSC_STARTUP", 0, 0),
    PLL: ("PLL_CS", 1, 1 << 31),
    PLL + 4: ("PLL_PWR", 0x2D, 0),
    PLL + 8: ("PLL_FBDIV_INT", 0, 0),
    PLL + 0xC: ("PLL_PRIM", 0x77000, 0),
    PADS + 4: ("PADS_GPIO0", 0x56, 0),
    PADS + 8: ("PADS_GPIO1", 0x56, 0),
    IO + 4: ("GPIO0_CTRL", 0x1F, 0),
    IO + 0xC: ("GPIO1_CTRL", 0x1F, 0),
    IO + 0xCC: ("GPIO25_CTRL", 0x1F, 0),
    SIO + 0x14: ("SIO_OUT_SET", 0, 0),
    SIO + 0x18: ("SIO_OUT_CLR", 0, 0),
    SIO + 0x24: ("SIO_OE_SET", 0, 0),
    UART + 0x24: ("UART0_IBRD", 0, 0),
    UART + 0x28: ("UART0_FBRD", 0, 0),
    UART + 0x2C: ("UART0_LCR_H", 0, 0),
    UART + 0x30: ("UART0_CR", 0x300, 0),
    0x40054000: ("TIMER_TIMEHW", 0, 0),
    0x40054004: ("TIMER_TIMELW", 0, 0),
    0x4005802C: ("WATCHDOG_TICK", 0x200, 0),
    0xE000E010: ("SYST_CSR", 0, 0),
    0xE000E014: ("SYST_RVR", 0, 0),
    0xE000E018: ("SYST_CVR", 0, 0),
}


def recorded(*, failing: bool = False) -> Writes:
    need("gcc")
    after_reset = {at: (value, ready) for at, (_, value, ready) in REGISTERS.items()}
    return record(BOARD, after_reset, failing=failing)


def test_every_register_write_is_the_expected_one() -> None:
    names = {at: name for at, (name, _, _) in REGISTERS.items()}
    assert_golden("ports", {"rp2040.txt": text(recorded(), names).encode()}, whole=False)


def test_the_writes_make_the_clock_and_the_baud_rate() -> None:
    writes = recorded()
    last, order = dict(writes), [at for at, _ in writes]
    assert last[XOSC] == 0xFABAA0, "on, 1 to 15 MHz"
    assert 47 <= last[XOSC + 0xC] < 1 << 14, "a millisecond or more"
    vco = 12_000_000 // (last[PLL] & 0x3F) * last[PLL + 8]
    assert 750_000_000 <= vco <= 1_600_000_000
    first, second = last[PLL + 0xC] >> 16 & 7, last[PLL + 0xC] >> 12 & 7
    assert 7 >= first >= second >= 1
    assert vco // (first * second) == BOARD.clock.cpu_hz == 133_000_000
    assert last[PLL + 4] & 0x29 == 0, "core, VCO and dividers have power"
    assert (last[CLOCKS + 0x3C], last[CLOCKS + 0x40]) == (1, 0x100), "the PLL, undivided"
    assert last[CLOCKS + 0x30] & 3 == 2, "the crystal"
    assert last[CLOCKS + 0x48] == 1 << 11, "UARTs on the core's clock"
    # The core is on no PLL while one is set up, and changes to it at the end.
    switches = [value & 1 for at, value in writes if at == CLOCKS + 0x3C]
    assert switches == [0, 0, 1]
    assert order.index(CLOCKS + 0x3C) < order.index(RESETS) < order.index(PLL)
    divisor = last[UART + 0x24] * 64 + last[UART + 0x28]
    assert last[UART + 0x28] < 64
    assert abs(133_000_000 * 4 / divisor / BOARD.console.baud - 1) < 0.001
    # A divisor counts from the next write of LCR_H on.
    assert order.index(UART + 0x28) < order.index(UART + 0x2C) < order.index(UART + 0x30)
    assert (last[UART + 0x2C], last[UART + 0x30]) == (0x70, 0x301)


def test_only_what_is_used_leaves_its_reset() -> None:
    used = 1 << 5 | 1 << 8 | 1 << 12 | 1 << 21 | 1 << 22  # IO, pads, PLL, timer, UART0
    assert dict(recorded())[RESETS] == 0x01FFFFFF & ~used


def test_the_console_is_on_its_pins_and_an_open_line_idles() -> None:
    last = dict(recorded())
    assert (last[IO + 4], last[IO + 0xC]) == (2, 2)
    assert last[PADS + 8] & 0xCC == 0x48, "input on, pulled up, driven"
    assert last[PADS + 4] & 0xC0 == 0x40


def test_the_led_is_lit_at_the_end_dark_when_told_so_and_blinks_after_a_failure() -> None:
    pin = 1 << 25
    assert [at for at, value in recorded() if value == pin] == [
        *(SIO + 0x14, SIO + 0x24),
        *(SIO + 0x18, SIO + 0x24),
    ]
    assert dict(recorded())[IO + 0xCC] == 5
    blinking = [at for at, value in recorded(failing=True) if value == pin and at != SIO + 0x24]
    assert blinking[:4] == [SIO + 0x14, SIO + 0x18] * 2
    assert dict(recorded(failing=True))[RESETS] == 0x01FFFFFF & ~(1 << 5 | 1 << 8)


@pytest.mark.parametrize("first", [0, 100, 0xFFFFF0, 0xFFFFFFF0, 12_345_678_901, 133 * 2**32 - 9])
def test_the_counter_counts_cycles_beyond_both_counters_ends(first: int, tmp_path: Path) -> None:
    """Readings of a part whose time passes: 24 bits of cycles downwards, and microseconds."""
    need("gcc")
    program = compiled(BOARD, Path(__file__).with_name("rp2040_time.c"))
    steps = [1, 40, 132, 133, 134, 5_000, 0x7FFFFF, 0x800000, 0xFFFFFF, 0x1000000, 10**9, 3 * 10**9]
    steps += [2**32 - 1, 2**32, 2**32 + 1, 133 * 2**32, 10**12, 10**15]
    done = subprocess.run(
        [program, str(first), *map(str, steps)], capture_output=True, text=True, check=True
    )
    assert [int(line) for line in done.stdout.split()] == steps
