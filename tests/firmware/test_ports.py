"""Ports of parts that no emulator has: every register write, against the reference manuals.

``tests/golden/ports`` holds the writes, to be read beside a manual; the decoding below is a second
opinion that shares nothing with the ports: bit fields as the manuals draw them.
"""

from __future__ import annotations

import pytest

from support.firmware import need
from support.golden import GOLDEN, assert_golden
from support.mmio import Writes, record, slow_counter, text
from support.stm32 import PARTS
from tinyrob.boards.read import Board, all_boards, find_board

ON_SILICON = [board.name for board in all_boards() if board.flashing]
BOARDS = [name for name in ON_SILICON if find_board(name).family == "stm32"]
GPIO = {0x00: "MODER", 0x08: "OSPEEDR", 0x0C: "PUPDR", 0x18: "BSRR", 0x20: "AFRL", 0x24: "AFRH"}
TIM = {0x00: "CR1", 0x04: "CR2", 0x08: "SMCR", 0x14: "EGR", 0x28: "PSC", 0x2C: "ARR"}
TIM2 = 0x40000000
DEBUG = {
    0xE000EDFC: "DEMCR",
    0xE0001000: "DWT_CTRL",
    0xE0001004: "DWT_CYCCNT",
    0xE0001FB0: "DWT_LAR",
    0xE000ED14: "SCB_CCR",
    0xE000ED84: "SCB_CSSELR",
    0xE000EF50: "SCB_ICIALLU",
    0xE000EF60: "SCB_DCISW",
}


# Flash wait states that the core's (H7: the bus's) clock needs at the voltage that the port sets.
WAIT_STATES = {"nucleo_f446re": 5, "stm32f4discovery": 5, "nucleo_l4r5zi": 5, "nucleo_g0b1re": 2}
WAIT_STATES |= {
    "nucleo_h743zi": 2,
    "nucleo_h743zi2": 4,
    "stm32h735g_dk": 3,
    "b_u585i_iot02a": 4,
    "nucleo_f746zg": 7,
}


def recorded(board: Board) -> Writes:
    need("gcc")
    return record(board, registers(board))


def failed(board: Board) -> Writes:
    """What is written when firmware ends with an error before anything was started."""
    need("gcc")
    return record(board, registers(board), failing=True)


def registers(board: Board) -> dict[int, tuple[int, int]]:
    part = PARTS[board.port]
    after_reset = {at: (value, ready) for at, (_, value, ready) in part.registers.items()}
    wiring = board.console.wiring
    assert wiring is not None
    assert wiring.gpio_base is not None
    assert board.led is not None
    for pin in (wiring.tx, wiring.rx, board.led.pin):
        # Port A keeps the debugger's pins in their function after reset, the others are analogue.
        mode = 0xABFFFFFF if pin.port == 0 else 0xFFFFFFFF
        after_reset[wiring.gpio_base + 0x400 * pin.port] = (mode, 0)
    return after_reset


def names(board: Board) -> dict[int, str]:
    part, console, wiring = PARTS[board.port], board.console, board.console.wiring
    assert wiring is not None
    assert wiring.gpio_base is not None
    assert board.led is not None
    uart = {0x08: "BRR", 0x0C: "CR1"}
    if console.registers != "usart_v1":
        uart = {0x00: "CR1", 0x08: "CR3", 0x0C: "BRR"}
    found = {at: name for at, (name, _, _) in part.registers.items()} | DEBUG
    found |= {console.base + at: f"{console.uart}_{name}" for at, name in uart.items()}
    for pin in (wiring.tx, wiring.rx, board.led.pin):
        base = wiring.gpio_base + 0x400 * pin.port
        found |= {base + at: f"GPIO{chr(65 + pin.port)}_{name}" for at, name in GPIO.items()}
    found |= {TIM2 + at: f"TIM2_{name}" for at, name in TIM.items()}
    found |= {TIM2 + 0x400 + at: f"TIM3_{name}" for at, name in TIM.items()}
    return found


def test_the_golden_tables_are_of_the_boards_that_there_are() -> None:
    kept = {path.stem for path in (GOLDEN / "ports").glob("*.txt")}
    assert kept == set(ON_SILICON)
    assert set(BOARDS) == set(WAIT_STATES)


