"""Ports of parts that no emulator has: every register write, against the reference manuals.

``tests/golden/ports`` holds the writes, to be read beside a manual; the decoding below is a second
opinion that shares nothing with the ports: bit fields as the manuals draw them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.firmware import need
from support.golden import GOLDEN, assert_golden
from support.mmio import Writes, record, text
from tinyrob.boards import Board, all_boards, find_board

BOARDS = [board.name for board in all_boards() if board.family == "stm32"]
ON_SILICON = [board.name for board in all_boards() if board.flashing]
GPIO = {0x00: "MODER", 0x08: "OSPEEDR", 0x0C: "PUPDR", 0x20: "AFRL", 0x24: "AFRH"}
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


@dataclass(frozen=True)
class Part:
    """A family as its manual has it. ``registers``: name, value after reset, bits that hardware
    sets; ``switch``: the register and field that choose the system clock, and the PLL's code."""

    registers: dict[int, tuple[str, int, int]]
    switch: tuple[int, int, int]
    flash: tuple[int, int]
    vco: tuple[int, int]
    compare: tuple[int, int]

    def clock(self, written: dict[int, int], input_hz: int) -> tuple[int, int, int]:
        """(PLL's input, VCO, core) in hertz."""
        raise AssertionError


class F4(Part):
    def clock(self, written, input_hz):
        value = written[0x40023804]
        assert value >> 22 & 1 == 1, "HSE"
        into = input_hz // (value & 0x3F)
        vco = into * (value >> 6 & 0x1FF)
        return into, vco, vco // (2 * (value >> 16 & 3) + 2)


class L4(Part):
    def clock(self, written, input_hz):
        value = written[0x4002100C]
        assert (value & 3, value >> 24 & 1) == (2, 1), "HSI16, R on"
        into = input_hz // ((value >> 4 & 0xF) + 1)
        vco = into * (value >> 8 & 0x7F)
        return into, vco, vco // (2 * (value >> 25 & 3) + 2)


class G0(Part):
    def clock(self, written, input_hz):
        value = written[0x4002100C]
        assert (value & 3, value >> 28 & 1) == (2, 1), "HSI16, R on"
        into = input_hz // ((value >> 4 & 7) + 1)
        vco = into * (value >> 8 & 0x7F)
        return into, vco, vco // ((value >> 29 & 7) + 1)


class H7(Part):
    def clock(self, written, input_hz):
        select, ranges, dividers = (written[a] for a in (0x58024428, 0x5802442C, 0x58024430))
        assert (select & 3, ranges >> 16 & 1, ranges >> 1 & 1) == (2, 1, 0), "HSE, P on, wide VCO"
        into = input_hz // (select >> 4 & 0x3F)
        low = (1, 2, 4, 8)[ranges >> 2 & 3] * 10**6
        assert low <= into <= 2 * low, "PLL1RGE"
        vco = into * ((dividers & 0x1FF) + 1)
        core = vco // ((dividers >> 9 & 0x7F) + 1)
        for register, fields in ((0x58024418, (4,)), (0x5802441C, (4, 8)), (0x58024420, (4,))):
            assert all(written[register] >> field & 7 == 4 for field in fields), "APBs at half"
        assert (written[0x58024418] & 0xF, written[0x58024418] >> 8 & 0xF) == (8, 0), "AHB at half"
        return into, vco, core


class U5(Part):
    def clock(self, written, input_hz):
        value, dividers = written[0x46020C28], written[0x46020C34]
        assert (value & 3, value >> 18 & 1) == (2, 1), "HSI16, R on"
        assert 4 <= 16 // {0: 1, 1: 2, 2: 4}[value >> 12 & 0xF] <= 16, "booster"
        assert written[0x4602080C] >> 16 & 7 == 7, "range 1, boosted"
        into = input_hz // ((value >> 8 & 0xF) + 1)
        assert (value >> 2 & 3 == 3) == (into > 8_000_000)
        vco = into * ((dividers & 0x1FF) + 1)
        return into, vco, vco // ((dividers >> 24 & 0x7F) + 1)


