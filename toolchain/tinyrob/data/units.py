"""The int8 grid of data that are no pixels: what a step of the input is in the sensor's own unit.

A value of the sensor is ``offset + step * q`` with the int8 ``q`` that the network takes; the step
is a power of two and the offset a multiple of it, so that a device's integers need no more than a
subtraction and a shift.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import DataError

Int8Array = NDArray[np.int8]
LEAST, MOST = -60, 60  # of the steps' logarithms: what a float32 holds with room on both sides
SHOWN = 6  # channels in a line of text


@dataclass(frozen=True)
class Units:
    """``value = offset + 2**log2_step * q``, of all inputs (one of each) or of each channel.

    Channels lie on the inputs' last axis. ``names`` are the channels' (or none are known), ``unit``
    what they count in ("" where that is not said): one for all, or one each.
    """

    log2_step: tuple[int, ...]
    offset: tuple[float, ...]
    names: tuple[str, ...] = ()
    unit: tuple[str, ...] = ("",)

    @property
    def step(self) -> NDArray[np.float64]:
        """Each grid's step."""
        return np.asarray(2.0 ** np.asarray(self.log2_step, np.float64))

    def quantize(self, values: NDArray[Any]) -> Int8Array:
        """The nearest int8 of each value (N, ..., channels), halves away from zero; saturating.

        In float32, as ``NAME_quantize_sensor`` of a generated header computes it, bit for bit.
        """
        from_offset = np.asarray(values, np.float32) - np.asarray(self.offset, np.float32)
        q = (from_offset / np.asarray(self.step, np.float32)).astype(np.float64)
        return np.asarray(np.clip(np.sign(q) * np.floor(np.abs(q) + 0.5), -128, 127), np.int8)

    def values(self, q: NDArray[Any]) -> NDArray[np.float64]:
        """The sensor's values (N, ..., channels) of int8 inputs."""
        return np.asarray(np.asarray(self.offset) + self.step * np.asarray(q, np.float64))

    def told(self, steps: float = 1.0) -> str:
        """So many int8 steps in the sensor's unit: ``0.25 g`` or ``0.25 g (x, y), 8 deg/s (z)``."""
        count = max(len(self.log2_step), len(self.unit))
        sizes = np.broadcast_to(self.step, (count,)) * steps
        units = self.unit * count if len(self.unit) == 1 else self.unit
        parts: dict[str, list[str]] = {}
        for number, (size, unit) in enumerate(zip(sizes, units, strict=True)):
            name = self.names[number] if len(self.names) == count else str(number)
            parts.setdefault(f"{size:g} {unit}".strip(), []).append(name)
        if len(parts) == 1:
            return next(iter(parts))
        listed = [f"{size} ({_listed(names)})" for size, names in parts.items()]
        return ", ".join(listed[:SHOWN]) + (", …" if len(listed) > SHOWN else "")

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "log2_step": list(self.log2_step),
            "offset": list(self.offset),
            "names": list(self.names),
            "unit": list(self.unit),
        }


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")


def from_dict(raw: Any) -> Units | None:
    """What ``to_dict`` gave; None for anything else (a file may say what it likes)."""
    try:
        units = Units(
            tuple(int(v) for v in raw["log2_step"]),
            tuple(float(v) for v in raw["offset"]),
            tuple(str(v) for v in raw["names"]),
            tuple(str(v) for v in raw["unit"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    counts = {len(units.log2_step), len(units.offset)}
    sound = (
        len(counts) == 1
        and 0 not in counts
        and len(units.unit) >= 1
        and all(LEAST <= v <= MOST for v in units.log2_step)
        and all(map(math.isfinite, units.offset))
    )
    return units if sound else None


def grid(low: float, high: float) -> tuple[int, float]:
    """The finest step (its logarithm) and the offset that hold all of [low, high].

    The offset is 0 where that costs no coarser step: then a sensor's zero is the network's.
    """
    span = max(high - low, 2.0**LEAST)
    power = max(LEAST, min(MOST, math.ceil(math.log2(span / 255.0))))
    if high == low:  # a channel that never changes: its value is the offset
        power = max(LEAST, math.ceil(math.log2(max(abs(low), 1.0) / 128.0)))
    while power < MOST:
        step = 2.0**power
        middle = (low + high) / 2.0 / step
        for offset in (0.0, math.floor(middle) * step, math.ceil(middle) * step):
            least, most = round((low - offset) / step), round((high - offset) / step)
            if least >= -128 and most <= 127 and float(np.float32(offset)) == offset:
                return power, offset
        power += 1
    return MOST, 0.0


def measured(
    x: NDArray[Any], each: bool, names: Sequence[str] = (), unit: Sequence[str] = ("",)
) -> Units:
    """The grid that holds ``x`` (N, ..., channels), finite: one for ``each`` channel, or one."""
    if each:
        flat = x.reshape(-1, x.shape[-1])
        ranges = list(zip(flat.min(axis=0).tolist(), flat.max(axis=0).tolist(), strict=True))
    else:
        ranges = [(float(x.min()), float(x.max()))]
    return of_ranges(ranges, names, unit)


def of_ranges(
    ranges: Sequence[tuple[float, float]], names: Sequence[str] = (), unit: Sequence[str] = ("",)
) -> Units:
    """The grid of the ranges (one, or one a channel)."""
    grids = [grid(float(low), float(high)) for low, high in ranges]
    return Units(
        tuple(power for power, _ in grids),
        tuple(offset for _, offset in grids),
        tuple(names),
        tuple(unit) or ("",),
    )


def check_range(x: NDArray[Any], stated: tuple[float, float], where: str) -> None:
    """Raises DataError where ``x`` leaves the stated range [low, high]."""
    low, high = stated
    if x.size and (float(x.min()) < low or float(x.max()) > high):
        raise DataError(
            f"{where} holds values from {float(x.min()):g} to {float(x.max()):g}, outside the "
            f"stated range [{low:g}, {high:g}]",
            "correct dataset.range, or leave it out: the range is then measured",
        )
