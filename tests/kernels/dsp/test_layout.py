"""The DSP layouts: streams read back give the sums, and predicates hold what kernels rely on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyrob.kernels.dsp import layout as dsp
from tinyrob.kernels.table import choose
from tinyrob.network import layers as net
from tinyrob.network.bounds import accumulators, rescaling


def conv(
    weights: np.ndarray, *, shift: int = -3, multiplier: int = 2**30, zero: int = 3, bias: int = 7
) -> net.Conv:
    """A pointwise convolution with weights (O, I) over one pixel."""
    out_c, in_c = weights.shape
    return net.Conv(
        1, in_c, weights.astype(np.int8).reshape(out_c, 1, 1, in_c), np.full(out_c, bias, np.int32),
        np.full(out_c, multiplier, np.int32), np.full(out_c, shift, np.int32), zero, -5,
        net.Window(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0),
    )  # fmt: skip


def layer(spec: net.Spec, clamp: tuple[int, int] = (-128, 127)) -> net.Layer:
    return net.Layer("layer", spec.kind, spec, (0,), 1, ((1, 1, 1, 4), (1, 1, 1, 4)), clamp)


def signed(word: np.ndarray, bits: int) -> np.ndarray:
    half = 1 << (bits - 1)
    return ((word.astype(np.int64) + half) & ((1 << bits) - 1)) - half


@given(st.integers(1, 7), st.integers(1, 11), st.integers(0, 2**32 - 1))
def test_a_stream_read_as_the_kernel_reads_it_gives_the_accumulators(
    out_c: int, in_c: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    spec = conv(random.integers(-127, 128, (out_c, in_c)))
    x = random.integers(-128, 128, in_c)
    taps = np.zeros(4 * dsp.steps(in_c), np.int64)
    taps[:in_c] = x
    expected = spec.weights.reshape(out_c, in_c).astype(np.int64) @ (x - 3) + 7
    stream = dsp.convolution(layer(spec)).reshape((out_c + 1) // 2, -1)
    for pair, words in enumerate(stream):
        both, low = int(words[0]), int(words[1])
        for step, (a, b) in enumerate(words[2:-3].reshape(-1, 2)):
            for word, first in ((a, 0), (b, 1)):
                for lane, tap in ((word, first), (word >> 16, first + 2)):
                    both += int(signed(np.array(lane), 16)) * int(taps[4 * step + tap])
                    low += int(signed(np.array(lane), 8)) * int(taps[4 * step + tap])
        assert low == expected[2 * pair]
        if 2 * pair + 1 < out_c:
            assert (both - low) / 256 == expected[2 * pair + 1]


def test_lanes_that_overflow_are_refused() -> None:
    low = np.array([[-1, 1, 1, 1, 0, 0, 0, 0], [-128, 0, 0, 0, 0, 0, 0, 0]])
    assert not dsp.paired(conv(low))
    assert dsp.paired(conv(-low.clip(-127)))
    assert choose(layer(conv(low)), "dsp").isa == "portable"


def test_convolutions_of_four_taps_have_a_kernel_of_their_own_whatever_the_weights() -> None:
    spec = conv(np.array([[-1, 1, 1, 1], [-128, 0, 5, 0], [7, 8, 9, -10]]))
    assert choose(layer(spec), "dsp").symbol == "tr_conv2d_short_dsp_s8"
    check_short(spec, spec.weights.reshape(3, 4))


@pytest.mark.parametrize(
    ("kernel", "in_c", "symbol"),
    [
        ((1, 1), 7, "short8_"), ((2, 2), 2, "short8_"), ((2, 3), 1, "short8_"),
        ((1, 5), 1, "short6_"), ((1, 3), 2, "short6_"), ((1, 1), 9, "short12_"),
        ((3, 3), 1, "short12_"), ((3, 1), 2, "short12_"), ((1, 4), 3, "short12_"),
        ((4, 2), 1, "padded_"), ((3, 5), 1, "padded_"), ((1, 13), 2, ""),
    ],
)  # fmt: skip
def test_windows_of_two_and_three_words_have_kernels_which_read_rows_filled_up(
    kernel: tuple[int, int], in_c: int, symbol: str
) -> None:
    weights = np.random.default_rng(0).integers(-100, 101, (5, *kernel, in_c))
    window = net.Window(20, 20, 20, 20, *kernel, 1, 1, 1, 1, 0, 0)
    spec = replace(
        conv(weights.reshape(5, -1)), weights=weights.astype(np.int8), in_c=in_c, window=window
    )
    assert choose(layer(spec), "dsp").symbol == f"tr_conv2d_{symbol}dsp_s8"
    if symbol.startswith("short"):
        rows = weights.reshape(5, kernel[0], -1)
        check_short(spec, np.pad(rows, ((0, 0), (0, 0), (0, -rows.shape[2] % 4))).reshape(5, -1))


@pytest.mark.parametrize("taps", [6, 8, 12])
def test_windows_of_more_than_four_taps_want_some_pixels(taps: int) -> None:
    few = conv(np.ones((2, taps)))
    assert choose(layer(few), "dsp").symbol == "tr_conv2d_dsp_s8"


def test_one_or_two_taps_have_one_word_of_lanes() -> None:
    for taps in (1, 2):
        spec = conv(np.array([[-3, 5], [7, -8]])[:, :taps])
        assert choose(layer(spec), "dsp").symbol == "tr_conv2d_short2_dsp_s8"
        check_short(spec, np.pad(spec.weights.reshape(2, taps), ((0, 0), (0, 4 - taps))))


@pytest.mark.parametrize(
    ("shift", "bias", "clamp", "fits"),
    [(-5, 7, (-5, 127), True), (-11, 7, (-5, 127), True), (-5, 7, (-6, 127), False),
     (-4, 7, (-5, 127), False), (-12, 2**17, (-5, 127), False), (-5, 2**23 - 800, (-5, 127), True),
     (-5, 2**23, (-5, 127), False)],
)  # fmt: skip
def test_sums_are_raised_to_be_shifted_by_one_number_where_they_fit(
    shift: int, bias: int, clamp: tuple[int, int], fits: bool
) -> None:
    spec = conv(np.array([[1, -2, 3], [-1, 1, 0]]), shift=shift, bias=bias)
    assert dsp.short_rectified(layer(spec, clamp)) is fits
    full = np.pad(spec.weights.reshape(2, 3), ((0, 0), (0, 1)))
    check_short(spec, full, bias, clamp, 13 + shift if fits else 1)


def test_a_channel_that_is_one_number_keeps_no_layer_from_it() -> None:
    spec = conv(np.array([[1, -2, 3], [0, 0, 0], [0, 0, 0]]), shift=-5, bias=9)
    shift = np.array([-5, -1, -1], np.int32)
    spec = replace(spec, bias=np.array([9, 4 * 70, 4 * 200], np.int32), shift=shift)
    one = layer(spec, (-5, 127))
    assert dsp.short_rectified(one)
    stream = dsp.short(one).reshape(3, -1)
    assert stream[1:, -3].tolist() == [0, 0]
    assert (stream[1:, -2] >> 12).tolist() == [65, 127]


def check_short(
    spec: net.Conv, full: np.ndarray, bias: int = 7, clamp: tuple[int, int] = (-128, 127),
    raised: int = 1,
) -> None:  # fmt: skip
    """The stream, read as tr_dsp_short does over weights (channel, tap), whole words of taps."""
    x = np.random.default_rng(1).integers(-128, 128, full.shape[1])
    order = np.array([[0, 2], [1, 3]])
    taken = (4 * np.arange(full.shape[1] // 4)[:, None, None] + order).reshape(-1, 2)
    special = {1: np.array([[0, 1]]), 3: np.array([[0, 2], [1, 3], [4, 5]])}
    taken = special.get(dsp.short_lanes(spec), taken)
    for channel, w in zip(dsp.short(layer(spec, clamp)).reshape(len(full), -1), full, strict=True):
        lanes = signed(np.stack([channel[:-4], channel[:-4] >> 16], axis=1), 16)
        total = int((lanes * x[taken]).sum())
        expected = int(w.astype(int) @ (x - 3)) + bias
        assert total + int(channel[-4]) == expected << raised


def test_sums_of_more_than_24_bits_are_refused_in_the_second_channel_of_a_pair() -> None:
    small, large = np.ones((1, 600)), np.full((1, 600), 127)
    assert dsp.paired(conv(np.vstack([large, small])))
    assert not dsp.paired(conv(np.vstack([small, large])))


@pytest.mark.parametrize(
    ("shift", "clamp", "fits"),
    [(0, (-128, 127), False), (-1, (-128, 127), True), (-15, (-5, 127), True),
     (-22, (-128, 127), True), (-23, (-128, 127), False)],
)  # fmt: skip
def test_shifts_out_of_the_epilogues_range_are_refused(
    shift: int, clamp: tuple[int, int], fits: bool
) -> None:
    weights = np.full((2, 200), 100)
    spec = conv(weights, shift=shift, bias=2**28)
    assert dsp.rescales_right(layer(replace(spec), clamp)) is fits


def test_the_short_epilogue_is_for_clamps_at_the_zero_point_or_above() -> None:
    spec = conv(np.ones((2, 4)))
    assert dsp.rectified(layer(spec, (-5, 127)))
    assert not dsp.rectified(layer(spec, (-6, 127)))
    assert not dsp.rectified(layer(conv(np.full((2, 4), 100), shift=-16, bias=2**28), (-5, 127)))


@given(st.integers(-128, 127), st.integers(0, 2**32 - 1))
def test_accumulator_bounds_are_reached_and_not_passed(zero: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    weights = random.integers(-127, 128, (3, 5))
    bounds = accumulators(conv(weights, zero=zero))
    highest = np.where(weights > 0, 127, -128)
    lowest = np.where(weights > 0, -128, 127)
    np.testing.assert_array_equal(bounds.greatest, (weights * (highest - zero)).sum(axis=1) + 7)
    np.testing.assert_array_equal(bounds.least, (weights * (lowest - zero)).sum(axis=1) + 7)


def test_factors_that_make_every_sum_zero_become_zero() -> None:
    dead = rescaling(conv(np.ones((2, 4)), shift=-30))
    assert dead.multiplier.tolist() == [0, 0]
    assert dead.exponent.tolist() == [1, 1]
    alive = rescaling(conv(np.ones((2, 4)), shift=-8))
    assert alive.exponent.tolist() == [8, 8]


def test_ragged_rows_have_their_whole_words_first_then_their_ends() -> None:
    spec = replace(
        conv(np.ones((1, 18))), in_c=3, window=net.Window(2, 3, 1, 1, 2, 3, 1, 1, 1, 1, 0, 0)
    )
    # Two rows of nine bytes: two words of each, then a byte of each.
    order = dsp.taps(spec, np.arange(18, dtype=np.int64)[None])
    assert order.tolist() == [[*range(8), *range(9, 17), 8, 17]]
    assert dsp.tails(spec) == 1
    one_row = replace(spec, window=net.Window(1, 6, 1, 1, 1, 6, 1, 1, 1, 1, 0, 0))
    assert dsp.taps(one_row, np.arange(18, dtype=np.int64)[None]).tolist() == [[*range(18)]]
    assert dsp.tails(one_row) == 0