_M = 10**6
F4_PART = F4(
    {
        0x40023800: ("RCC_CR", 0x83, 1 << 17 | 1 << 25),
        0x40023804: ("RCC_PLLCFGR", 0x24003010, 0),
        0x40023808: ("RCC_CFGR", 0, 2 << 2),
        0x40023830: ("RCC_AHB1ENR", 0x100000, 0),
        0x40023840: ("RCC_APB1ENR", 0, 0),
        0x40007000: ("PWR_CR", 0xC000, 0),
        0x40007004: ("PWR_CSR", 0, 3 << 16),
        0x40023C00: ("FLASH_ACR", 0, 0),
    },
    (0x40023808, 3, 2),
    (0x40023C00, 0xF),
    (100 * _M, 432 * _M),
    (1 * _M, 2 * _M),
)
L4_PART = L4(
    {
        0x40021000: ("RCC_CR", 0x63, 1 << 10 | 1 << 25),
        0x40021008: ("RCC_CFGR", 0, 3 << 2),
        0x4002100C: ("RCC_PLLCFGR", 0x1000, 0),
        0x4002104C: ("RCC_AHB2ENR", 0, 0),
        0x40021058: ("RCC_APB1ENR1", 0x400, 0),
        0x4002105C: ("RCC_APB1ENR2", 0, 0),
        0x40007000: ("PWR_CR1", 0x200, 0),
        0x40007004: ("PWR_CR2", 0, 0),
        0x40007014: ("PWR_SR2", 0, 0),
        0x40007080: ("PWR_CR5", 0x100, 0),
        0x40022000: ("FLASH_ACR", 0x600, 0),
    },
    (0x40021008, 3, 3),
    (0x40022000, 0xF),
    (64 * _M, 344 * _M),
    (2_660_000, 16 * _M),
)
G0_PART = G0(
    {
        0x40021000: ("RCC_CR", 0x500, 1 << 10 | 1 << 25),
        0x40021008: ("RCC_CFGR", 0, 2 << 3),
        0x4002100C: ("RCC_PLLCFGR", 0x1000, 0),
        0x40021034: ("RCC_IOPENR", 0, 0),
        0x4002103C: ("RCC_APBENR1", 0, 0),
        0x40022000: ("FLASH_ACR", 0x40600, 0),
    },
    (0x40021008, 7, 2),
    (0x40022000, 7),
    (64 * _M, 344 * _M),
    (2_660_000, 16 * _M),
)
H7_PART = H7(
    {
        0x58024804: ("PWR_CSR1", 0x4000, 1 << 13),
        0x5802480C: ("PWR_CR3", 0x6, 0),
        0x58024818: ("PWR_D3CR", 0x4000, 1 << 13),
        0x58024400: ("RCC_CR", 0x1, 1 << 17 | 1 << 25),
        0x58024410: ("RCC_CFGR", 0, 3 << 3),
        0x58024418: ("RCC_D1CFGR", 0, 0),
        0x5802441C: ("RCC_D2CFGR", 0, 0),
        0x58024420: ("RCC_D3CFGR", 0, 0),
        0x58024428: ("RCC_PLLCKSELR", 0x02020200, 0),
        0x5802442C: ("RCC_PLLCFGR", 0x01FF0000, 0),
        0x58024430: ("RCC_PLL1DIVR", 0x01010280, 0),
        0x580244E0: ("RCC_AHB4ENR", 0, 0),
        0x580244E8: ("RCC_APB1LENR", 0, 0),
        0x52002000: ("FLASH_ACR", 0x37, 0),
        0xE000ED80: ("SCB_CCSIDR", 0xF00FE019, 0),
    },
    (0x58024410, 7, 3),
    (0x52002000, 0xF),
    (192 * _M, 836 * _M),
    (1 * _M, 16 * _M),
)
U5_PART = U5(
    {
        0x46020C00: ("RCC_CR", 0x35, 1 << 10 | 1 << 25),
        0x46020C1C: ("RCC_CFGR1", 0, 3 << 2),
        0x46020C28: ("RCC_PLL1CFGR", 0, 0),
        0x46020C34: ("RCC_PLL1DIVR", 0x01010280, 0),
        0x46020C8C: ("RCC_AHB2ENR1", 0xC0000000, 0),
        0x46020C94: ("RCC_AHB3ENR", 0x80000000, 0),
        0x46020CA4: ("RCC_APB2ENR", 0, 0),
        0x4602080C: ("PWR_VOSR", 0x8000, 3 << 14),
        0x40022000: ("FLASH_ACR", 1, 0),
        0x40030400: ("ICACHE_CR", 4, 0),
    },
    (0x46020C1C, 3, 3),
    (0x40022000, 0xF),
    (128 * _M, 544 * _M),
    (4 * _M, 16 * _M),
)
PARTS: dict[str, Part] = {
    "stm32f4_pll": F4_PART,
    "stm32l4": L4_PART,
    "stm32g0": G0_PART,
    "stm32h7": H7_PART,
    "stm32u5": U5_PART,
}
# Flash wait states that the core's (H7: the bus's) clock needs at the voltage that the port sets.
WAIT_STATES = {"nucleo_f446re": 5, "stm32f4discovery": 5, "nucleo_l4r5zi": 5, "nucleo_g0b1re": 2}
WAIT_STATES |= {"nucleo_h743zi": 2, "stm32h735g_dk": 3, "b_u585i_iot02a": 4}


