"""Packed layouts: streams read back as the kernels read them give the accumulators."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyrob.kernels.dsp import packed_layout as dsp_packed
from tinyrob.kernels.portable.packed import fields
from tinyrob.network import layers as net
from tinyrob.network.levels import OFFSET, find_levels

SHIFTS = {2: (0, 2, 8, 10), 4: (0, 8)}


def layer(weights: np.ndarray) -> net.Layer:
    """A pointwise convolution with weights (O, I) over one pixel, input zero point 3."""
    out_c, in_c = weights.shape
    spec = net.Conv(
        1, in_c, weights.astype(np.int8).reshape(out_c, 1, 1, in_c), np.full(out_c, 7, np.int32),
        np.full(out_c, 2**30, np.int32), np.full(out_c, -3, np.int32), 3, -5,
        net.Window(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0),
    )  # fmt: skip
    return net.Layer("layer", spec.kind, spec, (0,), 1, ((1, 1, 1, in_c), (1, 1, 1, out_c)))


def drawn(out_c: int, in_c: int, bits: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    low, high = (-1, 2) if bits == 2 else (-8, 8)
    return random.integers(low, high, (out_c, in_c)) * random.integers(1, 16, (out_c, 1))


@pytest.mark.parametrize("bits", [2, 4])
@given(st.integers(1, 7), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_a_stream_gives_the_accumulators(bits: int, out_c: int, in_c: int, seed: int) -> None:
    weights = drawn(out_c, in_c, bits, seed)
    x = np.random.default_rng(seed).integers(-128, 128, in_c)
    rounds = dsp_packed.rounds(in_c)
    taps = np.full(8 * rounds, 99)  # what fills up a round may be anything
    taps[:in_c] = x
    stream = dsp_packed.convolution(layer(weights), bits).reshape((out_c + 1) // 2, -1)
    words_a_round, mask = 4 // len(SHIFTS[bits]), (0x33 if bits == 2 else 0xFF)
    for pair, words in enumerate(stream.astype(np.int64)):
        both = low = 0
        for index in range(rounds * 4):
            word = words[index // 4 * words_a_round + index % 4 // len(SHIFTS[bits])]
            shift = SHIFTS[bits][index % len(SHIFTS[bits])]
            for lane, tap in ((word >> shift, 0), (word >> 16 >> shift, 2)):
                at = 8 * (index // 4) + 4 * (index % 4 // 2) + index % 2 + tap
                both += int(lane & mask) * int(taps[at])
                low += int(lane & (2**bits - 1)) * int(taps[at])
        both -= 17 * OFFSET[bits] * int(taps.sum())
        low -= OFFSET[bits] * int(taps.sum())
        e, b1, b0 = (int(v) for v in words[-7:-4])
        expected = weights @ (x - 3) + 7
        assert low * (e >> 16 & 0xFF) + b0 == 2 * expected[2 * pair]
        if 2 * pair + 1 < out_c:
            assert (both - low) * (e >> 24) + b1 == 16 * expected[2 * pair + 1]


@pytest.mark.parametrize("bits", [2, 4])
@given(st.integers(1, 9), st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_fields_of_four_channels_stand_side_by_side(
    bits: int, out_c: int, in_c: int, seed: int
) -> None:
    weights = drawn(out_c, in_c, bits, seed)
    levels = find_levels(layer(weights).spec)  # type: ignore[arg-type]
    assert levels is not None
    stored = fields(levels, bits).view("u1" if bits == 2 else "<u2").reshape(-1, in_c)
    for channel in range(out_c):
        field = stored[channel // 4] >> (bits * (channel % 4)) & (2**bits - 1)
        back = (field.astype(int) - OFFSET[bits]) * levels.factor[channel]
        np.testing.assert_array_equal(back, weights[channel])


def test_weights_of_more_levels_do_not_fit() -> None:
    assert not dsp_packed.fits(layer(np.array([[9, 1], [1, 1]])), 4)
    assert not dsp_packed.fits(layer(np.array([[2, 1], [1, 1]])), 2)
    assert dsp_packed.fits(layer(np.array([[2, 1], [1, 1]])), 4)
