"""The nRF52840's port: every register write, against its Product Specification."""

from __future__ import annotations

from support.firmware import need
from support.golden import assert_golden
from support.mmio import Writes, record, text
from tinyrob.boards import find_board

BOARD = find_board("nrf52840dk")
UART = BOARD.console.base
STARTED, CACHE, P0 = 0x40000100, 0x4001E540, 0x50000000
NAMES = {
    0x40000000: "HFCLKSTART",
    STARTED: "HFCLKSTARTED",
    CACHE: "ICACHECNF",
    P0 + 0x508: "P0_OUTSET",
    P0 + 0x718: "P0_PIN_CNF6",
    P0 + 0x720: "P0_PIN_CNF8",
    UART + 0x50C: "UART_PSELTXD",
    UART + 0x514: "UART_PSELRXD",
    UART + 0x524: "UART_BAUDRATE",
    UART + 0x500: "UART_ENABLE",
    UART + 0x000: "UART_STARTRX",
    UART + 0x008: "UART_STARTTX",
    0xE000EDFC: "DEMCR",
    0xE0001000: "DWT_CTRL",
    0xE0001004: "DWT_CYCCNT",
}


def recorded() -> Writes:
    need("gcc")
    registers = dict.fromkeys(NAMES, (0, 0)) | {STARTED: (0, 1)}
    return record(BOARD, registers)


def test_every_register_write_is_the_expected_one() -> None:
    written = text(recorded(), NAMES).encode()
    assert_golden("ports", {"nrf52840dk.txt": written}, whole=False)


def test_the_baud_rate_is_the_specifications_value_and_made_from_the_crystal() -> None:
    writes = recorded()
    last, order = dict(writes), [address for address, _ in writes]
    # The register's table has 0x01D7E000 for 115,200; the UART counts 16 MHz / 2^32 a unit.
    rate = last[UART + 0x524]
    assert rate == 0x01D7E000
    assert abs(rate * 16_000_000 / 2**32 / BOARD.console.baud - 1) < 0.002
    assert order.index(0x40000000) < order.index(UART + 0x524) < order.index(UART + 0x500)


def test_the_line_idles_before_the_uart_takes_the_pins() -> None:
    writes = recorded()
    last, order = dict(writes), [address for address, _ in writes]
    assert last[P0 + 0x508] == 1 << 6, "the output is high"
    assert last[P0 + 0x718] & 1 == 1, "an output"
    assert last[P0 + 0x720] & 0xF == 0xC, "an input, pulled up"
    assert order.index(P0 + 0x508) < order.index(P0 + 0x718) < order.index(UART + 0x500)
    assert (last[UART + 0x50C], last[UART + 0x514]) == (6, 8)
    assert last[UART + 0x500] == 4
