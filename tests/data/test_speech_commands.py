"""Speech Commands: features, splits, labels, noise, the cache, and every damaged file by name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.sounds import write_wav
from tinyrob import data
from tinyrob.data import loudness, mfcc, speech_clips, speech_commands
from tinyrob.data.dataset import Change, to_int8
from tinyrob.data.wav import read_wav
from tinyrob.errors import DataError
from tinyrob.features import compute, rooms
from tinyrob.features.spec import Mel

YES_NO = "speech_commands:yes,no"


def tone(hertz, samples=16_000, size=8000):
    return (size * np.sin(2 * np.pi * hertz * np.arange(samples) / 16_000)).astype(np.int16)


@pytest.fixture
def root(tmp_path):
    """Three words of four clips each: one for validation, one for testing; two noises."""
    folder = tmp_path / speech_commands.FOLDER
    lists = {"validation_list.txt": "c", "testing_list.txt": "d"}
    for pitch, word in enumerate(("yes", "no", "bird"), 3):
        for number, name in enumerate("abcd"):
            write_wav(folder / word / f"{name}.wav", tone(100 * pitch + number))
    for name, clip in lists.items():
        (folder / name).write_text("".join(f"{w}/{clip}.wav\n" for w in ("yes", "no", "bird")))
    generator = np.random.default_rng(0)
    for name in ("hiss", "roar"):
        samples = generator.integers(-3000, 3000, 40_000)
        write_wav(folder / "_background_noise_" / f"{name}.wav", samples)
    return tmp_path


def load(root, name=YES_NO):
    return data.load(name, root)


def test_features_match_a_plain_computation():
    """Written again from the steps in the module's docstring, one frame and one band at a time."""
    audio = np.random.default_rng(1).uniform(-0.5, 0.5, 16_000)
    got = mfcc.mfcc(audio[None])[0]

    def scale(hertz):
        return 1127 * np.log(1 + hertz / 700)

    edges = [scale(20) + i * (scale(4000) - scale(20)) / 41 for i in range(42)]
    for frame in (0, 17, 48):
        part = audio[320 * frame : 320 * frame + 480]
        part = part * [0.5 - 0.5 * np.cos(2 * np.pi * n / 480) for n in range(480)]
        size = abs(np.fft.fft(np.concatenate([part, np.zeros(32)])))[:257]
        energy = []
        for b in range(40):
            low, middle, high = edges[b : b + 3]
            total = 0.0
            for k in range(1, 257):
                m = scale(k * 16_000 / 512)
                if low < m <= middle:
                    total += size[k] * (m - low) / (middle - low)
                elif middle < m < high:
                    total += size[k] * (high - m) / (high - middle)
            energy.append(np.log(total + 1e-6))
        for c in range(10):
            norm = np.sqrt((1 if c == 0 else 2) / 40)
            want = norm * sum(e * np.cos(np.pi * c * (b + 0.5) / 40) for b, e in enumerate(energy))
            assert got[frame, c] == pytest.approx(want, abs=1e-9)


def test_features_agree_with_scipys_cosine_transform():
    dct = pytest.importorskip("scipy.fft").dct
    basis = dct(np.eye(40), norm="ortho")[:, :10]
    assert np.allclose(mfcc.cosines(), basis, atol=1e-12)


def test_the_grid_has_a_step_of_one_quarter_and_saturates():
    values = np.array([0.0, 0.12, 0.13, -0.25, 31.75, 35.0, -32.0, -100.0])
    assert mfcc.quantize(values).tolist() == [0, 0, 1, -1, 127, 127, -128, -128]


def test_splits_are_the_lists_and_labels_the_names(root):
    found = load(root)
    assert found.classes == ("yes", "no")
    assert found.shape == (49, 10, 1)
    assert found.y_train.tolist() == [0, 0, 1, 1]
    assert (found.y_validation.tolist(), found.y_test.tolist()) == ([0, 1], [0, 1])
    want = mfcc.features(tone(303)[None] / 32768.0)
    assert (to_int8(found.x_test[:1]) == want).all()


def test_train_and_test_use_the_same_code(root):
    found = load(root)
    again = found.remake(np.arange(4), Change(), np.random.default_rng(0))
    assert (again == found.x_train).all()


def test_silence_is_cut_from_the_noise_and_unknown_from_other_words(root):
    found = load(root, "speech_commands:yes,no,_silence_,_unknown_")
    assert np.bincount(found.y_train).tolist() == [2, 2, 2, 2]
    assert np.bincount(found.y_test).tolist() == [1, 1, 1, 1]
    chosen = speech_clips.clips(root / speech_commands.FOLDER, ("yes", "no", "_unknown_"))
    assert {c.path.parent.name for c in chosen["test"] if c.label == 2} == {"bird"}
    again = load(root, "speech_commands:yes,no,_silence_,_unknown_")
    assert again.digest == found.digest != load(root).digest


