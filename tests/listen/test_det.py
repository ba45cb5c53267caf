"""False accepts an hour and false rejects: of streams whose words are known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.listeners import FEATURES, HOW, listener, model, without_features
from support.sounds import chirp
from tinyrob.build import detection
from tinyrob.build.job import build
from tinyrob.cli import main
from tinyrob.data.dataset import Dataset
from tinyrob.deployable import from_frozen
from tinyrob.errors import BuildError, DataError
from tinyrob.features import decisions
from tinyrob.features.decisions import Decisions
from tinyrob.listen.det import (
    Curve,
    at_threshold,
    count_errors,
    curve,
    detections_at,
    poisson_upper,
)
from tinyrob.listen.tables import read_front
from tinyrob.listen.words import Word, stream
from tinyrob.report.page import report

RATE = FEATURES.rate


def dataset(
    classes: tuple[str, ...] = ("hey", "_unknown_", "_silence_"), count: int = 12
) -> Dataset:
    """Half a second each: chirps, whose pitch is the class's, and faint noise."""
    labels = np.arange(count, dtype=np.int64) % 3
    generator = np.random.default_rng(2)

    def recorded(split: str, chosen: np.ndarray) -> np.ndarray:
        made = []
        for number in chosen:
            label = labels[number]
            low = 300 + 900 * label + 20 * (split == "test")
            clip = chirp(low, 2 * low, 4000, RATE // 2)
            quiet = generator.normal(0, 50, RATE // 2).astype(np.int16)
            made.append(quiet if label == 2 else clip)
        return np.stack(made)

    x = np.zeros((count, *FEATURES.shape), np.uint8)
    return Dataset("chirps", x, labels, x, labels, classes, x, labels, recorded=recorded)


def test_words_lie_as_far_above_the_background_as_was_asked() -> None:
    made = stream(dataset(), "test", RATE, 40.0, 20.0, 0)
    quiet = stream(dataset(), "test", RATE, 40.0, -20.0, 0)
    assert (len(made.words), made.others) == (4, 4)
    assert made.background == "4 recordings of background"
    assert [word.label for word in made.words] == [0] * 4
    for word in made.words:
        at = slice(round(word.start * RATE), round(word.end * RATE))
        loud = np.sqrt(np.mean(made.samples[at].astype(float) ** 2))
        noise = np.sqrt(np.mean(quiet.samples[at].astype(float) ** 2))
        assert 19 < 20 * np.log10(loud / noise) < 21
    gaps = np.diff([0.0, *(word.start for word in made.words)])
    assert (gaps >= 1.5).all()


def test_the_same_seed_gives_the_same_stream_and_another_does_not() -> None:
    first, again, other = (stream(dataset(), "test", RATE, 20.0, 5.0, n) for n in (3, 3, 4))
    assert (first.samples == again.samples).all()
    assert (first.samples != other.samples).any()


def test_without_recordings_of_silence_the_background_is_pink_noise() -> None:
    made = stream(dataset(("a", "b", "c")), "test", RATE, 20.0, 5.0, 0)
    assert made.background == "pink noise"


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 5),
    st.floats(0.2, 0.95),
    st.floats(0.0, 1.0),
    st.integers(0, 12),
)
def test_all_sums_at_once_decide_as_the_firmware_does(
    seed: int, window: int, threshold: float, lower: float, refractory: int
) -> None:
    random = np.random.default_rng(seed)
    steps = random.normal(0, 60, (300, 3)).cumsum(0)
    posteriors = np.clip(128 + steps % 400 - 200, 0, 255).astype(np.int64)
    how = Decisions(1, window, threshold, threshold * lower, refractory)
    wanted = (True, False, True)
    expected = [(one.inference, one.label) for one in decisions.detections(how, wanted, posteriors)]
    assert detections_at(how, wanted, posteriors) == expected


