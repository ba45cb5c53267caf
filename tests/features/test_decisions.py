"""Decisions in Python and in C are the same; they wait, hold on and stay quiet as they should."""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.native import WARNINGS, folder, gcc
from tinyrob.errors import RecipeError
from tinyrob.features.decisions import Decisions, detections, heard, read
from tinyrob.files import resources
from tinyrob.files.toml_table import parse_toml

_PROBE = """
#include "tinyrob/tr_decide.h"
void probe(uint32_t classes, uint32_t window, uint32_t refractory, uint32_t on, uint32_t off,
           const uint8_t *heard, uint8_t *last, uint16_t *sums, uint32_t n,
           const uint8_t *posteriors, int32_t *started);
void probe(uint32_t classes, uint32_t window, uint32_t refractory, uint32_t on, uint32_t off,
           const uint8_t *heard, uint8_t *last, uint16_t *sums, uint32_t n,
           const uint8_t *posteriors, int32_t *started)
{
    const tr_decide decide = {heard, (uint16_t)classes, (uint16_t)window, (uint16_t)refractory,
                              on, off};
    tr_decide_state state = {0, 0, false};
    for (uint32_t i = 0; i < n; i++) {
        started[i] = tr_decide_next(&decide, &state, last, sums, posteriors + i * classes);
    }
}
"""


@cache
def probe() -> ctypes.CDLL:
    home, firmware = folder(), resources.firmware()
    (home / "probe.c").write_text(_PROBE)
    gcc(
        "-O2", "-shared", "-fPIC", *WARNINGS, "-fsanitize=undefined",
        "-fsanitize-undefined-trap-on-error", "-I", firmware / "include", home / "probe.c",
        firmware / "frontend/tr_decide.c", "-o", home / "probe.so",
    )  # fmt: skip
    return ctypes.CDLL(str(home / "probe.so"))


def in_c(how: Decisions, wanted: tuple[bool, ...], rows: np.ndarray) -> list[tuple[int, int]]:
    started = np.empty(len(rows), np.int32)
    arrays = (
        np.array(wanted, np.uint8), np.zeros(how.window * rows.shape[1], np.uint8),
        np.zeros(rows.shape[1], np.uint16), rows.astype(np.uint8), started,
    )  # fmt: skip
    first, last, sums, posteriors, out = (a.ctypes.data_as(ctypes.c_void_p) for a in arrays)
    probe().probe(
        rows.shape[1], how.window, how.refractory, how.on, how.off, first, last, sums, len(rows),
        posteriors, out,
    )  # fmt: skip
    return [(i, int(label)) for i, label in enumerate(started) if label >= 0]


def in_python(how: Decisions, wanted: tuple[bool, ...], rows: np.ndarray) -> list[tuple[int, int]]:
    return [(one.inference, one.label) for one in detections(how, wanted, rows)]


@given(st.data())
def test_the_same_decisions_in_c(data: st.DataObject) -> None:
    classes = data.draw(st.integers(1, 5))
    threshold = data.draw(st.floats(0, 1))
    how = Decisions(
        window=data.draw(st.integers(1, 64)),
        threshold=threshold,
        release=data.draw(st.floats(0, threshold)),
        refractory=data.draw(st.integers(0, 20)),
    )
    wanted = tuple(data.draw(st.lists(st.booleans(), min_size=classes, max_size=classes)))
    levels = data.draw(st.sampled_from([[0, 255], [0, 100, 150, 200], list(range(256))]))
    row = st.lists(st.sampled_from(levels), min_size=classes, max_size=classes)
    rows = np.array(data.draw(st.lists(row, min_size=1, max_size=150)), np.int64)
    assert in_python(how, wanted, rows) == in_c(how, wanted, rows)


def stream(*runs: tuple[int, int]) -> np.ndarray:
    """(posterior, how often) of a word, beside an unknown one."""
    values = np.concatenate([np.full(count, value) for value, count in runs])
    return np.stack([values, 255 - values], axis=1).astype(np.int64)


def test_a_word_is_detected_once_however_long_it_lasts() -> None:
    how = Decisions(window=4, threshold=0.8, release=0.5, refractory=5)
    rows = stream((0, 10), (250, 100), (0, 10))
    assert in_python(how, (True, False), rows) == [(13, 0)]


def test_it_is_detected_again_only_after_its_release() -> None:
    how = Decisions(window=1, threshold=0.8, release=0.5, refractory=0)
    rows = stream((250, 1), (140, 5), (250, 5), (100, 1), (250, 5))
    assert in_python(how, (True, False), rows) == [(0, 0), (12, 0)]


def test_nothing_is_detected_in_the_refractory_time() -> None:
    how = Decisions(window=1, threshold=0.8, release=0.5, refractory=10)
    rows = stream(*[(250, 1), (0, 1)] * 10)
    assert in_python(how, (True, False), rows) == [(0, 0), (10, 0)]


def test_silence_and_unknown_words_are_no_detections() -> None:
    assert heard(("yes", "_silence_", "_unknown_"), 3) == (True, False, False)
    assert heard((), 2) == (True, True)
    assert in_python(Decisions(), (False, False), stream((0, 50))) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("threshold = 1.5", "threshold: must be in [0, 1]"),
        ("threshold = 0.5\nrelease = 0.6", "release: must be at most the threshold, 0.5"),
        ("window = 65", "window: must be in [1, 64]"),
        ("hold = 1", "hold: unknown key"),
    ],
)
def test_what_is_impossible_is_refused_by_name(text: str, complaint: str) -> None:
    with pytest.raises(RecipeError) as caught:
        read(parse_toml(text, "recipe.toml", RecipeError))
    assert complaint in caught.value.message


def test_a_low_threshold_takes_the_release_with_it() -> None:
    assert read(parse_toml("threshold = 0.3", "x", RecipeError)).release == 0.3
