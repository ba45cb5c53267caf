"""Layers that keep something from one inference to the next, and recurrent ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir.qmath import Factor
from tinyrob.network.specs.base import Int8, Int32, Integers, Spec


@dataclass(frozen=True, eq=False)
class LstmGate:
    """``inputs`` (units, I) and ``states`` (units, units) are weights; biases (units,) hold the
    zero points; each side has its factor."""

    inputs: Int8
    states: Int8
    input_bias: Integers
    state_bias: Int32
    of_input: Factor
    of_state: Factor


@dataclass(frozen=True, eq=False)
class Lstm(Spec):
    """Gates input, forget, cell and output; the rest as ``ir.lstm.Lstm`` has it. The states are
    the hidden one (int8, or int16 with biases of 64 bits) and the cell (int16)."""

    kind: ClassVar[str] = "LSTM"
    clamps: ClassVar[bool] = False
    steps: int
    in_c: int
    units: int
    gates: tuple[LstmGate, ...]
    forget: Factor
    update: Factor
    hidden: Factor
    tanh_multiplier: int
    tanh_shift: int
    clip: int
    zero_point: int

    @property
    def macs(self) -> int:
        """One for each weight and step."""
        return self.steps * 4 * self.units * (self.in_c + self.units)


@dataclass(frozen=True, eq=False)
class Svdf(Spec):
    """``features`` (F,I), ``time`` (F,M) of the state's type, int8 or int16; ``bias`` (F/rank,). Of
    the state's (F,M) the last column is the new one."""

    kind: ClassVar[str] = "SVDF"
    clamps: ClassVar[bool] = False
    rank: int
    features: Int8
    feature_bias: Int32
    time: NDArray[np.integer]
    bias: Int32
    feature: Factor
    output: Factor
    state_zero_point: int
    output_zero_point: int

    @property
    def macs(self) -> int:
        """One for each weight."""
        return self.features.size + self.time.size


@dataclass(frozen=True, eq=False)
class Slide(Spec):
    """``rows`` runs that are kept from one inference to the next: the last ``kept`` values of each
    go to its front, and ``fresh`` ones of the input behind them. What it makes is the state."""

    kind: ClassVar[str] = "SLIDE"
    clamps: ClassVar[bool] = False
    rows: int
    kept: int
    fresh: int
    bytes_each: int
