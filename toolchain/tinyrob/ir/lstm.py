"""The factors of an int8 LSTM with an int16 cell, as TFLite Micro derives them from the scales."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tinyrob.ir.graph import Op, Quantization, Tensor
from tinyrob.ir.qmath import Factor, matmul_factor, quantize_multiplier

GATES = ("input", "forget", "cell", "output")
"""In TFLite's order: weights for the input 1..4, for the state 5..8, biases 12..15."""
HIDDEN, CELL = 18, 19
ABSENT = (9, 10, 11, 16, 17, 20, 21, 22, 23)
"""Peepholes, a projection, layer normalization."""
_GATE_SCALE = 2.0**-12
_ONE = 2.0**-15


@dataclass(frozen=True)
class Lstm:
    """``gates``: for each of ``GATES`` the factors of the input's sums and of the state's.

    ``forget``, ``update`` and ``hidden`` are those of gate times cell, gate times candidate, and
    tanh(cell) times gate. tanh's argument is the cell times ``tanh_multiplier``, divided by
    2**``tanh_shift``. ``clip`` is 0 for none.
    """

    gates: tuple[tuple[Factor, Factor], ...]
    forget: Factor
    update: Factor
    hidden: Factor
    tanh_multiplier: int
    tanh_shift: int
    clip: int


def lstm_of(op: Op, tensors: Sequence[Tensor], cell_clip: float) -> Lstm:
    """The factors of an operator whose tensors ``rules`` has checked."""

    def grid(position: int) -> Quantization:
        found = tensors[op.inputs[position]].quantization
        assert found is not None
        return found

    source, hidden, cell = grid(0).scale, grid(HIDDEN).scale, grid(CELL).scale
    gates = tuple(
        (
            matmul_factor(source, grid(1 + i).scale, _GATE_SCALE),
            matmul_factor(hidden, grid(5 + i).scale, _GATE_SCALE),
        )
        for i in range(len(GATES))
    )
    shift = 15 + round(math.log2(cell)) - 3
    return Lstm(
        gates,
        Factor(*quantize_multiplier(_ONE * cell / cell)),
        Factor(*quantize_multiplier(_ONE * _ONE / cell)),
        Factor(*quantize_multiplier(_ONE * _ONE / hidden)),
        3 << shift if shift >= 0 else 3,
        max(0, -shift),
        int(min(max(cell_clip / cell, -32768.0), 32767.0)),
    )
