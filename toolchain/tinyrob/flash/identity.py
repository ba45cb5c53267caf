"""What a part says it is, out of a flash tool's output."""

from __future__ import annotations

import re
from dataclasses import dataclass

DEV_ID = 0xFFF
"""The part of an STM32's identity that tools print by itself."""


@dataclass(frozen=True)
class Identity:
    """The bits of the identity register that are known (``mask``), and their value."""

    value: int
    mask: int


_REGISTER = (
    # pyOCD, OpenOCD (mdw): `e0042000:  10006470`; J-Link: `E0042000 = 10006470`; probe-rs: the
    # value alone.
    re.compile(r"^(?:0x)?[0-9a-f]{8}(?::\s+| = )(?:0x)?([0-9a-f]{8})\b", re.I | re.M),
    re.compile(r"^([0-9a-f]{8})\s*$", re.I | re.M),
)
_DEVICE = re.compile(r"device ?id\s*[:=]\s*0x([0-9a-f]{3,8})", re.I)
_CHIP = re.compile(r"chip-?id:\s*0x([0-9a-f]{1,8})", re.I)


def identity(output: str) -> Identity | None:
    """The identity in a tool's output: the register as it is, or an STM32's DEV_ID alone."""
    for pattern in _REGISTER:
        found = pattern.search(output)
        if found:
            return Identity(int(found[1], 16), 0xFFFF_FFFF)
    found = _DEVICE.search(output)
    return Identity(int(found[1], 16) & DEV_ID, DEV_ID) if found else None


def probed(output: str, probe: str | None) -> Identity | None:
    """The DEV_ID that `st-info --probe` shows of the part behind ``probe`` (None: the first).

    0, which it shows for a part that does not answer, is none.
    """
    blocks = re.split(r"^(?=\s*version:)", output, flags=re.I | re.M)
    if probe is not None:
        blocks = [block for block in blocks if probe.lower() in block.lower()]
    found = next((match for block in blocks if (match := _CHIP.search(block))), None)
    chip = int(found[1], 16) & DEV_ID if found else 0
    return Identity(chip, DEV_ID) if chip else None
