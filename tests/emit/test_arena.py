"""Placement in the arena: nothing overlaps, nothing is wasted that can be avoided."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from tinyrob.emit.arena import Block, Placement, lower_bound, place


@st.composite
def blocks(draw: st.DrawFn, max_blocks: int = 14, aligns: tuple[int, ...] = (1, 4, 16)):
    result = []
    for _ in range(draw(st.integers(0, max_blocks))):
        first = draw(st.integers(0, 9))
        last = draw(st.integers(first, min(first + 4, 9)))
        size = draw(st.integers(1, 64))
        result.append(Block(size, first, last, draw(st.sampled_from(aligns))))
    return result


def assert_valid(drawn: list[Block], placement: Placement) -> None:
    spans = [(o, o + b.size) for b, o in zip(drawn, placement.offsets, strict=True)]
    assert placement.peak == max((end for _, end in spans), default=0)
    for i, block in enumerate(drawn):
        assert spans[i][0] >= 0
        assert spans[i][0] % block.align == 0
        for j in range(i):
            if block.meets(drawn[j]):
                assert spans[i][1] <= spans[j][0] or spans[j][1] <= spans[i][0]


def optimum(drawn: list[Block]) -> int:
    """The smallest arena: some order of first-fit placements reaches it."""

    def first_fit(order: tuple[int, ...]) -> int:
        offsets: dict[int, int] = {}
        for i in order:
            offset = 0
            for j in sorted(offsets, key=offsets.__getitem__):
                if drawn[i].meets(drawn[j]) and offset + drawn[i].size > offsets[j]:
                    offset = max(offset, offsets[j] + drawn[j].size)
            offsets[i] = offset
        return max(offsets[i] + drawn[i].size for i in order)

    return min(first_fit(order) for order in permutations(range(len(drawn))))


@given(blocks())
def test_blocks_alive_together_never_overlap(drawn: list[Block]) -> None:
    placement = place(drawn)
    assert_valid(drawn, placement)
    assert lower_bound(drawn) <= placement.peak


@given(blocks())
def test_placement_is_repeatable(drawn: list[Block]) -> None:
    assert place(drawn) == place(drawn)


@settings(max_examples=60)
@given(blocks(max_blocks=5, aligns=(1,)).filter(bool))
def test_small_cases_are_optimal(drawn: list[Block]) -> None:
    assert place(drawn).peak == optimum(drawn)


def test_a_chain_needs_its_two_largest_neighbours() -> None:
    chain = [Block(size, i, i + 1) for i, size in enumerate((10, 50, 40, 60, 5))]
    assert place(chain).peak == 100


def test_alignment_may_cost_more_than_the_sum() -> None:
    pair = [Block(3, 0, 0, 16), Block(3, 0, 0, 16)]
    assert place(pair).peak == 19