@pytest.mark.parametrize("name", BOARDS)
def test_every_register_write_is_the_expected_one(name: str) -> None:
    board = find_board(name)
    written = text(recorded(board), names(board)).encode()
    assert_golden("ports", {f"{name}.txt": written}, whole=False)


@pytest.mark.parametrize("name", BOARDS)
def test_the_writes_make_the_clock_and_the_baud_rate(name: str) -> None:
    board = find_board(name)
    part, writes = PARTS[board.port], recorded(board)
    last = dict(writes)
    assert board.clock.pll is not None
    into, vco, core = part.clock(last, board.clock.pll.input_hz)
    assert part.compare[0] <= into <= part.compare[1]
    assert part.vco[0] <= vco <= part.vco[1]
    assert core == board.clock.cpu_hz
    register, field, code = part.switch
    assert last[register] & field == code
    at, mask = part.flash
    assert last[at] & mask == WAIT_STATES[name]
    # The flash waits before the clock is fast.
    order = [address for address, _ in writes]
    switched = [i for i, (a, v) in enumerate(writes) if a == register and v & field == code]
    assert order.index(at) < switched[0]
    console = board.console
    brr = last[console.base + (0x08 if console.registers == "usart_v1" else 0x0C)]
    fine = 256 if console.registers == "lpuart" else 1
    assert brr < (1 << 20 if fine == 256 else 1 << 16)
    assert abs(board.clock.console_hz * fine / brr / console.baud - 1) < 0.002


# Where TIM2 is clocked, and the core's clock over its: APB1 at a quarter of the core's clock runs
# its timers at half (the manuals' clock trees).
SLOW = {
    "stm32f7": (0x40023840, 2),
    "stm32f4_pll": (0x40023840, 2),
    "stm32l4": (0x40021058, 1),
    "stm32h7": (0x580244E8, 2),
    "stm32u5": (0x46020C9C, 1),
}


@pytest.mark.parametrize("name", [name for name in BOARDS if find_board(name).port in SLOW])
def test_tim2_is_the_slow_counter_beside_dwt(name: str) -> None:
    board = find_board(name)
    enable, ratio = SLOW[board.port]
    last, order = dict(recorded(board)), [address for address, _ in recorded(board)]
    assert board.counter.source == "DWT"
    assert last[enable] & 1 == 1
    timer = {offset: last[TIM2 + offset] for offset in (0x28, 0x2C, 0x14, 0x00)}
    assert timer == {0x28: 0xFFFF, 0x2C: 0xFFFFFFFF, 0x14: 1, 0x00: 1}
    # The prescaler is taken over by the update event, which wants it written.
    assert order.index(TIM2 + 0x28) < order.index(TIM2 + 0x14) < order.index(TIM2)
    if board.port in ("stm32f4_pll", "stm32f7"):
        assert last[0x40023808] >> 10 & 7 == 5, "APB1 at a quarter"
    assert slow_counter(board, {TIM2 + 0x24: 0x89ABCDEF}) == (0x89ABCDEF, 65_536 * ratio)


def test_tim3_counts_the_turns_of_tim2_on_a_g0() -> None:
    last = dict(recorded(find_board("nucleo_g0b1re")))
    assert last[0x4002103C] & 3 == 3, "both have a clock"
    assert last[TIM2 + 0x04] == 2 << 4, "its update event goes out"
    assert last[TIM2 + 0x408] == 1 << 4 | 7, "ITR1 is the clock"
    assert last[TIM2 + 0x400] == 1
    counts = {TIM2 + 0x24: 0x89ABCDEF, TIM2 + 0x424: 0x1234}
    assert slow_counter(find_board("nucleo_g0b1re"), counts) == (0x123489AB, 65_536)


