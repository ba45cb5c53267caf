"""Recordings: resampled, split by speaker, made anew for training; and every way they are wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from support.own_data import described, load, tones, write_wav
from tinyrob import data
from tinyrob.data.dataset import Change, to_int8
from tinyrob.data.own.audio import default_features
from tinyrob.errors import DataError, RecipeError
from tinyrob.features import compute
from tinyrob.features.read import empty_bands
from tinyrob.features.read import read as read_features
from tinyrob.features.spec import Mel
from tinyrob.files.toml_table import Table

TABLE = 'kind = "audio"\npath = "tones"\nrate = 8000\nseconds = 0.5\n'


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYROB_DATA", str(tmp_path / "cache"))


@pytest.mark.parametrize("rate", [4000, 8000, 16_000, 22_050, 44_100])
@pytest.mark.parametrize("seconds", [0.1, 1.0, 3.0])
def test_default_features_cover_the_clip_and_hear_in_every_band(rate: int, seconds: float) -> None:
    for frames in (0, 49):
        made = default_features(rate, seconds, frames)
        assert not empty_bands(made)
        assert made.samples <= rate * seconds
        read_features(Table(made.to_dict(), "recipe", "features.", RecipeError))
    assert default_features(16_000, 1.0) == Mel()


def test_tones_become_features_over_time_and_are_kept(tmp_path: Path) -> None:
    tones(tmp_path / "tones")
    found = load(TABLE, tmp_path)
    assert found.classes == ("high", "low", "noise")
    assert (found.shape, found.form) == ((24, 10, 1), "spectrum")
    assert len(list((tmp_path / "cache" / "features").iterdir())) == 1
    assert load(TABLE, tmp_path).digest == found.digest


def test_recordings_that_are_not_read_are_not_left_out_in_silence(tmp_path: Path) -> None:
    tones(tmp_path / "tones")
    for name in ("high/a.m4a", "low/b.WMA", "low/.hidden.m4a"):
        (tmp_path / "tones" / name).write_bytes(b"sound")
    with pytest.raises(DataError) as caught:
        load(TABLE, tmp_path)
    assert caught.value.message.startswith("2 things are wrong with the data:")
    assert "a.m4a: recordings of this kind are not read" in caught.value.message
    assert "files that are read end in .wav, .flac" in (caught.value.hint or "")
    for name in ("high/a.wav", "low/b.wav"):  # converted, and kept beside
        write_wav(tmp_path / "tones" / name, np.zeros(4000), 8000)
    assert len(load(TABLE, tmp_path).x_train) > 0


@pytest.mark.parametrize("form", ["mp3", "aiff", "flac", "ogg"])
def test_other_containers_are_read(form: str, tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    tones(tmp_path / "tones")
    sound = 0.4 * np.sin(2 * np.pi * 440 * np.arange(4000) / 8000)
    soundfile.write(tmp_path / "tones" / "low" / f"other.{form}", sound, 8000)
    found = load(TABLE, tmp_path)
    assert len(found.x_train) + len(found.x_test) == 19


def test_speakers_stay_whole(tmp_path: Path) -> None:
    tones(tmp_path / "tones", each=9)
    found = load(f'{TABLE}group = "{{group}}_*.wav"\nsplit.test = 0.34', tmp_path)
    assert (len(found.x_train), len(found.x_test)) == (18, 9)


def test_another_rate_is_resampled_to_nearly_the_same_features(tmp_path: Path) -> None:
    times = np.arange(8000) / 16_000
    for name, hertz in (("a", 440.0), ("b", 900.0)):
        for rate, every in ((16_000, 1), (8000, 2)):
            sound = 0.4 * np.sin(2 * np.pi * hertz * times)[::every]
            write_wav(tmp_path / "tones" / name / f"{rate}.wav", sound, rate)
    found = load(TABLE, tmp_path)
    for label in (0, 1):
        pair = [
            to_int8(x[y == label])
            for x, y in ((found.x_train, found.y_train), (found.x_test, found.y_test))
        ]
        inner = np.abs(pair[0][0, 2:-2].astype(int) - pair[1][0, 2:-2])
        assert np.median(inner) <= 2


def test_flac_ogg_and_stereo_are_read(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    sound = 0.3 * np.sin(np.arange(4000))
    for name in ("a", "b"):
        folder = tmp_path / "tones" / name
        folder.mkdir(parents=True)
        soundfile.write(folder / "x.flac", np.stack([sound, sound], axis=1), 8000)
        soundfile.write(folder / "y.ogg", sound, 8000)
        write_wav(folder / "z.wav", sound)
    assert len(load(TABLE, tmp_path).x_train) == 4


def test_training_makes_recordings_anew(tmp_path: Path) -> None:
    tones(tmp_path / "tones")
    found = load(TABLE, tmp_path)
    assert found.remake is not None
    chosen = np.arange(5)
    same = found.remake(chosen, Change(), np.random.default_rng(0))
    assert (same == found.x_train[:5]).all()
    every = Change(shift=50, noise=0.5, speed=0.2, gain=6.0, equalizer=3.0)
    other = found.remake(chosen, every, np.random.default_rng(0))
    assert (other.shape, other.dtype) == (same.shape, same.dtype)
    assert (other != same).any(axis=(1, 2, 3)).all()


@pytest.mark.parametrize("called", ["noise", "hum"])
def test_words_are_put_in_the_folders_own_background_or_in_white_noise(
    tmp_path: Path, called: str
) -> None:
    root = tones(tmp_path / "tones")
    (root / "noise").rename(root / f"was_{called}")
    (root / f"was_{called}").rename(root / called)
    found = load(TABLE, tmp_path)
    assert found.remake is not None
    every = np.arange(len(found.x_train))
    changed = found.remake(every, Change(snr=(0.0, 0.0)), np.random.default_rng(0))
    moved = (changed != found.x_train).any(axis=(1, 2, 3))
    background = np.array([found.classes[label] == "noise" for label in found.y_train])
    assert (moved == ~background).all()
    assert background.any() == (called == "noise")


def test_all_damaged_recordings_are_named_at_once(tmp_path: Path) -> None:
    root = tones(tmp_path / "tones")
    high = sorted((root / "high").iterdir())
    high[0].write_bytes(b"RIFF and no more")
    write_wav(high[1], np.zeros(0))
    whole = high[2].read_bytes()
    high[2].write_bytes(whole[:44])
    with pytest.raises(DataError) as caught:
        load(TABLE, tmp_path)
    assert caught.value.message.startswith("3 things are wrong with the data")
    assert f"{high[0]}: it is no recording, or damaged" in caught.value.message
    assert f"{high[1]}: it holds no samples" in caught.value.message
    assert f"{high[2]}: it holds no samples" in caught.value.message


def test_another_rate_is_refused_where_that_is_asked_for(tmp_path: Path) -> None:
    root = tones(tmp_path / "tones")
    write_wav(root / "high" / "cd.wav", np.zeros(44_100), 44_100)
    with pytest.raises(DataError, match=r"cd\.wav: it has 44100 Hz, not dataset\.rate = 8000"):
        load(f"{TABLE}resample = false", tmp_path)


def test_samples_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    root = tones(tmp_path / "tones")
    soundfile.write(root / "high" / "x.wav", np.full(100, np.nan), 8000, "FLOAT")
    with pytest.raises(DataError, match=r"x\.wav: it holds NaN or infinite samples"):
        load(TABLE, tmp_path)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("features.frame = 500", "dataset.features: unknown key"),
        ("bits = 16", "dataset.bits: unknown key"),
    ],
)
def test_an_impossible_table_is_refused(tmp_path: Path, more: str, said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load(TABLE + more, tmp_path)
    assert said in caught.value.message


def test_features_of_a_recipe_are_the_firmwares_integers(tmp_path: Path) -> None:
    tones(tmp_path / "tones")
    how = Mel(rate=8000, frame=240, hop=160, fft=256, frames=24, bands=20, low=100.0)
    found = data.load(described(TABLE, tmp_path), None, how)
    assert (found.shape, found.features) == ((24, 10, 1), how)
    plain = load(TABLE, tmp_path)
    assert (plain.y_train == found.y_train).all()
    assert plain.digest != found.digest
    again = found.remake(np.arange(3), Change(), np.random.default_rng(0))
    assert (again == found.x_train[:3]).all()


def test_features_of_another_rate_are_refused(tmp_path: Path) -> None:
    tones(tmp_path / "tones")
    with pytest.raises(DataError, match=r"features\.rate is 16,000 Hz, and dataset\.rate 8,000 Hz"):
        data.load(described(TABLE, tmp_path), None, Mel())


def test_recordings_of_a_split_are_those_that_its_features_were_made_of(tmp_path: Path) -> None:
    tones(tmp_path / "tones", each=9)
    found = load(f"{TABLE}split.validation = 0.3\nsplit.test = 0.3", tmp_path)
    assert found.recorded is not None
    assert found.features is not None
    for split, x in (("test", found.x_test), ("validation", found.x_validation)):
        assert x is not None
        samples = found.recorded(split, np.arange(len(x)))
        assert samples.dtype == np.int16
        assert (compute.inputs(found.features, samples) == to_int8(x)).all()
    for path in (tmp_path / "tones").rglob("*.wav"):
        path.write_bytes(b"damaged")
    with pytest.raises(DataError, match="is no recording"):
        found.recorded("test", np.arange(2))
