"""Scores, thresholds and AUC of detectors, and the data that they learn from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyrob.data import anomaly
from tinyrob.data.arrays import from_arrays
from tinyrob.data.dataset import Change, Dataset
from tinyrob.errors import DataError, ModelFormatError

SOUND = {"normal": "ok", "threshold": 7, "false_alarms": 0.01}
few = st.lists(st.integers(0, 6), min_size=1, max_size=12)


def data() -> Dataset:
    x = np.arange(10, dtype=np.uint8).reshape(10, 1)
    y = np.array([0, 1, 2, 1, 1, 0, 1, 2, 1, 1])
    return from_arrays((x[:6], y[:6], x[6:], y[6:]))


@given(few, few)
def test_auc_is_the_share_of_pairs_in_the_right_order(normal: list[int], others: list[int]) -> None:
    pairs = [(a > n) + 0.5 * (a == n) for n in normal for a in others]
    kinds = np.array([0] * len(normal) + [1] * len(others))
    assert anomaly.auc(np.array(normal + others), kinds) == pytest.approx(np.mean(pairs))


def test_auc_of_one_kind_alone_is_none() -> None:
    assert anomaly.auc(np.array([1, 2]), np.array([0, 0])) is None
    assert anomaly.auc(np.array([1, 2]), np.array([1, 1])) is None


@given(few, st.floats(0, 0.5))
def test_the_threshold_is_the_least_with_so_few_false_alarms(scores: list[int], s: float) -> None:
    found = np.array(scores)
    limit = anomaly.threshold(found, s)
    assert (found > limit).sum() <= s * len(found)
    assert limit == 0 or (found > limit - 1).sum() > s * len(found)


def test_the_farthest_reconstruction_scores_without_overflow() -> None:
    x = np.full((1, anomaly.MOST_VALUES), -128, np.int8)
    (score,) = anomaly.scores(x, np.full_like(x, 127))
    assert 2**32 - 255**2 <= score < 2**32


def test_only_normal_inputs_are_learned_and_all_are_tested() -> None:
    found = anomaly.as_detection(data(), "1")
    assert found.x_train.ravel().tolist() == [1, 3, 4]
    assert found.y_train.tolist() == [0, 0, 0]
    assert found.y_test.tolist() == [0, 1, 0, 0]
    assert found.classes == ("1", "anomaly")


def test_recordings_are_made_anew_by_their_own_numbers() -> None:
    import dataclasses

    def remake(chosen: np.ndarray, change: Change, generator: np.random.Generator) -> np.ndarray:
        return chosen.astype(np.uint8)

    found = anomaly.as_detection(dataclasses.replace(data(), remake=remake), "1")
    assert found.remake is not None
    made = found.remake(np.array([2, 0]), Change(), np.random.default_rng(0))
    assert made.tolist() == [4, 1]


def test_a_class_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(DataError, match="no class 'ok', which") as caught:
        anomaly.as_detection(data(), "ok")
    assert "has 0, 1, 2" in str(caught.value.hint)


@pytest.mark.parametrize(
    "raw",
    [
        [], {}, {**SOUND, "more": 1}, {**SOUND, "threshold": -1}, {**SOUND, "threshold": 1.5},
        {**SOUND, "threshold": True}, {**SOUND, "threshold": 1 << 32}, {**SOUND, "normal": 3},
        {**SOUND, "normal": "\x1b[2J"}, {**SOUND, "false_alarms": 1.0},
        {**SOUND, "false_alarms": "0"},
    ],
)  # fmt: skip
def test_what_a_damaged_model_says_of_anomalies_is_refused(raw: object) -> None:
    with pytest.raises(ModelFormatError, match="what an anomaly is"):
        anomaly.from_dict(raw, "net")


def test_what_was_written_is_read() -> None:
    known = anomaly.from_dict(SOUND, "net")
    assert known is not None
    assert known.to_dict() == SOUND
    assert known.verdicts(np.array([7, 8])).tolist() == [0, 1]
    assert anomaly.from_dict(None, "net") is None
