"""TensorFlow's microfrontend: the same values as its own code gives, and the same ones in C."""

from __future__ import annotations

import math
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from support.frontends import run
from support.sounds import RATE, hostile, stream
from tinyrob.errors import RecipeError
from tinyrob.features import compute, kiss, micro
from tinyrob.features.log1pf import log1pf
from tinyrob.features.read import from_metadata, read
from tinyrob.features.spec import Features, Microfrontend
from tinyrob.files.toml_table import parse_toml

SPECIFICATIONS = {
    "micro_speech": Microfrontend(),
    "microWakeWord": Microfrontend(hop=160, frames=3, precision="single"),
    "of 256 points": Microfrontend(frame=256, hop=256, channels=20, low=0.0, frames=2),
    "without PCAN": Microfrontend(rate=8000, frame=400, high=3500.0, pcan=False, frames=1),
    "of 1,024 points": Microfrontend(frame=1024, hop=512, channels=41, frames=1),
}


def integers(seconds: int = 12) -> NDArray[np.int16]:
    """Sound made of integers alone: noise and squares of many levels, and pauses."""
    generator = np.random.default_rng(1204)
    noise = generator.integers(-32768, 32768, (seconds, RATE))
    squares = np.where(np.arange(RATE) // 29 % 2, 32767, -32768)
    levels = np.arange(seconds)[:, None] * 5 % 16
    made = np.where(levels % 3 == 0, squares >> levels, noise >> levels)
    made[3] = 0
    made[5, ::700] = 32767
    return made.reshape(-1).astype(np.int16)


@pytest.mark.parametrize(
    ("precision", "expected"), [("double", 0x45F2F388), ("single", 0x4AB1AC09)]
)
def test_values_are_those_of_the_original(precision: str, expected: int) -> None:
    """CRC-32 of what TensorFlow's C code (double), and the wheel pymicro-features 2.0.2 (single),
    make of these samples."""
    features = replace(Microfrontend(hop=160), precision=precision)
    values = micro.values_of_streams(features, integers()[None])
    assert zlib.crc32(values.astype("<u2").tobytes()) == expected


@pytest.mark.parametrize("features", SPECIFICATIONS.values(), ids=SPECIFICATIONS)
def test_a_hard_stream_gives_the_same_features_in_c(features: Features) -> None:
    heard = np.concatenate([*(x[: RATE // 4] for x in hostile().values()), *stream(6)])
    expected = compute.of_stream(features, heard)
    rows, last = run(features, heard)
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_array_equal(last, expected[-features.frames :])


@settings(max_examples=25)
@given(
    st.sampled_from(sorted(SPECIFICATIONS)),
    st.one_of(
        st.lists(st.integers(-32768, 32767), max_size=2500),
        st.lists(st.sampled_from([-32768, 32767, 0, 1, -1]), max_size=2500),
    ),
)
def test_any_samples_give_the_same_features(name: str, heard: list[int]) -> None:
    features = SPECIFICATIONS[name]
    x = np.array(heard, np.int16)
    rows, last = run(features, x)
    expected = compute.of_stream(features, x)
    np.testing.assert_array_equal(rows, expected)
    before = np.full((features.frames, features.width), -128, np.int8)
    np.testing.assert_array_equal(last, np.concatenate([before, expected])[-features.frames :])


def test_streams_do_not_hear_each_other() -> None:
    heard = np.stack([x[:RATE] for x in stream(4)])
    features = SPECIFICATIONS["micro_speech"]
    alone = np.stack([compute.of_stream(features, x) for x in heard])
    np.testing.assert_array_equal(compute.of_streams(features, heard), alone)


@pytest.mark.parametrize("points", [128, 256, 512])
def test_the_transform_is_one_within_its_rounding(points: int) -> None:
    x = np.random.default_rng(points).integers(-20000, 20000, (2 * points, 9))
    re, im = kiss.real_fft(x)
    exact = np.fft.rfft(x, axis=0)[:points] / (2 * points)
    assert np.abs(re + 1j * im - exact)[1:].max() < 6


@given(st.integers(0, 2**64 - 1))
def test_square_roots_are_rounded_to_nearest(x: int) -> None:
    (root,) = micro._square_root(np.array([x], np.uint64).view(np.int64))
    nearest = (math.isqrt(4 * x) + 1) >> 1
    limit = 0xFFFF if x < 2**32 else 0xFFFF_FFFF
    assert root == min(nearest, limit)


@given(st.floats(2.0**-28, 2.0**20, width=32))
def test_logarithms_of_single_precision_are_off_by_a_last_bit_at_most(x: float) -> None:
    exact = np.float32(math.log1p(x))
    assert abs(float(log1pf(x)) - math.log1p(x)) <= np.spacing(exact)


def test_what_is_written_is_read_again() -> None:
    for features in SPECIFICATIONS.values():
        assert from_metadata({"features": features.to_dict()}, "a model") == features


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("bands = 40", "bands: unknown key"),
        ("frame = 100\nhop = 50", "frame: must be above 128, is 100"),
        ("hop = 500", "frame: must be even and at least the hop, 500, is 480"),
        ("high = 8000", "high: must lie above low and below half the rate: 8000 Hz"),
        ('precision = "half"', "precision: 'half' is none of double, single"),
    ],
)
def test_what_is_impossible_is_refused_by_name(text: str, complaint: str) -> None:
    with pytest.raises(RecipeError) as caught:
        read(parse_toml(f'kind = "microfrontend"\n{text}', "recipe.toml", RecipeError))
    assert complaint in caught.value.message
