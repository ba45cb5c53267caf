"""The STM32 families as their reference manuals have them: registers, and how a clock is made."""

from __future__ import annotations

from dataclasses import dataclass


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


class F7(F4):
    pass


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
F7_PART = F7(
    {
        0x40023800: ("RCC_CR", 0x83, 1 << 17 | 1 << 25),
        0x40023804: ("RCC_PLLCFGR", 0x24003010, 0),
        0x40023808: ("RCC_CFGR", 0, 2 << 2),
        0x40023830: ("RCC_AHB1ENR", 0x100000, 0),
        0x40023840: ("RCC_APB1ENR", 0, 0),
        0x40007000: ("PWR_CR1", 0xC000, 0),
        0x40007004: ("PWR_CSR1", 0, 3 << 16),
        0x40023C00: ("FLASH_ACR", 0, 0),
        0xE000ED80: ("SCB_CCSIDR", 0xF003E019, 0),
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
        0x580244F4: ("RCC_APB4ENR", 0x10000, 0),
        0x5800042C: ("SYSCFG_PWRCR", 0, 0),
        0x580244E8: ("RCC_APB1LENR", 0, 0),
        0x52002000: ("FLASH_ACR", 0x37, 0),
        0xE000ED80: ("SCB_CCSIDR", 0xF00FE019, 0),
    },
    (0x58024410, 7, 3),
    (0x52002000, 0xF),
    (192 * _M, 960 * _M),
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
        0x46020C9C: ("RCC_APB1ENR1", 0, 0),
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
    "stm32f7": F7_PART,
    "stm32l4": L4_PART,
    "stm32g0": G0_PART,
    "stm32h7": H7_PART,
    "stm32u5": U5_PART,
}