def test_unknown_has_as_many_times_the_recordings_of_a_word_as_is_asked(root):
    folder = root / speech_commands.FOLDER
    write_wav(folder / "_unknown_" / "u.wav", tone(700))
    with (folder / "testing_list.txt").open("a") as file:
        file.write("_unknown_/u.wav\n")
    found = load(root, "speech_commands:yes,_unknown_*2,_silence_")
    assert found.name == "speech_commands:yes,_unknown_*2,_silence_"
    assert found.classes == ("yes", "_unknown_", "_silence_")
    assert [np.bincount(y).tolist() for y in (found.y_train, found.y_test)] == [
        [2, 4, 2],
        [1, 2, 1],
    ]
    chosen = speech_clips.clips(folder, found.classes, 3)["test"]
    assert [c.path.parent.name for c in chosen if c.label == 1] == ["_unknown_", "bird", "no"]
    once = load(root, "speech_commands:yes,_unknown_,_silence_")
    assert np.bincount(once.y_train).tolist() == [2, 2, 2]


def test_recorded_silence_of_the_test_list_is_used(root):
    folder = root / speech_commands.FOLDER
    write_wav(folder / "_silence_" / "s.wav", np.zeros(16_000))
    with (folder / "testing_list.txt").open("a") as file:
        file.write("_silence_/s.wav\n")
    chosen = speech_clips.clips(folder, ("yes", "no", "_silence_"))
    assert [c.path.name for c in chosen["test"] if c.label == 2] == ["s.wav"]
    assert all(c.share is not None for c in chosen["train"] if c.label == 2)


def test_shifts_and_noise_follow_from_the_generator(root):
    found = load(root)

    def made(change, seed):
        return found.remake(np.arange(4), change, np.random.default_rng(seed))

    whole = Change(100, 0.1, 0.15, 6.0, 3.0)
    assert (made(whole, 5) == made(whole, 5)).all()
    assert (made(whole, 5) != made(whole, 6)).any()
    for what, most in (("shift", 100), ("noise", 0.1), ("speed", 0.15), ("gain", 6.0)):
        assert (made(Change(**{what: most}), 5) != found.x_train).any(), what
    assert (made(Change(equalizer=3.0), 5) != found.x_train).any()


@given(st.floats(-20, 60), st.floats(1, 1e4), st.integers(0, 2**32 - 1))
def test_speech_lies_as_many_decibels_above_the_background_as_were_drawn(decibels, size, seed):
    generator = np.random.default_rng(seed)
    noise, word = generator.normal(size=16_000), np.zeros(16_000)
    word[3000:7000] = size * generator.choice([-1.0, 1.0], 4000)  # a quarter of a second
    under = loudness.below(noise, word, 16_000, decibels)
    got = 20.0 * np.log10(loudness.level(word, 16_000) / np.sqrt(np.mean(under**2)))
    assert got == pytest.approx(decibels, abs=1e-6)
    assert np.corrcoef(under, noise)[0, 1] == pytest.approx(1.0)


def test_nothing_is_put_under_silence_nor_is_silence_put_under_anything():
    noise, none = np.ones(100), np.zeros(100)
    assert not loudness.below(noise, none, 100, 5.0).any()
    assert not loudness.below(none, noise, 100, 5.0).any()


def test_every_word_is_put_in_noise_of_a_ratio_between_the_two(root, monkeypatch):
    found, heard = load(root), []

    def keep(how, audio, decibels=0.0, generator=None):
        heard.append(audio)
        return np.zeros((len(audio), 49, 10, 1), np.int8)

    monkeypatch.setattr(speech_commands, "_features", keep)
    found.remake(np.arange(4), Change(snr=(10.0, 20.0)), np.random.default_rng(0))
    clips = found.recorded("train", np.arange(4)) / 32768.0
    ratios = [
        20.0 * np.log10(loudness.level(clip, 16_000) / np.sqrt(np.mean((row - clip) ** 2)))
        for row, clip in zip(heard[0], clips, strict=True)
    ]
    assert all(10.0 <= ratio <= 20.0 for ratio in ratios)
    assert len(set(ratios)) == 4


@given(st.integers(100, 1500), st.floats(0.5, 1.5))
def test_played_faster_a_tone_is_higher_by_as_much(hertz, factor):
    samples = np.sin(2.0 * np.pi * hertz * np.arange(16_000) / 16_000)
    played = speech_commands.faster(samples, factor)
    heard = np.abs(np.fft.rfft(played * np.hanning(16_000))).argmax()  # bins of 1 Hz
    assert abs(heard - hertz * factor) <= 1.0


