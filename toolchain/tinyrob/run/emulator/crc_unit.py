"""The CRC calculation unit of the STM32s, as their reference manuals have it.

Without its clock it takes nothing and reads as zeros.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from tinyrob.boards.board import Board, CrcUnit

_ONES = 0xFFFF_FFFF
_DR, _CR, _INIT, _POL = 0x00, 0x08, 0x10, 0x14
_RESET, _REV_OUT = 1 << 0, 1 << 7
_POLYNOMIAL = 0x04C1_1DB7
_UNITS = {0: 0, 1: 8, 2: 16, 3: 32}
"""CR.REV_IN: within how many bits the order of bits is turned."""


class Crc:
    """The unit's registers; ``kept`` reads what another register was written."""

    def __init__(self, unit: CrcUnit, kept: Callable[[int], int]) -> None:
        self._unit, self._kept = unit, kept
        self._registers = {_CR: 0, _INIT: _ONES, _POL: _POLYNOMIAL}
        self._state = _ONES
        self._table = _divided(_POLYNOMIAL)

    def read(self, address: int) -> int | None:
        """What a register reads; None where it is none of the unit's."""
        offset = self._offset(address)
        if offset is None:
            return None
        if not self._clocked:
            return 0
        if offset != _DR:
            return self._registers[offset]
        return _turned(self._state, 32) if self._registers[_CR] & _REV_OUT else self._state

    def write(self, address: int, value: int) -> bool:
        """Whether the register was the unit's."""
        offset = self._offset(address)
        if offset is None:
            return False
        if not self._clocked:
            return True
        if offset == _DR:
            within = _UNITS[self._registers[_CR] >> 5 & 3]
            self._take(_turned(value, within) if within else value)
            return True
        if offset == _CR and value & _RESET:
            self._state = self._registers[_INIT]
        programmed = value & ~_RESET if offset == _CR else value
        if self._unit.programmable:
            self._registers[offset] = programmed
            self._table = _divided(self._registers[_POL])
        return True

    @property
    def _clocked(self) -> bool:
        return bool(self._kept(self._unit.enable_register) >> self._unit.enable_bit & 1)

    def _offset(self, address: int) -> int | None:
        offset = address - self._unit.base
        known = (_DR, _CR, _INIT, _POL) if self._unit.programmable else (_DR, _CR)
        return offset if offset in known else None

    def _take(self, word: int) -> None:
        state = self._state ^ word
        for _ in range(4):
            state = (state << 8 & _ONES) ^ self._table[state >> 24]
        self._state = state


class NoCrc:
    """Of a board that has none."""

    def read(self, address: int) -> int | None:
        """None: no register is its."""
        return None

    def write(self, address: int, value: int) -> bool:
        """False: no register is its."""
        return False


def crc_of(board: Board, kept: Callable[[int], int]) -> Crc | NoCrc:
    """The board's CRC unit."""
    return Crc(board.crc, kept) if board.crc else NoCrc()


@cache
def _divided(polynomial: int) -> tuple[int, ...]:
    """What eight steps of division make of each highest byte."""
    table = []
    for byte in range(256):
        state = byte << 24
        for _ in range(8):
            state = (state << 1 & _ONES) ^ (polynomial if state >> 31 else 0)
        table.append(state)
    return tuple(table)


def _turned(word: int, within: int) -> int:
    """The bits of each ``within`` in the other order."""
    text = f"{word:032b}"
    return int("".join(text[i : i + within][::-1] for i in range(0, 32, within)), 2)