def test_a_detection_is_right_where_its_word_is_and_wrong_elsewhere() -> None:
    words = [Word(0, 1.0, 2.0), Word(0, 5.0, 6.0), Word(1, 8.0, 9.0)]
    found = [(1.9, 0), (2.5, 0), (4.0, 0), (5.5, 1), (8.5, 1)]
    errors = count_errors(found, words, 0.5)
    assert (errors.accepted, errors.rejected, errors.per_hour) == (2, 1, 4.0)
    assert errors.to_dict()["false_reject_share"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(("count", "most"), [(0, 2.9957), (1, 4.7439), (10, 16.9622)])
def test_how_many_there_may_be_is_poissons(count: int, most: float) -> None:
    """Garwood (1936), one-sided."""
    assert poisson_upper(count) == pytest.approx(most, abs=1e-3)


def measured(per_hour: float = 0.5) -> Curve:
    return curve(
        model().graph, FEATURES, HOW, dataset(), hours=0.01, snr=20.0, per_hour=per_hour,
        thresholds=(0.3, 0.5, 0.7, 0.9),
    )  # fmt: skip


def test_the_threshold_is_the_smallest_that_validation_allows() -> None:
    found = measured()
    rates = {t: one.per_hour for t, one in found.errors["validation"].items()}
    allowed = [t for t, rate in rates.items() if rate <= 0.5]
    assert found.met == bool(allowed)
    assert found.chosen == (min(allowed) if allowed else min(rates, key=lambda t: (rates[t], t)))
    assert measured(1e6).chosen == 0.3
    assert found.tuned() == at_threshold(HOW, found.chosen)
    assert found.tuned().release <= found.tuned().threshold


def test_what_is_chosen_goes_into_the_firmware_and_into_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detection, "_dataset", lambda *_: dataset())
    out = tmp_path / "all"
    made = detection.measure(model(), out / "det", hours=0.01, per_hour=1e6, how=HOW)
    sound = read_front(out / "det" / "listen.toml")
    how = sound.decisions
    assert sound.features == FEATURES
    assert how == at_threshold(HOW, made.chosen)
    assert how is not None
    manifest = build(model(), "stm32", app="listen", out=out / "build", decisions=how)
    assert manifest.listen == how.to_dict()
    header = (out / "build" / "apps" / "tr_listen.h").read_text()
    assert f".on = {how.on}," in header
    page = report(out)[0].read_text()
    assert "Detection error trade-off" in page
    assert f"{made.chosen:g}" in page
    told = json.loads((out / "report.json").read_text())
    assert told["detection"]["threshold"] == made.chosen
    other = json.loads((out / "det" / "detection.json").read_text()) | {"model_digest": "0" * 64}
    (out / "det" / "detection.json").write_text(json.dumps(other))
    with pytest.raises(DataError, match="is about another network than listener"):
        report(out)


def test_the_command_prints_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(detection, "_dataset", lambda *_: dataset())
    monkeypatch.setattr("tinyrob.pipeline.load", lambda _: model())
    main(["det", "listener", "--hours", "0.01", "--out", str(tmp_path / "det")])
    told = capsys.readouterr().out
    assert "false accepts an hour" in told
    assert f"--features {tmp_path / 'det' / 'listen.toml'}" in " ".join(told.split())


def test_what_no_stream_can_be_made_of_is_refused(tmp_path: Path) -> None:
    plain = dataset()
    silent = Dataset(
        "x", plain.x_train, plain.y_train, plain.x_test, plain.y_test, plain.classes,
        plain.x_validation, plain.y_validation,
    )  # fmt: skip
    with pytest.raises(DataError, match="has no recordings of a test split"):
        stream(silent, "test", RATE, 10.0, 5.0, 0)
    with pytest.raises(DataError, match="none of the classes"):
        stream(dataset(("_silence_", "_noise_", "_unknown_")), "test", RATE, 10.0, 5.0, 0)
    with pytest.raises(DataError, match="has 3 classes, the network 2 outputs"):
        curve(from_frozen(listener(classes=2)).graph, FEATURES, HOW, dataset(), hours=0.01)
    with pytest.raises(BuildError, match="says nothing of the features"):
        detection.measure(without_features(), tmp_path / "det")
    (tmp_path / "listen.toml").write_text("mine = 1")
    with pytest.raises(DataError, match="was not made by tinyrob det"):
        detection.measure(model(), tmp_path)
