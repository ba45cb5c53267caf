"""Features in Python and in C are the same integers, whatever is heard; and they are features."""

from __future__ import annotations

import hashlib
import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from support.frontends import run
from support.sounds import RATE, chirp, hostile, stream
from tinyrob.features import compute, mel, tables
from tinyrob.features.fft import real_fft
from tinyrob.features.spec import Features, Mel

SPECIFICATIONS = {
    "default": Mel(),
    "log-mel": Mel(kind="log-mel", pre_emphasis=0.97, high=8000.0, log2_step=-3, frames=3),
    "another's grid": Mel(
        kind="log-mel", frame=1024, hop=512, fft=1024, window="hamming-symmetric", low=0.0,
        high=8000.0, pre_emphasis=0.96875, centre=26.6, step=0.0787, frames=4,
    ),
    "coefficients of another's grid": Mel(step=0.3, window="hann-symmetric", frames=2),
    "with gaps": Mel(
        fft=1024, frame=640, hop=700, bands=64, coefficients=13, low=100.0, high=8000.0, frames=5
    ),
    "short": Mel(
        fft=256, frame=256, hop=16, bands=20, coefficients=20, low=100.0, window="rectangular",
        floor=0, centre=31.0, frames=1, pre_emphasis=1.0,
    ),
}  # fmt: skip

samples = st.one_of(
    st.lists(st.integers(-32768, 32767), max_size=2000),
    st.lists(st.sampled_from([-32768, 32767, 0, 1, -1]), max_size=2000),
    st.builds(
        lambda value, count: [value] * count, st.integers(-32768, 32767), st.integers(0, 3000)
    ),
)


@pytest.fixture(params=SPECIFICATIONS.values(), ids=SPECIFICATIONS, scope="module")
def features(request: pytest.FixtureRequest) -> Features:
    return request.param