def test_what_is_played_faster_ends_in_silence_and_as_fast_is_itself():
    samples = np.full(1000, 0.5)
    assert (speech_commands.faster(samples, 1.0) == samples).all()
    heard = np.flatnonzero(speech_commands.faster(samples, 2.0))
    assert (heard.min(), heard.max(), len(heard)) == (250, 749, 500)


def test_gain_is_as_many_decibels_both_ways_as_were_drawn(root):
    """The logarithm of every band moves by one number: of the coefficients only the first moves, by
    sqrt(bands) times it, in quarters of a unit, where no floor and no saturation is near."""
    generator = np.random.default_rng(8)
    for word in ("yes", "no"):
        for name in "ab":
            samples = generator.integers(-1500, 1500, 16_000)  # hiss: no band is near the floor
            write_wav(root / speech_commands.FOLDER / word / f"{name}.wav", samples)
    found = load(root)
    changed = found.remake(np.arange(4), Change(gain=6.0), np.random.default_rng(5))
    before, after = (to_int8(x)[..., 0].astype(int) for x in (found.x_train, changed))
    assert np.abs([before, after]).max() < 127
    again, moved = np.random.default_rng(5), []
    for _ in range(4):
        decibels = 6.0 * again.uniform(-1.0, 1.0)
        again.integers(0, 1)  # the shift, of 0
        moved.append(np.sqrt(mfcc.BANDS) * np.log(10.0) * decibels / 20.0 / mfcc.STEP)
    assert min(moved) < -5 < 5 < max(moved)
    assert np.abs((after - before)[..., 0] - np.array(moved)[:, None]).max() <= 1.0
    assert np.abs((after - before)[..., 1:]).max() <= 1


def test_speeds_are_drawn_anew_for_each_clip_and_filters_have_the_size_asked_for(root, monkeypatch):
    found = load(root)
    factors, sizes = [], []

    def faster(samples, factor):
        factors.append(factor)
        return samples

    def equalizer(normal, decibels):
        assert normal.shape == (20, mfcc.COEFFICIENTS - 1)
        assert abs(normal.mean()) < 0.3
        assert 0.8 < normal.std() < 1.2
        sizes.append(decibels)
        return np.zeros((len(normal), mfcc.COEFFICIENTS))

    monkeypatch.setattr(speech_commands, "faster", faster)
    monkeypatch.setattr(speech_commands, "equalizer", equalizer)
    chosen = np.arange(20) % 4
    found.remake(chosen, Change(speed=0.15, equalizer=2.5), np.random.default_rng(1))
    assert len(set(factors)) == 20
    assert 0.85 <= min(factors) < 0.95 < 1.05 < max(factors) <= 1.15
    assert sizes == [2.5]


def test_filters_have_the_size_asked_for_and_leave_loudness():
    draws = np.random.default_rng(4).normal(size=(20_000, mfcc.COEFFICIENTS - 1))
    filters = mfcc.equalizer(draws, 3.0)
    assert (filters[:, 0] == 0.0).all()
    nepers = filters @ mfcc.cosines().T  # of each band
    decibels = 20.0 * np.log10(np.exp(nepers))
    assert abs(np.sqrt(np.mean(decibels**2)) - 3.0) < 0.05
    spread = filters.std(axis=0)[1:]
    assert np.allclose(spread * np.arange(1, mfcc.COEFFICIENTS), spread[0], rtol=0.03)


def test_a_filter_is_what_multiplying_the_bands_would_be(monkeypatch):
    audio = np.random.default_rng(5).uniform(-0.5, 0.5, (3, mfcc.SAMPLES))
    filters = mfcc.equalizer(np.random.default_rng(6).normal(size=(3, 9)), 3.0)
    found = mfcc.features(audio, filters)
    bands = mfcc.bands()
    for index, one in enumerate(filters):
        gains = np.exp(one @ mfcc.cosines().T)
        monkeypatch.setattr(mfcc, "bands", lambda gains=gains: bands * gains)
        want = mfcc.features(audio[index : index + 1])
        # The floor below the logarithm is not multiplied: it is 1e-6 of what is heard here.
        assert np.abs(found[index].astype(int) - want[0]).max() <= 1
        assert np.mean(found[index] == want[0]) > 0.99


