"""A layer's sums a few bits a cycle: an adder is two LUTs for each, whatever its operands' width.

The adder graph is da4ml's, of the integer kernel alone; the bias joins as its last addition. A
word is ``bits`` bits, so sums are exact modulo ``2**bits``, and the last ones fit; it comes in
digits of one to four of them. Shifting left costs no logic: the bit ``j`` is the one that came
``shift`` bits earlier, and the lowest ``shift`` ones are masked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinyrob.errors import UnsupportedModel
from tinyrob.frozen.model import Node
from tinyrob.hls.fixed import Arithmetic, Compute, arithmetic_of, bits_of_range, type_of_grid
from tinyrob.rtl.folding import Work
from tinyrob.rtl.logic import trace_sums
from tinyrob.rtl.walk import walked_in_steps


@dataclass(frozen=True)
class Sum:
    """``x + y`` or ``x - y`` of two values (by number, inputs first), one shifted left."""

    x: int
    x_shift: int
    y: int
    y_shift: int
    subtract: bool


@dataclass(frozen=True)
class Output:
    """An accumulator: ``±(value << shift) + bias``, in units of its lowest slot.

    ``value`` is None where the kernel's column is zero.
    """

    value: int | None
    shift: int
    negative: bool
    bias: int


@dataclass(frozen=True)
class SerialGraph:
    """``inputs`` values, then ``sums``; ``outputs`` in words of ``bits`` bits.

    The ``drop`` lowest bits are below the output's step.
    """

    inputs: int
    sums: tuple[Sum, ...]
    outputs: tuple[Output, ...]
    bits: int
    drop: int


# With wider digits an adder is as large as an unrolled one.
WIDEST_DIGIT = 4


def slots_of(bits: int, digit: int) -> int:
    """Cycles that a word of ``bits`` takes, ``digit`` of them a cycle."""
    return -(-bits // digit)


def digit_of(bits: int, work: Work, interval: int) -> int | None:
    """The narrowest digit in which words of ``bits``, one a position, keep to ``interval`` cycles;
    None where none does."""
    for digit in range(1, WIDEST_DIGIT + 1):
        if walked_in_steps(work, slots_of(bits, digit)) <= interval:
            return digit
    return None


def word_bits(node: Compute, source: Node) -> int:
    """Bits of the words in which a layer's sums are exact."""
    return _word(arithmetic_of(node, source.grid), node)[0]


def serial_graph(node: Compute, source: Node, channels: int) -> SerialGraph:
    """The sums of one position of ``node``; ``channels`` its input's. Raises ToolMissing."""
    arithmetic = arithmetic_of(node, source.grid)
    bits, drop, lift = _word(arithmetic, node)
    logic = trace_sums(node, source, arithmetic, channels)
    # Into units of the accumulator's step, then of the output's where that is finer.
    unit = source.grid.log2_step + arithmetic.log2_kernel - arithmetic.log2_bias + lift
    number: list[int] = []
    scale: list[int] = []
    sums: list[Sum] = []
    for op in logic.ops:
        if op.opcode == -1:
            number.append(op.id0)
            scale.append(logic.inp_shifts[op.id0])
        elif op.opcode in (0, 1):
            at = (scale[op.id0], scale[op.id1] + op.data)
            low = min(at)
            x, y = number[op.id0], number[op.id1]
            sums.append(Sum(x, at[0] - low, y, at[1] - low, op.opcode == 1))
            number.append(logic.shape[0] + len(sums) - 1)
            scale.append(low)
        else:
            raise UnsupportedModel(
                f"layer {node.name!r}: da4ml's operation {op.opcode} has no bit-serial form",
                "leave --interval away",
            )
    outputs = []
    for index, shift, negative, bias in zip(
        logic.out_idxs, logic.out_shifts, logic.out_negs, arithmetic.bias.tolist(), strict=True
    ):
        value = number[index] if index >= 0 else None
        total = (scale[index] if index >= 0 else 0) + int(shift) + unit
        if total < 0:
            # All that would be shifted out is zero, for accumulators are whole steps.
            raise AssertionError(f"{node.name}: a sum in units of 2**{total} of its step")
        outputs.append(Output(value, total, bool(negative), bias << lift))
    return SerialGraph(logic.shape[0], tuple(sums), tuple(outputs), bits, drop)


def _word(arithmetic: Arithmetic, node: Node) -> tuple[int, int, int]:
    """Bits of a word, how many of them the output drops, and how many it adds below."""
    kind = type_of_grid(node.name, node.grid)
    drop = max(0, kind.log2_step - arithmetic.log2_bias)
    lift = max(0, arithmetic.log2_bias - kind.log2_step)
    low, high = int(arithmetic.low.min()), int(arithmetic.high.max())
    bits = bits_of_range(min(low, -1) << lift, max(high, 0) << lift)
    # The clamp looks at a sign and at least one bit above the result's magnitude.
    return max(bits, drop + kind.bits - int(kind.signed) + 2), drop, lift


def evaluate(graph: SerialGraph, inputs: Sequence[int]) -> list[int]:
    """The accumulators for integer ``inputs``: what the Verilog must give, in Python."""
    values = list(inputs)
    for one in graph.sums:
        x, y = values[one.x] << one.x_shift, values[one.y] << one.y_shift
        values.append(x - y if one.subtract else x + y)
    found = []
    for out in graph.outputs:
        value = 0 if out.value is None else values[out.value] << out.shift
        found.append(out.bias - value if out.negative else out.bias + value)
    return found
