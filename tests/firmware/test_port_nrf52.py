"""The nRF52840's port: every register write, against its Product Specification."""

from __future__ import annotations

from support.firmware import need
from support.golden import assert_golden
from support.mmio import Writes, record, slow_counter, text
from tinyrob.boards.read import find_board

BOARD = find_board("nrf52840dk")
UART = BOARD.console.base
STARTED, CACHE, P0 = 0x40000100, 0x4001E540, 0x50000000
DISABLE, REVISION, USERS = 0x40000558, 0x10000134, 0x10001208
NAMES = {
    DISABLE: "APPROTECT",
    0x40000000: "HFCLKSTART",
    STARTED: "HFCLKSTARTED",
    CACHE: "ICACHECNF",
    P0 + 0x508: "P0_OUTSET",
    P0 + 0x50C: "P0_OUTCLR",
    P0 + 0x734: "P0_PIN_CNF13",
    P0 + 0x718: "P0_PIN_CNF6",
    P0 + 0x720: "P0_PIN_CNF8",
    UART + 0x50C: "UART_PSELTXD",
    UART + 0x514: "UART_PSELRXD",
    UART + 0x524: "UART_BAUDRATE",
    UART + 0x500: "UART_ENABLE",
    UART + 0x000: "UART_STARTRX",
    UART + 0x008: "UART_STARTTX",
    0x40008000: "TIMER0_START",
    0x40008508: "TIMER0_BITMODE",
    0x40008510: "TIMER0_PRESCALER",
    0xE000EDFC: "DEMCR",
    0xE0001000: "DWT_CTRL",
    0xE0001004: "DWT_CYCCNT",
}


def recorded(revision: int = 5, *, failing: bool = False) -> Writes:
    need("gcc")
    registers = dict.fromkeys(NAMES, (0, 0)) | {STARTED: (0, 1)}
    registers |= {REVISION: (revision, 0), USERS: (0xFFFFFF5A, 0)}
    return record(BOARD, registers, failing=failing)


def test_every_register_write_is_the_expected_one() -> None:
    written = text(recorded(), NAMES).encode()
    assert_golden("ports", {"nrf52840dk.txt": written}, whole=False)


def test_the_baud_rate_is_the_specifications_value_and_made_from_the_crystal() -> None:
    writes = recorded()
    last, order = dict(writes), [address for address, _ in writes]
    # The register's table has 0x01D7E000 for 115,200. The UART counts whole periods of 16 MHz, 138
    # of them a bit: 115,942 baud, as the table says.
    rate = last[UART + 0x524]
    assert rate == 0x01D7E000
    assert abs(16_000_000 // (2**32 // rate) / BOARD.console.baud - 1) < 0.01
    assert order.index(0x40000000) < order.index(UART + 0x524) < order.index(UART + 0x500)


def test_the_line_idles_before_the_uart_takes_the_pins() -> None:
    writes = recorded()
    last, order = dict(writes), [address for address, _ in writes]
    assert writes[order.index(P0 + 0x508)] == (P0 + 0x508, 1 << 6), "the output is high"
    assert last[P0 + 0x718] & 1 == 1, "an output"
    assert last[P0 + 0x720] & 0xF == 0xC, "an input, pulled up"
    assert order.index(P0 + 0x508) < order.index(P0 + 0x718) < order.index(UART + 0x500)
    assert (last[UART + 0x50C], last[UART + 0x514]) == (6, 8)
    assert last[UART + 0x500] == 4


def test_timer0_counts_2048_cycles_a_tick_in_32_bits() -> None:
    last = dict(recorded())
    assert (last[0x40008508], last[0x40008510], last[0x40008000]) == (3, 9, 1)
    assert slow_counter(BOARD, {0x40008540: 99}) == (99, BOARD.clock.cpu_hz * 2**9 // 16_000_000)


def test_the_debug_port_stays_as_the_user_has_it_where_firmware_must_say_so() -> None:
    # Up to silicon revision 2 the address is no register.
    assert dict(recorded(revision=5))[DISABLE] == 0xFFFFFF5A
    assert DISABLE not in dict(recorded(revision=4))


def test_the_led_is_lit_at_the_end_dark_when_told_so_and_blinks_after_a_failure() -> None:
    # LED1 lies between the supply and P0.13: a low output lights it.
    writes = [(at, value) for at, value in recorded() if value == 1 << 13]
    assert writes == [(P0 + 0x50C, 1 << 13), (P0 + 0x508, 1 << 13)]
    assert dict(recorded())[P0 + 0x734] == 3
    blinking = [at for at, value in recorded(failing=True) if value == 1 << 13]
    assert blinking[:4] == [P0 + 0x50C, P0 + 0x508] * 2
