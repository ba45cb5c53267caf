"""The RP2350's port: every register write, and what its boot ROM looks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.firmware import need, small
from support.golden import assert_golden
from support.mmio import Writes, record, slow_counter, text
from tinyrob.boards.read import find_board
from tinyrob.build.job import build
from tinyrob.project.image import read_image

BOARD = find_board("rp2350")
RESETS, CLOCKS, XOSC, PLL, UART = 0x40020000, 0x40010000, 0x40048000, 0x40050000, 0x40070000
PADS, IO, SIO, TIMER, TICKS = 0x40038000, 0x40028000, 0xD0000000, 0x400B0000, 0x40108000
SELECTED = {CLOCKS + 0x38: 1 << 2 | 1, CLOCKS + 0x44: 1 << 1 | 1}
# Name, value after reset, bits that hardware sets (datasheet and the part's public headers).
REGISTERS = {
    RESETS: ("RESETS_RESET", 0x1FFFFFFF, 0),
    RESETS + 8: ("RESETS_DONE", 0, 0x1FFFFFFF),
    CLOCKS + 0x30: ("CLK_REF_CTRL", 0, 0),
    CLOCKS + 0x38: ("CLK_REF_SEL", 0, SELECTED[CLOCKS + 0x38]),
    CLOCKS + 0x3C: ("CLK_SYS_CTRL", 0, 0),
    CLOCKS + 0x40: ("CLK_SYS_DIV", 0x10000, 0),
    CLOCKS + 0x44: ("CLK_SYS_SEL", 0, SELECTED[CLOCKS + 0x44]),
    CLOCKS + 0x48: ("CLK_PERI_CTRL", 0, 0),
    CLOCKS + 0x84: ("CLK_RESUS_CTRL", 0xFF, 0),
    XOSC: ("XOSC_CTRL", 0, 0),
    XOSC + 4: ("XOSC_STATUS", 0, 1 << 31),
    XOSC + 0xC: ("XOSC_STARTUP", 0, 0),
    PLL: ("PLL_CS", 1, 1 << 31),
    PLL + 4: ("PLL_PWR", 0x2D, 0),
    PLL + 8: ("PLL_FBDIV_INT", 0, 0),
    PLL + 0xC: ("PLL_PRIM", 0x77000, 0),
    PADS + 4: ("PADS_GPIO0", 0x116, 0),
    PADS + 8: ("PADS_GPIO1", 0x116, 0),
    PADS + 0x68: ("PADS_GPIO25", 0x116, 0),
    IO + 4: ("GPIO0_CTRL", 0x1F, 0),
    IO + 0xC: ("GPIO1_CTRL", 0x1F, 0),
    IO + 0xCC: ("GPIO25_CTRL", 0x1F, 0),
    SIO + 0x18: ("SIO_OUT_SET", 0, 0),
    SIO + 0x20: ("SIO_OUT_CLR", 0, 0),
    SIO + 0x38: ("SIO_OE_SET", 0, 0),
    UART + 0x24: ("UART0_IBRD", 0, 0),
    UART + 0x28: ("UART0_FBRD", 0, 0),
    UART + 0x2C: ("UART0_LCR_H", 0, 0),
    UART + 0x30: ("UART0_CR", 0x300, 0),
    TIMER: ("TIMER0_TIMEHW", 0, 0),
    TIMER + 4: ("TIMER0_TIMELW", 0, 0),
    TICKS + 0x18: ("TICKS_T0_CTRL", 0, 0),
    TICKS + 0x1C: ("TICKS_T0_CYC", 0, 0),
    0xE000EDFC: ("DEMCR", 0, 0),
    0xE0001000: ("DWT_CTRL", 0, 0),
    0xE0001004: ("DWT_CYCCNT", 0, 0),
}


def recorded(*, failing: bool = False) -> Writes:
    need("gcc")
    after_reset = {at: (value, ready) for at, (_, value, ready) in REGISTERS.items()}
    return record(BOARD, after_reset, failing=failing)


def test_every_register_write_is_the_expected_one() -> None:
    names = {at: name for at, (name, _, _) in REGISTERS.items()}
    assert_golden("ports", {"rp2350.txt": text(recorded(), names).encode()}, whole=False)


def test_the_writes_make_the_clock_and_the_baud_rate() -> None:
    writes = recorded()
    last, order = dict(writes), [at for at, _ in writes]
    assert last[XOSC] == 0xFABAA0, "on, 1 to 15 MHz"
    assert 47 <= last[XOSC + 0xC] < 1 << 14, "a millisecond or more"
    vco = 12_000_000 // (last[PLL] & 0x3F) * last[PLL + 8]
    assert 750_000_000 <= vco <= 1_600_000_000
    first, second = last[PLL + 0xC] >> 16 & 7, last[PLL + 0xC] >> 12 & 7
    assert 7 >= first >= second >= 1
    assert vco // (first * second) == BOARD.clock.cpu_hz == 150_000_000
    assert last[PLL + 4] & 0x29 == 0, "core, VCO and dividers have power"
    assert (last[CLOCKS + 0x3C], last[CLOCKS + 0x40]) == (1, 0x10000), "the PLL, undivided"
    assert last[CLOCKS + 0x30] & 3 == 2, "the crystal"
    assert last[CLOCKS + 0x48] == 1 << 11, "UARTs on the core's clock"
    # The core is on no PLL while one is set up, and changes to it at the end.
    switches = [value & 1 for at, value in writes if at == CLOCKS + 0x3C]
    assert switches == [0, 0, 1]
    assert order.index(CLOCKS + 0x3C) < order.index(RESETS) < order.index(PLL)
    divisor = last[UART + 0x24] * 64 + last[UART + 0x28]
    assert last[UART + 0x28] < 64
    assert abs(150_000_000 * 4 / divisor / BOARD.console.baud - 1) < 0.001
    # A divisor counts from the next write of LCR_H on.
    assert order.index(UART + 0x28) < order.index(UART + 0x2C) < order.index(UART + 0x30)
    assert (last[UART + 0x2C], last[UART + 0x30]) == (0x70, 0x301)


def test_only_what_is_used_leaves_its_reset() -> None:
    used = 1 << 6 | 1 << 9 | 1 << 14 | 1 << 23 | 1 << 26  # IO, pads, PLL, TIMER0, UART0
    assert dict(recorded())[RESETS] == 0x1FFFFFFF & ~used


def test_the_pads_end_their_isolation_and_an_open_line_idles() -> None:
    last = dict(recorded())
    assert (last[IO + 4], last[IO + 0xC]) == (2, 2)
    assert all(last[PADS + at] & 0x180 == 0 for at in (4, 8, 0x68)), "driven, not isolated"
    assert last[PADS + 8] & 0x4C == 0x48, "input on, pulled up"
    assert last[PADS + 4] & 0x40 == 0x40


def test_the_counters_are_dwt_and_microseconds_of_twelve_periods() -> None:
    writes = recorded()
    last, order = dict(writes), [at for at, _ in writes]
    assert (last[TICKS + 0x1C], last[TICKS + 0x18]) == (12, 1)
    assert order.index(TICKS + 0x1C) < order.index(TICKS + 0x18)
    assert (last[0xE000EDFC] >> 24 & 1, last[0xE0001000] & 1) == (1, 1)
    counts = {TIMER + 0x24: 5, TIMER + 0x28: 0x89AB0000}
    assert slow_counter(BOARD, counts) == (5 << 16 | 0x89AB, 150 << 16)


def test_the_led_is_lit_at_the_end_dark_when_told_so_and_blinks_after_a_failure() -> None:
    pin = 1 << 25
    assert [at for at, value in recorded() if value == pin] == [
        *(SIO + 0x18, SIO + 0x38),
        *(SIO + 0x20, SIO + 0x38),
    ]
    assert dict(recorded())[IO + 0xCC] == 5
    blinking = [at for at, value in recorded(failing=True) if value == pin and at != SIO + 0x38]
    assert blinking[:4] == [SIO + 0x18, SIO + 0x20] * 2


@pytest.mark.parametrize("toolchain", ["gcc", "clang"])
def test_the_boot_rom_finds_the_vectors_first_and_the_block_behind_them(
    toolchain: str, tmp_path: Path
) -> None:
    """The datasheet's minimum Arm IMAGE_DEF, word by word, within 4 KB."""
    if toolchain == "gcc":
        need("arm-none-eabi-gcc")
    made = build(small(), "pico2", out=tmp_path / "b", toolchain=toolchain)
    image = read_image(tmp_path / "b" / made.elf)
    start, content = image.segments[0]
    assert start == 0x10000000
    stack, reset = (int.from_bytes(content[at : at + 4], "little") for at in (0, 4))
    assert 0x20000000 < stack <= 0x20080000
    assert reset & 1 == 1, "Thumb"
    block = [0xFFFFDED3, 0x10210142, 0x000001FF, 0x00000000, 0xAB123579]
    assert content[:4096].find(b"".join(word.to_bytes(4, "little") for word in block)) == 0x40