def test_216_mhz_have_the_regulators_overdrive_before_the_clock_and_the_caches_behind_it() -> None:
    writes = recorded(find_board("nucleo_f746zg"))
    order, last = [address for address, _ in writes], dict(writes)
    switched = [i for i, (a, v) in enumerate(writes) if a == 0x40023808 and v & 3 == 2]
    power = [i for i, (a, v) in enumerate(writes) if a == 0x40007000 and v >> 16 & 3 == 3]
    assert order.index(0x40023840) < power[0] < switched[0], "the regulator is clocked"
    assert last[0x40007000] >> 14 & 3 == 3, "scale 1"
    assert last[0xE000ED14] >> 16 & 3 == 3, "both caches"
    sets = [v for a, v in writes if a == 0xE000EF60]
    assert len(set(sets)) == len(sets) == 4 * 32, "4 KB of four ways, 32 bytes a line"
    assert switched[0] < order.index(0xE000EF60) < order.index(0xE000ED14)


def test_the_flashs_programming_delay_goes_with_the_wait_states() -> None:
    # RM0433 and RM0468: AXI at 200 MHz in scale 1, 240 and 260 MHz in scale 0.
    for name, delay in (("nucleo_h743zi", 2), ("nucleo_h743zi2", 2), ("stm32h735g_dk", 3)):
        assert dict(recorded(find_board(name)))[0x52002000] >> 4 == delay


def test_480_mhz_have_the_regulators_overdrive_before_the_pll_and_400_do_not() -> None:
    writes = recorded(find_board("nucleo_h743zi2"))
    order, last = [address for address, _ in writes], dict(writes)
    assert last[0x58024818] >> 14 & 3 == 3, "scale 1"
    assert last[0x5800042C] & 1 == 1
    assert order.index(0x58024818) < order.index(0x580244F4) < order.index(0x5800042C)
    assert order.index(0x5800042C) < order.index(0x58024400)
    assert 0x5800042C not in dict(recorded(find_board("nucleo_h743zi")))
    assert last[0x58024430] & 0x1FF == 119, "VCO at 960 MHz: not in revision Y's range"


@pytest.mark.parametrize("name", BOARDS)
def test_the_led_is_lit_at_the_end_dark_when_told_so_and_blinks_after_a_failure(name: str) -> None:
    board = find_board(name)
    led, wiring = board.led, board.console.wiring
    assert led is not None
    assert wiring is not None
    assert wiring.gpio_base is not None
    base = wiring.gpio_base + 0x400 * led.pin.port
    # BSRR: bits 0 to 15 set, 16 to 31 clear.
    lit, dark = (1 << led.pin.number + (0 if led.level == on else 16) for on in (1, 0))
    writes = recorded(board)
    assert [value for at, value in writes if at == base + 0x18] == [lit, dark]
    assert dict(writes)[base] >> 2 * led.pin.number & 3 == 1, "an output"
    assert dict(writes)[wiring.gpio_enable_register or 0] >> led.pin.port & 1
    console = [i for i, (at, _) in enumerate(writes) if 0 <= at - board.console.base < 0x30]
    assert console[-1] < [at for at, _ in writes].index(base + 0x18)
    blinking = [value for at, value in failed(board) if at == base + 0x18]
    assert blinking[:4] == [lit, dark, lit, dark]


@pytest.mark.parametrize("name", BOARDS)
def test_the_consoles_pins_get_their_function_and_no_other_pin_changes(name: str) -> None:
    board = find_board(name)
    last = dict(recorded(board))
    wiring = board.console.wiring
    assert wiring is not None
    assert wiring.gpio_base is not None
    assert last[wiring.enable_register] >> wiring.enable_bit & 1
    pins: dict[int, list[int]] = {}
    for pin in (wiring.tx, wiring.rx):
        pins.setdefault(pin.port, []).append(pin.number)
        base = wiring.gpio_base + 0x400 * pin.port
        afr = last[base + 0x20 + 4 * (pin.number // 8)]
        assert afr >> 4 * (pin.number % 8) & 0xF == wiring.alternate
        assert last[base] >> 2 * pin.number & 3 == 2
        assert last[wiring.gpio_enable_register or 0] >> pin.port & 1
    assert board.led is not None
    pins.setdefault(board.led.pin.port, []).append(board.led.pin.number)
    for port, numbers in pins.items():
        reset = 0xABFFFFFF if port == 0 else 0xFFFFFFFF
        mine = sum(3 << 2 * number for number in numbers)
        assert last[wiring.gpio_base + 0x400 * port] | mine == reset | mine
