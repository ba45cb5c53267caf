"""Counters and timers as the firmware's ports read them, all driven by executed instructions.

One instruction is one cycle of every clock here: what the firmware then counts are instructions,
whatever its counter counts on silicon.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tinyrob.boards.board import Board

Reader = Callable[[int], int]
"""From instructions so far to what a register reads."""

_TIMERS = (0x4000_0000, 0x4000_0400, 0x4000_0C00)  # TIM2, TIM3, TIM5 of every STM32
_CNT = 0x24
_SLOW = 1 << 16  # tr_slow_timer.h: a tick in 65,536
_HALVED = ("stm32f4_pll", "stm32f7", "stm32h7")
"""Ports whose timers run at half the core's clock."""
_TURNS = 0x4000_0424
"""stm32g0: TIM3 counts how often TIM2 began anew."""


def counters_of(board: Board) -> Mapping[int, Reader]:
    """By the register's address."""
    if board.port == "mps":
        base, period = board.counter.base or 0, board.counter.period
        return {base + 0x18: lambda n: n // period, base + 0x14: lambda n: n // 10_000_000}
    if board.port == "rp2040":
        return _rp2040(board.clock.cpu_hz // 1_000_000)
    if board.port == "nrf52":
        ticks = board.clock.cpu_hz // 31_250
        return {0xE000_1004: lambda n: n, 0x4000_8540: lambda n: n // ticks}
    if board.port == "nrf53":
        ticks = board.clock.cpu_hz // 31_250
        return {0xE000_1004: lambda n: n, 0x5000_F540: lambda n: n // ticks}
    if board.port == "rp2350":
        mhz = board.clock.cpu_hz // 1_000_000
        timer = _rp2040(mhz)
        return {
            0xE000_1004: lambda n: n,
            0x400B_0028: timer[0x4005_4028],
            0x400B_0024: timer[0x4005_4024],
        }
    if board.family == "stm32":
        return _stm32(board)
    return {}


def _stm32(board: Board) -> dict[int, Reader]:
    slow = _SLOW * (2 if board.port in _HALVED else 1)
    found: dict[int, Reader] = {base + _CNT: lambda n: n // slow for base in _TIMERS}
    if board.port == "stm32g0":
        found[_TURNS] = lambda n: n >> 32
    if board.counter.source == "DWT":
        found[0xE000_1004] = lambda n: n
    elif board.counter.base is not None:
        found[board.counter.base + _CNT] = lambda n: n
    return found


def _rp2040(mhz: int) -> dict[int, Reader]:
    """SysTick counts down in 24 bits; the timer counts microseconds in 64."""
    fine = 0xFF_FFFF
    return {
        0xE000_E018: lambda n: fine - (n & fine),
        0x4005_4028: lambda n: n // mhz,
        0x4005_4024: lambda n: n // mhz >> 32,
    }
