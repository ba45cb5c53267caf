"""Thumb instructions as the price of a block needs them, disassembled by Capstone."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from typing import Any

from tinyrob.errors import ToolMissing
from tinyrob.files.installed import install_command

LOAD, STORE, DOUBLE, MULTIPLE = "load", "store", "double", "multiple"
MULTIPLY, MULTIPLY_ADD, MULTIPLY_LONG = "multiply", "multiply-add", "multiply long"
DIVIDE, IF_THEN = "divide", "if-then"
FLOAT_DIVIDE, FLOAT_MULTIPLY_ADD, OTHER = "float divide", "float multiply-add", "other"
TABLE_BRANCH, BRANCH, BRANCH_REGISTER = "table branch", "branch", "branch to a register"
MEMORY = (LOAD, STORE, DOUBLE, MULTIPLE, TABLE_BRANCH)
"""Kinds that have an address."""


@dataclass(frozen=True)
class Instruction:
    """``size`` in bytes; ``words`` that a multiple load or store moves; ``address`` the registers
    that its address is made of, ``reads`` all that it needs; ``writes`` those that it leaves a
    result in."""

    at: int
    size: int
    kind: str
    writes: frozenset[int]
    address: frozenset[int]
    words: int = 0
    indexed: bool = False
    reads: frozenset[int] = frozenset()
    to_pc: bool = False


def decode(code: bytes, at: int) -> tuple[Instruction, ...]:
    """The instructions of a block at an address. Raises ToolMissing without Capstone."""
    machine = _capstone()
    return tuple(_instruction(one) for one in machine.disasm(code, at))


@cache
def _capstone() -> Any:
    try:
        capstone = importlib.import_module("capstone")
    except ImportError as error:
        raise ToolMissing(
            f"cycles are estimated from disassembled code ({error})", install_command("firmware")
        ) from None
    machine = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
    machine.detail = True
    return machine


def _instruction(one: Any) -> Instruction:
    arm = importlib.import_module("capstone.arm")
    read, written = one.regs_access()
    writes = frozenset(written) - {arm.ARM_REG_CPSR}
    memory = [operand.mem for operand in one.operands if operand.type == arm.ARM_OP_MEM]
    kind = _kind(one, arm)
    words = 0
    if kind == MULTIPLE:
        name = one.mnemonic
        listed = len(one.operands) - (0 if name.startswith(("push", "pop", "vp")) else 1)
        last = one.operands[-1] if one.operands else None
        double = name.startswith("v") and last is not None and "d" in one.reg_name(last.reg)
        words = listed * (2 if double else 1)
    return Instruction(
        at=one.address,
        size=one.size,
        kind=kind,
        writes=writes,
        address=frozenset(r for m in memory for r in (m.base, m.index) if r),
        words=words,
        indexed=any(m.index for m in memory),
        reads=frozenset(read) - {arm.ARM_REG_CPSR},
        to_pc=arm.ARM_REG_PC in writes,
    )


_PREFIXES = (
    (("ldrd", "strd"), DOUBLE),
    (("ldm", "stm", "push", "pop", "vldm", "vstm", "vpush", "vpop"), MULTIPLE),
    (("ldr", "vldr"), LOAD),
    (("str", "vstr"), STORE),
    (("tbb", "tbh"), TABLE_BRANCH),
    (("sdiv", "udiv"), DIVIDE),
    (("cbz", "cbnz"), BRANCH),
    (("vdiv", "vsqrt"), FLOAT_DIVIDE),
    (("vmla", "vmls", "vnmla", "vnmls", "vfma", "vfms", "vfnm"), FLOAT_MULTIPLY_ADD),
    (("smull", "umull", "smlal", "umlal", "umaal", "smlsl"), MULTIPLY_LONG),
    (("mla", "mls", "smla", "smls", "smml"), MULTIPLY_ADD),
    (("mul", "smul", "smmu", "smua", "smus"), MULTIPLY),
)


def _kind(one: Any, arm: Any) -> str:
    if one.id == arm.ARM_INS_IT:
        return IF_THEN
    if one.id in (arm.ARM_INS_B, arm.ARM_INS_BL):
        return BRANCH
    if one.id in (arm.ARM_INS_BX, arm.ARM_INS_BLX):
        return BRANCH_REGISTER
    for prefixes, kind in _PREFIXES:
        if one.mnemonic.startswith(prefixes):
            return kind
    return OTHER