def recorded(board: Board) -> Writes:
    need("gcc")
    part = PARTS[board.port]
    registers = {at: (value, ready) for at, (_, value, ready) in part.registers.items()}
    wiring = board.console.wiring
    assert wiring is not None
    assert wiring.gpio_base is not None
    for pin in (wiring.tx, wiring.rx):
        # Port A keeps the debugger's pins in their function after reset, the others are analogue.
        mode = 0xABFFFFFF if pin.port == 0 else 0xFFFFFFFF
        registers[wiring.gpio_base + 0x400 * pin.port] = (mode, 0)
    return record(board, registers)


def names(board: Board) -> dict[int, str]:
    part, console, wiring = PARTS[board.port], board.console, board.console.wiring
    assert wiring is not None
    assert wiring.gpio_base is not None
    uart = {0x08: "BRR", 0x0C: "CR1"}
    if console.registers != "usart_v1":
        uart = {0x00: "CR1", 0x08: "CR3", 0x0C: "BRR"}
    found = {at: name for at, (name, _, _) in part.registers.items()} | DEBUG
    found |= {console.base + at: f"{console.uart}_{name}" for at, name in uart.items()}
    for pin in (wiring.tx, wiring.rx):
        base = wiring.gpio_base + 0x400 * pin.port
        found |= {base + at: f"GPIO{chr(65 + pin.port)}_{name}" for at, name in GPIO.items()}
    if board.counter.base is not None:
        found |= {board.counter.base: "TIM2_CR1", board.counter.base + 0x2C: "TIM2_ARR"}
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
    for port, numbers in pins.items():
        reset = 0xABFFFFFF if port == 0 else 0xFFFFFFFF
        mine = sum(3 << 2 * number for number in numbers)
        assert last[wiring.gpio_base + 0x400 * port] | mine == reset | mine


@pytest.mark.slow
@pytest.mark.parametrize("name", ON_SILICON)
def test_the_digits_network_links_and_its_vectors_are_right(name: str, tmp_path: Path) -> None:
    from tinyrob.build import build
    from tinyrob.elf import read_sections
    from tinyrob.load import load_model

    need("arm-none-eabi-gcc", "make")
    board = find_board(name)
    manifest = build(load_model("digits-stq-jr"), name, out=tmp_path / "b")
    sections = [s for s in read_sections(tmp_path / "b" / manifest.elf) if s.loaded and s.bytes]
    for section in sections:
        assert any(
            r.start <= section.address and section.address + section.bytes <= r.end
            for r in board.memory
            if r.holds
        ), section
    by_name = {section.name: section for section in sections}
    vectors, code, stack = by_name[".vectors"], by_name[".text"], board.region("stack")
    assert vectors.address == board.region("code").start
    words = struct.unpack("<16I", (tmp_path / "b" / "firmware.bin").read_bytes()[:64])
    assert vectors.bytes == 64
    assert words[0] == stack.start + board.stack_bytes
    for handler in words[1:]:
        assert handler & 1, "Thumb"
        assert code.address <= handler - 1 < code.address + code.bytes
    assert len(set(words[1:])) == 3, "reset, faults, the unexpected"
