"""What a folded layer costs: a small model of Yosys and nextpnr, in LUT places.

An adder's bit is a carry cell's half on an ECP5, two to a slice's two LUT places, and a place of an
iCE40; how memories lie in each is in ``devices.py``. ``make bench-fpga`` measures how far the sums
are from what Yosys finds (ECP5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tinyrob.frozen import model as fr
from tinyrob.frozen.model import Grid
from tinyrob.hls.fixed import bits_of_range
from tinyrob.rtl.bit_serial_graph import WIDEST_DIGIT, slots_of
from tinyrob.rtl.devices import ECP5, Family
from tinyrob.rtl.folding import (
    Fold,
    Foldable,
    Products,
    Weighted,
    Work,
    row_plan,
    weight_bits,
)
from tinyrob.rtl.walk import walked, walked_in_steps

_MOST_UNFOLDED = 6000


@dataclass(frozen=True)
class Cost:
    """LUT places, block RAMs, multipliers."""

    luts: float = 0.0
    rams: int = 0
    dsps: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.luts + other.luts, self.rams + other.rams, self.dsps + other.dsps)


def memory_cost(bits: int, words: int, family: Family = ECP5, *, rom: bool) -> Cost:
    """A memory of ``words`` words of ``bits`` bits."""
    if words == 1:
        return Cost()
    if bits * words < (family.small_rom if rom else family.small_ram) or words <= family.few:
        sixteens = max(words, family.few) / 16
        return Cost(bits * sixteens * (family.rom if rom else family.ram))
    return Cost(rams=min(-(-bits // wide) * -(-words // deep) for wide, deep in family.blocks))


def fold_cost(node: Foldable, source: Grid, work: Work, fold: Fold, family: Family = ECP5) -> Cost:
    """Of ``node`` folded as ``fold``."""
    taken, given = (bits_of_range(grid.lo, grid.hi) for grid in (source, node.grid))
    lanes, groups = work.lanes(fold), work.groups(fold)
    plan = row_plan(work.rows)
    kept = plan.rows * work.cols.size * work.channels // lanes
    ring = memory_cost(lanes * taken, kept, family, rom=False)
    depth = work.waiting(fold)
    leave = Cost(40.0)
    if family.distributed:
        leave += Cost(fold.pe * given * family.ram * depth / 16)
    else:
        leave += memory_cost(fold.pe * given, depth, family, rom=False)
    control = Cost(170 + (lanes * taken if work.rows.over or work.cols.over else 0))
    total = ring + leave + control
    if isinstance(node, fr.MaxPool2D):
        return total + Cost(fold.pe * taken * 2)
    bits = weight_bits(node)
    width = taken + 1 if fold.products is Products.TERNARY else taken + bits
    products = fold.pe * fold.simd
    each = {
        Products.TERNARY: (taken + 1.0, 0.0),
        Products.SHIFTS: (bits * width * 1.5, 0.0),
        Products.MULTIPLIER: (0.0, 1.0),
        Products.TWO_A_MULTIPLIER: ((width + bits) / 2, 0.5),
    }[fold.products]
    accumulator = width + (work.products - 1).bit_length()
    tree = fold.pe * (fold.simd - 1) * (width + 1)
    finish = fold.pe * (accumulator * 6 + given)
    weights = memory_cost(products * bits, groups * work.words(fold), family, rom=True)
    channels = memory_cost(fold.pe * (accumulator + 2), groups, family, rom=True)
    sums = Cost(products * each[0] + tree + finish + 2 * fold.pe * accumulator)
    pairs = -(-fold.pe // 2) * fold.simd
    dsps = {Products.MULTIPLIER: products, Products.TWO_A_MULTIPLIER: pairs}
    return total + weights + channels + sums + Cost(dsps=dsps.get(fold.products, 0))


def unfolded_costs(
    node: Weighted, work: Work, word: int, taken: int, family: Family = ECP5
) -> Iterator[tuple[Cost, int]]:
    """Of ``node`` in digits of each width and unrolled, with the cycles an image of each; ``word``
    bits a sum, ``taken`` bits a value. Nothing for layers that da4ml would take minutes for.

    LUTs for each weight that is not zero: what digits-stq-jr came to by Yosys, and places where it
    is unrolled.
    """
    count = int(np.count_nonzero(node.kernel))
    if count > _MOST_UNFOLDED:
        return
    rows, cols = work.rows, work.cols
    bits = work.channels * taken
    kept = (
        (rows.extent - 1) * bits * max(1, cols.size / 16) * family.ram if rows.extent > 1 else 0.0
    )
    window = kept + 100 + (bits if work.positions > 1 else 0)
    for digit in range(1, WIDEST_DIGIT + 1):
        cycles = walked_in_steps(work, slots_of(word, digit))
        sums = Cost((1.0 + 1.5 * digit) * count + window + bits)
        queue = memory_cost(bits, 16, family, rom=False) if digit > 1 else Cost()
        yield sums + queue, cycles
    yield Cost(9.0 * count + window), walked(work)