@cache
def hard_stream() -> NDArray[np.int16]:
    """Every hostile sound, and random spectra, with no pause."""
    return np.concatenate([*hostile(RATE // 2).values(), *stream(10)])


def test_a_hard_stream_gives_the_same_features_in_c(features: Features) -> None:
    expected = compute.of_stream(features, hard_stream())
    rows, last = run(features, hard_stream())
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_array_equal(last, expected[-features.frames :])


@pytest.mark.parametrize("piece", [1, 159, 320, 321, 4096])
def test_pieces_of_any_size_give_the_same_features(piece: int) -> None:
    heard = hard_stream()[: RATE * 2]
    rows, _ = run(Mel(), heard, piece)
    np.testing.assert_array_equal(rows, compute.of_stream(Mel(), heard))


@settings(max_examples=40)
@given(st.sampled_from(sorted(SPECIFICATIONS)), samples)
def test_any_samples_give_the_same_features(name: str, heard: list[int]) -> None:
    features = SPECIFICATIONS[name]
    x = np.array(heard, np.int16)
    rows, last = run(features, x)
    expected = compute.of_stream(features, x)
    np.testing.assert_array_equal(rows, expected)
    silence = compute.of_stream(features, np.zeros(features.frame, np.int16))
    before = np.repeat(silence, features.frames, axis=0)
    whole = np.concatenate([before, expected])[-features.frames :]
    np.testing.assert_array_equal(last, whole)


def test_recordings_are_streams_of_their_own() -> None:
    features = Mel()
    heard = np.stack([x[:RATE] for x in stream(5)])
    alone = np.stack([compute.of_stream(features, x)[..., None] for x in heard])
    np.testing.assert_array_equal(compute.inputs(features, heard), alone)


def test_a_short_recording_is_followed_by_silence() -> None:
    short = chirp(100, 3000, 9000, 9000)[None]
    long = np.pad(short, ((0, 0), (0, 7000)))
    np.testing.assert_array_equal(compute.inputs(Mel(), short), compute.inputs(Mel(), long))


@given(st.integers(1, 2**62), st.integers(0, 32))
def test_the_logarithm_is_within_a_step_of_the_exact_one(x: int, floor: int) -> None:
    (made,) = mel.log2(np.array([x + 2**floor]), floor)
    assert abs(made - (math.log2(x + 2**floor) - floor) * 512) < 0.6


@pytest.mark.parametrize("x", [2**k + d for k in range(3, 62) for d in (-1, 0, 1)])
def test_the_logarithm_is_right_beside_powers_of_two(x: int) -> None:
    (made,) = mel.log2(np.array([x]), 0)
    assert abs(made - math.log2(x) * 512) < 0.6


@pytest.mark.parametrize("fft", [256, 512, 1024])
def test_the_transform_is_within_a_few_units_and_within_int32(fft: int) -> None:
    generator = np.random.default_rng(fft)
    waves = np.sin(2 * np.pi * np.arange(fft)[:, None] * np.arange(40) / fft + 0.3)
    x = np.concatenate(
        [
            generator.integers(-(2**30), 2**30 + 1, (fft, 20)),
            generator.choice([-(2**30), 2**30], (fft, 20)),
            np.where(waves > 0, 2**30, -(2**30)),
        ],
        axis=1,
    )
    re, im = real_fft(x.copy(), fft // 2)
    exact = np.fft.rfft(x, axis=0)[1 : fft // 2] / fft
    assert np.abs(re + 1j * im - exact).max() < 8
    assert max(np.abs(re).max(), np.abs(im).max()) < 2**31


@pytest.mark.parametrize("features", SPECIFICATIONS.values(), ids=SPECIFICATIONS)
def test_the_sums_of_cosines_fit_int32(features: Features) -> None:
    sizes = np.abs(tables.cosines(features).astype(np.int64)).sum(1)
    assert sizes.max() * 2**15 < 2**31
    assert sizes.max() * 2**17 > 2**31  # and are no coarser than they have to be


def test_a_tone_is_heard_in_its_band() -> None:
    features = Mel(kind="log-mel", log2_step=-2)
    for band in (5, 15, 25, 35):
        first, weights = tables.band_weights(features)[band]
        hertz = (first + int(np.argmax(weights))) * features.rate / features.fft
        heard = compute.of_stream(features, chirp(hertz, hertz, 8000))
        assert (heard.argmax(1) == band).all()


def test_silence_is_the_floor_and_ten_times_louder_is_twenty_decibels_more() -> None:
    features = Mel(kind="log-mel", centre=0.0, log2_step=-2)
    assert (compute.of_stream(features, np.zeros(2000, np.int16)) == 0).all()
    noise = np.random.default_rng(3).normal(size=RATE)
    soft, loud = (
        compute.of_stream(features, np.rint(noise * size).astype(np.int16)).astype(int)
        for size in (200, 2000)
    )
    assert abs((loud - soft).mean() / 4 - 2 * math.log2(10)) < 0.05


MLPERF = Mel(
    kind="log-mel", frames=30, frame=1024, hop=512, fft=1024, window="hamming-symmetric", low=0.0,
    high=8000.0, pre_emphasis=0.96875, centre=26.7977, step=0.078685,
)  # fmt: skip
"""The streaming wake word's, as docs/reference/features.md has it."""


def test_mlperfs_features_are_those_of_its_floats_but_for_the_last_rounding() -> None:
    generator = np.random.default_rng(11)
    noise = generator.normal(0, 1, 3 * RATE) * np.repeat([20, 900, 9000], RATE)
    spoken = chirp(80, 3000, 6000, 3 * RATE)
    samples = np.clip(np.rint(noise + spoken), -32768, 32767).astype(np.int16)
    expected, made = _mlperf(samples), compute.of_stream(MLPERF, samples).astype(int)
    differing = np.abs(made - np.clip(np.floor(expected + 0.5), -128, 127))
    assert np.abs(made - np.clip(expected, -128, 127)).max() < 1
    assert 0 < (differing == 1).mean() < 0.025


def _mlperf(samples: NDArray[np.int16]) -> NDArray[np.float64]:
    """mlcommons/tiny's streaming_wakeword features in float64, in int8 steps of its network."""
    x = samples / 32768.0
    x -= 0.96875 * np.concatenate([[0.0], x[:-1]])
    frames = np.lib.stride_tricks.sliding_window_view(x, 1024)[::512] * np.hamming(1024)
    power = np.abs(np.fft.rfft(frames)) ** 2 / 1024
    mels = 1127 * np.log1p(np.arange(513) * 15.625 / 700)
    edges = np.linspace(0, 1127 * np.log1p(8000 / 700), 42)
    rising = (mels[:, None] - edges[:-2]) / (edges[1] - edges[0])
    weights = np.maximum(0, np.minimum(rising, 2 - rising))
    decibels = 10 * np.log10(np.maximum(power @ weights, 1e-30))
    return np.clip((decibels + 52) / 64, 0, 1) / 0.003701042616739869 - 128


def test_the_tables_are_the_ones_that_networks_were_trained_with() -> None:
    """Of another machine's cosine or logarithm, a last bit might differ: the tables must not."""
    features = Mel()
    total = hashlib.sha256()
    for table in (
        tables.window(features), tables.twiddles(512), tables.cosines(features),
        tables.log2_table(), tables.bit_reversed(256),
    ):  # fmt: skip
        total.update(np.ascontiguousarray(table).tobytes())
    total.update(repr(tables.band_weights(features)).encode())
    assert total.hexdigest()[:16] == "251e41e6e08b80ed"