def test_features_are_kept_and_made_again_when_damaged_or_outdated(root, monkeypatch):
    first = load(root)
    (kept,) = (root / "features").glob("*.npz")
    with monkeypatch.context() as patch:
        patch.setattr(speech_commands, "features", None)  # whoever calls it fails
        assert load(root).digest == first.digest
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 1
    kept.write_bytes(bytes(content))
    assert load(root).digest == first.digest
    write_wav(root / speech_commands.FOLDER / "yes" / "a.wav", tone(1000))
    assert load(root).digest != first.digest


@pytest.mark.parametrize("keep", [0, 20, 1000])
def test_a_recording_cut_short_is_refused_by_name(root, keep):
    path = root / speech_commands.FOLDER / "no" / "b.wav"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"no/b\.wav is"):
        load(root)


def test_other_sound_is_refused_by_name(tmp_path):
    write_wav(tmp_path / "fast.wav", tone(100), rate=44_100)
    with pytest.raises(DataError, match=r"fast\.wav has 44100 Hz"):
        read_wav(tmp_path / "fast.wav")
    write_wav(tmp_path / "stereo.wav", tone(100), channels=2)
    with pytest.raises(DataError, match="2 channels"):
        read_wav(tmp_path / "stereo.wav")


def test_what_is_missing_is_named(root, tmp_path):
    folder = root / speech_commands.FOLDER
    with pytest.raises(DataError, match="Speech Commands is not in"):
        load(tmp_path / "nowhere")
    with pytest.raises(DataError, match="the word 'left'"):
        load(root, "speech_commands:yes,left")
    with pytest.raises(DataError, match="for the label _unknown_"):
        load(root, "speech_commands:yes,no,bird,_unknown_")
    (folder / "yes" / "d.wav").unlink()
    with pytest.raises(DataError, match=r"yes/d\.wav is missing"):
        load(root)
    (folder / "testing_list.txt").unlink()
    with pytest.raises(DataError, match=r"cannot read .*testing_list\.txt"):
        load(root)


def test_silence_without_noise_is_refused(root):
    for path in (root / speech_commands.FOLDER / "_background_noise_").iterdir():
        path.unlink()
    with pytest.raises(DataError, match="no background noise"):
        load(root, "speech_commands:yes,no,_silence_")


@pytest.mark.parametrize("labels", ["yes", "yes,yes", "yes,,no", "yes,_silence_"])
def test_labels_that_make_no_task_are_refused(labels):
    with pytest.raises(DataError, match="is no set of labels"):
        data.check(f"speech_commands:{labels}")


def test_one_word_against_all_else_is_a_task() -> None:
    data.check("speech_commands:yes,_unknown_,_silence_")
    assert speech_commands.labels_of("yes,_unknown_") == ("yes", "_unknown_")


def test_recordings_of_a_split_are_those_that_its_features_were_made_of(root):
    how = Mel(bands=30, coefficients=8, frames=40)
    found = speech_commands.load(root, "yes,no", how)
    assert found.recorded is not None
    samples = found.recorded("test", np.arange(len(found.x_test)))
    assert samples.dtype == np.int16
    assert (compute.inputs(how, samples) == to_int8(found.x_test)).all()


def test_other_datasets_have_no_labels_to_choose():
    with pytest.raises(DataError, match="no labels to choose"):
        data.check("digits:1,2")


def test_features_of_a_recipe_are_the_firmwares_integers(root):
    how = Mel(bands=30, coefficients=8, frames=40)
    found = data.load(YES_NO, root, how)
    assert (found.shape, found.features) == ((40, 8, 1), how)
    want = compute.inputs(how, tone(303)[None])
    assert (to_int8(found.x_test[:1]) == want).all()
    again = found.remake(np.arange(4), Change(), np.random.default_rng(0))
    assert (again == found.x_train).all()
    assert (data.load(YES_NO, root, how).x_train == found.x_train).all()
    assert load(root).shape == (49, 10, 1)
    other = found.remake(np.arange(4), Change(equalizer=6.0), np.random.default_rng(0))
    assert (other != found.x_train).any()


def test_what_holds_no_recordings_has_no_features(root):
    with pytest.raises(DataError, match="digits holds no recordings"):
        data.load("digits", root, Mel())


def test_integer_filters_have_the_size_asked_for_and_leave_loudness():
    how = Mel()
    gains = rooms.filters(how, 3.0, np.random.default_rng(0), 4000) / 512 * 3.0103
    assert abs(np.sqrt((gains**2).mean()) - 3.0) < 0.1
    assert np.abs(gains.mean(1)).max() < 0.01


def test_samples_of_16_bits_come_back_as_they_were():
    samples = np.arange(-32768, 32768, dtype=np.int16)
    assert (rooms.as_samples(samples / 32768.0) == samples).all()
    assert rooms.as_samples(np.array([1.0, -1.5])).tolist() == [32767, -32768]
