"""The nRF5340's port: every register write, against its Product Specification."""

from __future__ import annotations

from support.firmware import need
from support.golden import assert_golden
from support.mmio import Writes, record, slow_counter, text
from tinyrob.boards.read import find_board

BOARD = find_board("nrf5340dk")
UART, CLOCK, P0, TIMER = BOARD.console.base, 0x50005000, 0x50842500, 0x5000F000
STARTED, SOURCE, DIVIDER, CACHE = CLOCK + 0x100, CLOCK + 0x514, CLOCK + 0x558, 0x50001500
DISABLE, SECURE_DISABLE = 0x50006544, 0x5000654C
TRIM = 0x00FF0300
NAMES = {
    DISABLE: "APPROTECT",
    SECURE_DISABLE: "SECUREAPPROTECT",
    CLOCK: "HFCLKSTART",
    STARTED: "HFCLKSTARTED",
    SOURCE: "HFCLKSRC",
    DIVIDER: "HFCLKCTRL",
    CACHE: "CACHE_ENABLE",
    P0 + 0x008: "P0_OUTSET",
    P0 + 0x00C: "P0_OUTCLR",
    P0 + 0x270: "P0_PIN_CNF28",
    P0 + 0x250: "P0_PIN_CNF20",
    P0 + 0x258: "P0_PIN_CNF22",
    UART + 0x50C: "UARTE_PSELTXD",
    UART + 0x514: "UARTE_PSELRXD",
    UART + 0x524: "UARTE_BAUDRATE",
    UART + 0x500: "UARTE_ENABLE",
    TIMER: "TIMER0_START",
    TIMER + 0x508: "TIMER0_BITMODE",
    TIMER + 0x510: "TIMER0_PRESCALER",
    0xE000EDFC: "DEMCR",
    0xE0001000: "DWT_CTRL",
    0xE0001004: "DWT_CYCCNT",
}


def recorded(trims: dict[int, int] | None = None, *, failing: bool = False) -> Writes:
    need("gcc")
    registers = dict.fromkeys(NAMES, (0, 0)) | {STARTED: (0, 1), DIVIDER: (1, 0)}
    registers |= {0x00FF8000: (0x50FA50FA, 0), 0x00FF801C: (0xFFFFFFFF, 0)}
    for number, (address, value) in enumerate((trims or {}).items()):
        registers |= {TRIM + 8 * number: (address, 0), TRIM + 8 * number + 4: (value, 0)}
        registers[address] = (0, 0)
    registers[TRIM + 8 * len(trims or {})] = (0xFFFFFFFF, 0)
    return record(BOARD, registers, failing=failing)


def test_every_register_write_is_the_expected_one() -> None:
    written = text(recorded(), NAMES).encode()
    assert_golden("ports", {"nrf5340dk.txt": written}, whole=False)


def test_what_the_factory_measured_is_put_in_place_first() -> None:
    trims = {0x50004604: 0x1234, 0x50039550: 0xAB}
    writes = recorded(trims)
    assert writes[:2] == list(trims.items())
    assert writes[2:] == recorded()


def test_the_core_runs_at_128_mhz_from_the_crystal() -> None:
    writes = recorded()
    last, order = dict(writes), [address for address, _ in writes]
    assert BOARD.clock.cpu_hz == 128_000_000
    assert (last[SOURCE], last[DIVIDER], last[CACHE]) == (1, 0, 1)
    assert order.index(SOURCE) < order.index(CLOCK) < order.index(DIVIDER)


def test_the_baud_rate_is_the_specifications_value_and_made_from_the_crystal() -> None:
    writes = recorded()
    last, order = dict(writes), [address for address, _ in writes]
    # The table of UARTE.BAUDRATE: 115,200 (actual rate: 115,108).
    assert last[UART + 0x524] == 0x01D60000
    assert abs(0x01D60000 * 16_000_000 / 2**32 / BOARD.console.baud - 1) < 0.01
    assert order.index(CLOCK) < order.index(UART + 0x524) < order.index(UART + 0x500)


def test_the_line_idles_before_the_uarte_takes_the_pins() -> None:
    writes = recorded()
    last, order = dict(writes), [address for address, _ in writes]
    assert writes[order.index(P0 + 0x008)] == (P0 + 0x008, 1 << 20), "the output is high"
    assert last[P0 + 0x250] == 3, "an output of the application core"
    assert last[P0 + 0x258] == 0xC, "an input, pulled up"
    assert order.index(P0 + 0x008) < order.index(P0 + 0x250) < order.index(UART + 0x500)
    assert (last[UART + 0x50C], last[UART + 0x514]) == (20, 22)
    assert last[UART + 0x500] == 8


def test_timer0_counts_4096_cycles_a_tick_in_32_bits() -> None:
    last = dict(recorded())
    assert (last[TIMER + 0x508], last[TIMER + 0x510], last[TIMER]) == (3, 9, 1)
    assert slow_counter(BOARD, {TIMER + 0x540: 99}) == (99, 128_000_000 * 2**9 // 16_000_000)


def test_the_debug_ports_stay_as_the_user_has_them() -> None:
    last = dict(recorded())
    assert (last[DISABLE], last[SECURE_DISABLE]) == (0x50FA50FA, 0xFFFFFFFF)


def test_the_led_is_lit_at_the_end_dark_when_told_so_and_blinks_after_a_failure() -> None:
    # LED1 lies between the supply and P0.28: a low output lights it.
    writes = [(at, value) for at, value in recorded() if value == 1 << 28]
    assert writes == [(P0 + 0x00C, 1 << 28), (P0 + 0x008, 1 << 28)]
    assert dict(recorded())[P0 + 0x270] == 3
    blinking = [at for at, value in recorded(failing=True) if value == 1 << 28]
    assert blinking[:4] == [P0 + 0x00C, P0 + 0x008] * 2
