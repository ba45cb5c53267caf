"""The cores that Unicorn models, and what must be known of each to run and count."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tinyrob.boards.board import Board
from tinyrob.errors import BoardError


@dataclass(frozen=True)
class Core:
    """Names of Unicorn's constants; ``instructions`` counts those in a block of code."""

    module: str
    arch: str
    modes: tuple[str, ...]
    model: str
    prefix: str
    stack: str
    argument: str
    thumb: bool
    instructions: Callable[[bytes], int]

    def register(self, name: str) -> int:
        """Unicorn's number of a register: PC, SP, R0, ..."""
        return int(getattr(importlib.import_module(self.module), f"{self.prefix}_{name}"))

    def open(self, unicorn: Any) -> Any:
        """A machine with this core and no memory."""
        mode = 0
        for name in self.modes:
            mode |= getattr(unicorn, name)
        machine = unicorn.Uc(getattr(unicorn, self.arch), mode)
        machine.ctl_set_cpu_model(getattr(importlib.import_module(self.module), self.model))
        return machine


def _thumb(code: bytes) -> int:
    """A halfword that starts with 0b11101, 0b11110 or 0b11111 is the first of two (Armv7-M Arm,
    A5.1)."""
    count = at = 0
    while at < len(code):
        at += 4 if code[at + 1] >> 3 in (0b11101, 0b11110, 0b11111) else 2
        count += 1
    return count


def _compressed(code: bytes) -> int:
    """Two low bits set: 32 bits (The RISC-V Instruction Set Manual, 1.5)."""
    count = at = 0
    while at < len(code):
        at += 4 if code[at] & 3 == 3 else 2
        count += 1
    return count


def _cortex(model: str) -> Core:
    return Core(
        "unicorn.arm_const", "UC_ARCH_ARM", ("UC_MODE_THUMB", "UC_MODE_MCLASS"),
        f"UC_CPU_ARM_CORTEX_{model}", "UC_ARM_REG", "SP", "R0", True, _thumb,
    )  # fmt: skip


_CORES = {
    # Unicorn has no M0+; the M0 has the same instructions (Armv6-M), and they are counted alike.
    "cortex-m0plus": _cortex("M0"),
    "cortex-m3": _cortex("M3"),
    "cortex-m4": _cortex("M4"),
    "cortex-m7": _cortex("M7"),
    "cortex-m33": _cortex("M33"),
}
_RV32 = Core(
    "unicorn.riscv_const", "UC_ARCH_RISCV", ("UC_MODE_RISCV32",), "UC_CPU_RISCV32_ANY",
    "UC_RISCV_REG", "SP", "A0", False, _compressed,
)  # fmt: skip


def core_of(board: Board) -> Core:
    """The board's core. Raises BoardError where Unicorn does not model it."""
    core = _RV32 if board.arch == "riscv32" else _CORES.get(board.cpu.core)
    if core is None or board.cpu.mve:
        raise BoardError(
            f"the emulator has no {board.cpu.core}, the core of {board.name}",
            f"it models {', '.join(_CORES)} and 32-bit RISC-V; QEMU has more: --on qemu",
        )
    return core
