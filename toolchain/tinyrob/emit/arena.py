"""Where blocks of known size and lifetime stand in one arena: best fit, tried in several orders.

Finding the smallest arena is NP-hard (dynamic storage allocation). Blocks that are alive together
need at least the largest sum of their sizes at one time; networks' lifetimes are so regular that
greedy placement almost always meets that bound, and a short deterministic search helps where not.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

_SEARCH_STEPS = 400
_SEARCH_WORK = 1_000_000  # steps times blocks squared: about a second


@dataclass(frozen=True)
class Block:
    """``size`` bytes, alive from step ``first`` to step ``last``, both included."""

    size: int
    first: int
    last: int
    align: int = 1

    def meets(self, other: Block) -> bool:
        """Whether the two are alive together."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Placement:
    """One offset for each block, and the end of the last byte in use."""

    offsets: tuple[int, ...]
    peak: int


def lower_bound(blocks: Sequence[Block]) -> int:
    """The most bytes alive at one step: no arena is smaller."""
    steps = {block.first for block in blocks}
    return max(
        (sum(b.size for b in blocks if b.first <= step <= b.last) for step in steps), default=0
    )


def place(blocks: Sequence[Block]) -> Placement:
    """Offsets such that no two blocks alive together overlap. Deterministic."""
    bound = lower_bound(blocks)
    indices = range(len(blocks))
    orders = [
        sorted(indices, key=lambda i: (-blocks[i].size, blocks[i].first, i)),
        sorted(indices, key=lambda i: (blocks[i].first - blocks[i].last, -blocks[i].size, i)),
        sorted(indices, key=lambda i: (blocks[i].first, -blocks[i].size, i)),
        sorted(indices, key=lambda i: (-blocks[i].last, -blocks[i].size, i)),
    ]
    best_order, best = orders[0], _place_in_order(blocks, orders[0])
    for order in orders[1:]:
        candidate = _place_in_order(blocks, order)
        if candidate.peak < best.peak:
            best_order, best = order, candidate
    dice = random.Random(0)
    for _ in range(min(_SEARCH_STEPS, _SEARCH_WORK // max(len(blocks), 1) ** 2)):
        if best.peak == bound:
            break
        order = best_order.copy()
        moved = order.pop(dice.randrange(len(order)))
        order.insert(dice.randrange(len(order) + 1), moved)
        candidate = _place_in_order(blocks, order)
        if candidate.peak <= best.peak:
            best_order, best = order, candidate
    return best


def _place_in_order(blocks: Sequence[Block], order: Sequence[int]) -> Placement:
    offsets: dict[int, int] = {}
    for i in order:
        taken = sorted(
            (offsets[j], offsets[j] + blocks[j].size) for j in offsets if blocks[i].meets(blocks[j])
        )
        offsets[i] = _best_gap(blocks[i], taken)
    peak = max((offsets[i] + blocks[i].size for i in offsets), default=0)
    return Placement(tuple(offsets[i] for i in range(len(blocks))), peak)


def _best_gap(block: Block, taken: Sequence[tuple[int, int]]) -> int:
    """The start of the tightest gap that holds the block; behind everything if none does."""
    end = 0
    best: tuple[int, int] | None = None  # bytes left over, offset
    for start, stop in taken:
        offset = -(-end // block.align) * block.align
        left = start - offset - block.size
        if left >= 0 and (best is None or left < best[0]):
            best = (left, offset)
        end = max(end, stop)
    return best[1] if best else -(-end // block.align) * block.align
