"""Attacks in front of the network: on a recording's samples, on a camera's frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.listeners import FEATURES, listener, looker
from support.sounds import chirp, stream
from tinyrob.attack import robustness
from tinyrob.attack.attacks import Ball
from tinyrob.attack.front_frame import FrameFront, enlarged
from tinyrob.attack.front_sound import Rooms, SoundFront, float_front, integer_front
from tinyrob.attack.fronts import FrontTarget
from tinyrob.attack.gradient_target import GraphTarget
from tinyrob.attack.grid import Norm, distance, inside, length, to_grid
from tinyrob.attack.square import Square
from tinyrob.attack.target import margin
from tinyrob.deployable import Deployable, from_frozen
from tinyrob.errors import DataError, TinyrobError, UnsupportedModel
from tinyrob.features import camera
from tinyrob.features.spec import Mel, Microfrontend
from tinyrob.ir.interp import interpret
from tinyrob.report.page import report
from tinyrob.tf import tensorflow

MEL = Mel(kind="log-mel", frames=10, pre_emphasis=0.97, high=8000.0, log2_step=-3)


def recordings(count: int, samples: int) -> np.ndarray:
    return np.stack(list(stream(count)))[:, :samples]


@pytest.mark.parametrize("front", [integer_front(FEATURES), integer_front(MEL), float_front()])
def test_what_is_differentiated_is_close_to_what_the_firmware_makes(front: SoundFront) -> None:
    """Only bands that nothing is in are rounded to something else by the integers."""
    x = recordings(6, front.shape[0])
    exact = front.made(x).reshape(len(x), -1).astype(np.float64)
    floats = front.surrogate(tensorflow(), x, True).numpy().reshape(len(x), -1)
    assert np.quantile(np.abs(exact - floats), 0.97) <= 1
    assert (exact == floats).mean() > 0.8


def test_a_room_is_a_loudness_and_a_delay_of_all_that_is_heard() -> None:
    front = integer_front(FEATURES, Rooms(5, gain=6.0, shift=20.0))
    x = recordings(2, front.shape[0])
    factors, delays = front.rooms.drawn(front.rate)
    played = front.played(x).reshape(2, 5, -1)
    for room, (factor, delay) in enumerate(zip(factors, delays, strict=True)):
        loud = np.clip((x.astype(np.int64) * factor + 8192) >> 14, -32768, 32767)
        rolled = np.roll(loud, delay, axis=1)
        rolled[:, slice(0, delay) if delay >= 0 else slice(delay, None)] = 0
        assert (played[:, room] == rolled).all()
    assert len(set(delays)) > 1
    assert 0.5 * 2**14 <= factors.min() < factors.max() <= 2.0 * 2**14
    floats = front.surrogate(tensorflow(), x, True).numpy().reshape(10, -1)
    assert np.abs(front.made(x).reshape(10, -1).astype(float) - floats).max() <= 2


def test_a_frames_gradient_is_that_of_the_boxes_that_are_averaged() -> None:
    front = FrameFront((37, 50), (9, 12, 3))
    frames = np.random.default_rng(1).integers(0, 256, (3, 37, 50, 3)).astype(np.uint8)
    exact = front.made(frames)
    for frame, made in zip(frames, exact, strict=True):
        assert (camera.picture(frame.reshape(37, -1), "rgb888", (9, 12, 3)) == made).all()
    floats = front.surrogate(tensorflow(), frames, True).numpy()
    assert np.abs(exact - floats).max() <= 1  # halves
    assert (exact == floats).mean() > 0.9
    pictures = np.random.default_rng(2).integers(0, 256, (2, 9, 12, 3)).astype(np.uint8)
    shown = FrameFront((36, 48), (9, 12, 3)).made(enlarged(pictures, (36, 48)))
    assert ((shown.view(np.uint8) ^ 0x80) == pictures).all()


@pytest.mark.parametrize("decibels", [40.0, 20.0, 3.0])
def test_no_recording_leaves_its_ball_of_decibels(decibels: float) -> None:
    x = recordings(6, 2000)
    random = np.random.default_rng(5)
    point = x + random.normal(0, 1e5, x.shape).astype(np.float32)
    q = to_grid(point, x, Norm.SNR, decibels)
    assert q.dtype == np.int16
    assert inside(q, x, Norm.SNR, decibels).all()
    heard = length(x, Norm.L2) > 1000
    snr = 20 * np.log10(length(x, Norm.L2)[heard] / distance(q, x, Norm.L2)[heard])
    assert (snr >= decibels - 1e-6).all()
    assert (snr < decibels + 0.5).any()


def sound_data(model: Deployable, count: int = 8) -> tuple[np.ndarray, np.ndarray]:
    assert model.features is not None
    x = np.stack([chirp(100 * n, 900 * n + 50, 3000) for n in range(1, count + 1)])
    x = x[:, : model.features.samples]
    inputs = integer_front(model.features).made(x)
    return x, interpret(model.graph, inputs).reshape(count, -1).argmax(1)


@pytest.mark.parametrize("rooms", [1, 3])
def test_a_recording_is_attacked_and_scored_through_the_exact_integers(
    rooms: int, tmp_path: Path
) -> None:
    model = from_frozen(listener())
    x, y = sound_data(model, 4)
    found = robustness.ask(
        model, "quick", (256,), attacks=("pgd-20",), at="samples", snr=(20, 40), inputs=x, labels=y,
        rooms=rooms, room_gain=1.0, room_shift=1.0, out=tmp_path / "out",
    )  # fmt: skip
    told = found.to_dict()
    assert told["front"]["place"] == "samples"
    assert (told["front"]["rooms"] or {"draws": 1})["draws"] == rooms
    assert told["input_shape"] == [x.shape[1]]
    worst = {(row.norm, row.eps): min(row.accuracy.values()) for row in found.attacks
             if row.kind == "worst-case"}  # fmt: skip
    assert worst["snr", 20] <= worst["snr", 40] <= found.accuracy("clean")
    assert worst["snr", 20] < 1 or worst["linf", 256] < 1
    examples = found.examples
    moved = examples["adversarial_samples"]
    assert moved.dtype == np.int16
    assert len(moved) > 0
    features = model.features
    assert features is not None
    first = integer_front(features, Rooms(rooms, 1.0, 1.0) if rooms > 1 else None)
    assert (first.made(moved)[::rooms] == examples["adversarial"]).all()
    page = report(tmp_path / "out")[0].read_text()
    assert page.count("data:audio/wav;base64,UklGR") == 2 * len(moved)
    assert "SNR, dB" in page


def test_the_table_of_recordings_is_what_runners_say_of_their_features(tmp_path: Path) -> None:
    model = from_frozen(listener())
    x, y = sound_data(model)
    found = robustness.ask(
        model, "quick", (400,), attacks=("pgd-20",), at="samples", snr=(), inputs=x, labels=y,
        out=tmp_path / "out", on=("keras", "tflm"),
    )  # fmt: skip
    assert found.exact is True
    assert found.clean == {"keras": 1.0, "tflm": 1.0}
    row = next(row for row in found.attacks if row.name == "pgd-20")
    assert row.accuracy["keras"] == row.accuracy["tflm"] < 1


def test_a_cameras_frame_is_attacked_before_it_is_scaled(tmp_path: Path) -> None:
    model = from_frozen(looker())
    frames = np.random.default_rng(3).integers(60, 200, (8, 27, 36, 3)).astype(np.uint8)
    made = FrameFront((27, 36), (9, 12, 3)).made(frames)
    y = interpret(model.graph, made).reshape(8, -1).argmax(1)
    found = robustness.ask(
        model, "quick", (2, 8), attacks=("pgd-20",), at="frame", inputs=frames, labels=y,
        out=tmp_path / "out",
    )  # fmt: skip
    assert found.to_dict()["front"] == {"place": "frame", "frame": [27, 36], "rooms": None}
    assert found.accuracy("worst-case", 8) < 1
    examples = found.examples
    assert examples["adversarial_frame"].shape[1:] == (27, 36, 3)
    assert examples["adversarial"].shape[1:] == (9, 12, 3)
    moved = examples["adversarial_frame"].astype(int) - examples["clean_frame"].astype(int)
    assert np.abs(moved).max() <= 8
    assert report(tmp_path / "out")[0].is_file()


@pytest.mark.parametrize("resize", camera.RESIZES)
@pytest.mark.parametrize("fit", camera.FITS)
def test_a_frames_surrogate_is_its_picture_up_to_rounding(
    fit: camera.Fit, resize: camera.Resize
) -> None:
    frames = np.random.default_rng(4).integers(0, 256, (2, 11, 31, 3), dtype=np.uint8)
    front = FrameFront((11, 31), (9, 12, 3), camera.Scaling(fit, resize))
    near = front.surrogate(tensorflow(), frames, False).numpy()
    assert np.abs(near - front.made(frames)).max() <= 0.501


def test_a_front_end_that_is_not_differentiated_is_attacked_by_its_answers() -> None:
    features = Microfrontend(frames=6, channels=8)
    model = from_frozen(listener(features))
    front = integer_front(features)
    target = FrontTarget(model.graph, front, GraphTarget(model.graph, True))
    assert target.surfaces == ()
    x, _ = sound_data(model, 3)
    made = front.made(x)
    y = interpret(model.graph, made).reshape(3, -1).argmax(1)
    ball = Ball(Norm.SNR, 3.0)
    found = Square(queries=12)(target, x, y, ball, 1)
    assert inside(found, x, Norm.SNR, 3.0).all()
    assert (found != x).any()
    start, moved = (margin(target.logits(one), y) for one in (x, found))
    assert (moved <= start).all()
    assert (moved < start).any()


@pytest.mark.parametrize(
    ("options", "kind", "complaint"),
    [
        ({"at": "sample"}, TinyrobError, "no place 'sample' to attack at"),
        ({"snr": (20,)}, TinyrobError, "--snr is for recordings"),
        ({"rooms": 3}, TinyrobError, "--rooms are for recordings"),
        ({"at": "samples", "rooms": 0}, TinyrobError, "0 rooms: there are 1 to 64"),
        ({"frame": (9, 9)}, TinyrobError, "--frame is a camera's"),
        ({"at": "samples", "transfer": ("digits-stq-jr",)}, TinyrobError, "network's own input"),
        ({"at": "samples", "attacks": ("cw",)}, TinyrobError, "none of these attacks is there"),
        ({"at": "samples", "snr": (500,)}, TinyrobError, "500 dB is outside of -40 to 120"),
        ({"at": "samples", "inputs": np.zeros((3, 99), np.int16)}, DataError, "not int16"),
        ({"at": "samples", "labels": None}, DataError, "--input and --labels go together"),
        ({"at": "frame"}, UnsupportedModel, "no picture of a camera's"),
    ],
)
def test_what_cannot_be_attacked_there_is_refused_with_the_reason(
    options: dict[str, Any], kind: type[TinyrobError], complaint: str, tmp_path: Path
) -> None:
    model = from_frozen(listener())
    x, y = sound_data(model, 3)
    given = {"inputs": x, "labels": y, "attacks": ("noise",)} | options
    with pytest.raises(kind, match=complaint):
        robustness.ask(model, "quick", (64,), out=tmp_path / "out", **given)  # type: ignore[arg-type]
    assert not (tmp_path / "out" / "attack.json").exists()
