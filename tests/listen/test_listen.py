"""A recording in, decisions out: the same in NumPy, on the host and in QEMU; bad ones refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from support.firmware import need
from support.listeners import HOW, built, listener, model, without_features
from support.sounds import hostile, stream, write_wav
from tinyrob.build.job import build
from tinyrob.cli import main
from tinyrob.deployable import from_frozen
from tinyrob.errors import BuildError, CheckFailed, DataError, ModelFormatError, RunnerError
from tinyrob.features.spec import Mel
from tinyrob.listen import ask
from tinyrob.pipeline import Build
from tinyrob.project.manifest import open_build


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds and a half, most of it loud."""
    samples = np.concatenate([*stream(8), *(x[:8000] for x in list(hostile().values())[5:10])])
    return write_wav(tmp_path_factory.mktemp("sound") / "ten.wav", samples)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    samples = np.concatenate(list(stream(2, seed=4)))
    return write_wav(tmp_path_factory.mktemp("sound") / "two.wav", samples)


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    _, samples = stream(2)
    return write_wav(tmp_path_factory.mktemp("sound") / "one.wav", samples)


def test_the_hosts_program_hears_what_the_reference_hears(recording: Path) -> None:
    need("cc")
    seconds: list[float] = []
    reference = ask.listen(built(), recording, "reference")
    heard = ask.listen(built(), recording, "host", lambda state, found: seconds.append(state.t))
    assert heard.states == reference.states
    assert heard.detections == reference.detections
    assert len(heard.detections) > 1
    assert seconds == [float(t) for t in range(1, 12)]
    ask.check(built(), recording, heard)


@pytest.mark.parametrize("target", ["stm32", "mps3_an547"])
def test_the_firmware_in_qemu_hears_what_the_reference_hears(target: str, second: Path) -> None:
    need("qemu-system-arm", "arm-none-eabi-gcc")
    heard = ask.listen(built(target), second, "qemu")
    reference = ask.listen(built(target), second, "reference")
    assert heard.states == reference.states
    assert heard.detections == reference.detections


def test_a_difference_is_told_with_its_second(short: Path) -> None:
    heard = ask.listen(built(), short, "reference")
    states = (heard.states[0], dataclasses.replace(heard.states[1], logits=1))
    with pytest.raises(CheckFailed, match="the logits differ first in the second before 2 s"):
        ask.check(built(), short, dataclasses.replace(heard, states=states))


def test_the_command_tells_what_it_heard(short: Path, capsys: pytest.CaptureFixture[str]) -> None:
    need("cc")
    main(["listen", str(built().path), "--wav", str(short), "--json", "--check"])
    told = json.loads(capsys.readouterr().out)
    reference = ask.listen(built(), short, "reference").to_dict()
    assert told == {**reference, "runner": "the host's program"}
    main(["listen", str(built().path), "--wav", str(short)])
    assert "2.0 s  class 0 " in capsys.readouterr().err


def test_a_build_says_what_it_was_made_for() -> None:
    manifest = open_build(built().path).manifest
    assert manifest.features == model().features.to_dict()
    assert manifest.listen == HOW.to_dict()


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"rate": 44_100}, "has 44,100 Hz, not 16,000 Hz"),
        ({"channels": 2}, "has 2 channels, not one"),
        ({"bits": 8}, "has 8 bits a sample, not 16"),
        ({"rate": 8000, "channels": 2}, "has 8,000 Hz, not 16,000 Hz, and 2 channels, not one"),
    ],
)
def test_a_recording_of_another_form_is_refused(
    form: dict[str, int], complaint: str, tmp_path: Path
) -> None:
    path = write_wav(tmp_path / "other.wav", np.zeros(1000, np.int16), **form)
    with pytest.raises(DataError) as caught:
        ask.listen(built(), path)
    assert complaint in caught.value.message
    assert "ffmpeg -i other.wav -ac 1 -ar 16000" in (caught.value.hint or "")


def test_a_recording_that_is_cut_short_or_none_is_refused(tmp_path: Path, short: Path) -> None:
    whole = short.read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[:-100])
    with pytest.raises(DataError, match="cut short: 31,950 of 32,000 samples"):
        ask.listen(built(), tmp_path / "cut.wav")
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(DataError, match="is no WAV file, or damaged"):
        ask.listen(built(), tmp_path / "text.wav")
    with pytest.raises(DataError, match=r"cannot read .*missing\.wav"):
        ask.listen(built(), tmp_path / "missing.wav")


def test_a_build_of_another_app_does_not_listen(short: Path) -> None:
    with pytest.raises(RunnerError, match="was built with --app validate, which does not listen"):
        ask.listen(built(app="validate"), short)


def test_an_unknown_runner_is_refused(short: Path) -> None:
    with pytest.raises(RunnerError, match="no runner 'qemo' for sound") as caught:
        ask.listen(built(), short, "qemo")
    assert "did you mean qemu?" in (caught.value.hint or "")


def test_a_program_of_other_features_is_refused(short: Path, tmp_path: Path) -> None:
    need("cc")
    folder = Build.open(built().path)
    features = dict(folder.manifest.features or {}) | {"centre": 17.0}
    other = dataclasses.replace(
        folder, manifest=dataclasses.replace(folder.manifest, features=features)
    )
    with pytest.raises(RunnerError, match="has other features than its build folder says"):
        ask.listen(other, short)


def test_features_that_are_not_the_models_are_refused(tmp_path: Path) -> None:
    given = dataclasses.replace(Mel(frames=20, coefficients=5))
    with pytest.raises(BuildError, match="was trained on other features"):
        build(model(), "stm32", app="listen", out=tmp_path / "out", features=given)
    with pytest.raises(BuildError, match="make inputs of 49 x 10, and listener takes"):
        build(without_features(), "stm32", out=tmp_path / "out", features=Mel())
    assert not (tmp_path / "out").exists()


def test_a_network_that_says_nothing_of_features_cannot_listen(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="says nothing of the features") as caught:
        build(without_features(), "stm32", app="listen", out=tmp_path / "out")
    assert "--features FILE.toml" in (caught.value.hint or "")


def test_a_model_with_damaged_features_is_refused(tmp_path: Path) -> None:
    damaged = dataclasses.replace(listener(), metadata={"features": {"kind": "mfcc", "fft": 3}})
    with pytest.raises(ModelFormatError, match=r"features\.fft"):
        build(from_frozen(damaged), "stm32", out=tmp_path / "out")


def test_a_file_of_neither_table_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.toml").write_text('name = "x"')
    with pytest.raises(SystemExit) as end:
        main(["build", "--target", "stm32", "--features", str(tmp_path / "empty.toml")])
    assert end.value.code == 1
    assert "has neither a table [features] nor a table [listen]" in capsys.readouterr().err
