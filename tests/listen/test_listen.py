"""A recording in, decisions out: the same in NumPy, on the host and in QEMU; bad ones refused."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.machinery
import json
import math
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from support.firmware import need
from support.listeners import (
    FEATURES,
    FOLLOWING,
    HOW,
    ODD,
    built,
    built_to_follow,
    following,
    listener,
    model,
    without_features,
)
from support.recurrent import streaming
from support.sounds import hostile, stream, write_wav
from support.streams import Line
from support.wires import Wire
from tinyrob.build.job import build
from tinyrob.build.listening import decisions_of, emit_sound, features_of
from tinyrob.cli import main
from tinyrob.deployable import Deployable, from_frozen, load_model
from tinyrob.errors import (
    BuildError,
    CheckFailed,
    DataError,
    ModelFormatError,
    RunnerError,
    ToolMissing,
)
from tinyrob.features.decisions import Decisions
from tinyrob.features.spec import Mel
from tinyrob.ir.graph import Op, Quantization, Tensor
from tinyrob.ir.operators import Logistic
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.listen import ask
from tinyrob.listen import reference as by_numpy
from tinyrob.listen.device import Listener
from tinyrob.listen.lines import Lines
from tinyrob.listen.microphone import Microphone
from tinyrob.listen.sound import convert_recording, in_hops, padded, read_recording
from tinyrob.listen.tables import read_front
from tinyrob.pipeline import Build
from tinyrob.project.build_folder import SerialOptions, open_build
from tinyrob.run.child import Child
from tinyrob.run.link import Peer

MARVIN = """
classes = ["marvin", "_silence_", "_unknown_"]
[features]
kind = "log-mel"
frames = 30
frame = 1024
hop = 512
fft = 1024
window = "hamming-symmetric"
pre_emphasis = 0.96875
low = 0.0
high = 8000.0
centre = 26.7977
step = 0.078685
[listen]
stride = 1
"""


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


def test_a_program_of_this_machine_is_given_many_hops_at_a_time(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("cc")
    sent: list[int] = []
    write = Lines.write

    def counted(lines: Lines, content: bytes) -> None:
        sent.append(len(content))
        write(lines, content)

    monkeypatch.setattr(Lines, "write", counted)
    features = model().features
    assert features is not None
    whole = len(padded(features, read_recording(recording, features))) // features.hop
    a_hop = 1 + 2 * features.hop
    ask.listen(built(), recording, "host")
    assert sum(sent) == whole * a_hop
    assert max(sent) <= 16_384
    assert len(sent) == -(-whole // (16_384 // a_hop)) < whole / 5


def test_a_network_that_takes_a_stream_hears_what_it_hears_of_whole_windows(
    recording: Path,
) -> None:
    need("cc")
    folder = built_to_follow()
    assert folder.manifest.stream is not None
    assert folder.manifest.stream.window % folder.manifest.stream.steps == 1
    heard = ask.listen(folder, recording, "host")
    assert heard.states == ask.listen(folder, recording, "reference").states
    assert len({state.logits for state in heard.states}) == len(heard.states)


def test_decisions_between_pushes_and_streams_of_other_axes_are_refused(tmp_path: Path) -> None:
    for wrong, said in (
        ({"decisions": HOW}, "takes 2 frames a push, and decisions are made every 3"),
        ({"decisions": FOLLOWING, "app": "look"}, "the app look makes whole pictures"),
    ):
        with pytest.raises(BuildError, match=said):
            build(
                following(), "stm32", out=tmp_path / "build", stream=0,
                **{"app": "listen", "features": ODD, **wrong},
            )  # fmt: skip
    assert not (tmp_path / "build").exists()


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


@pytest.mark.parametrize("form", [{"rate": 44_100}, {"channels": 2}, {"bits": 8}])
def test_a_recording_of_another_form_is_converted_where_that_is_asked_for(
    form: dict[str, int], tmp_path: Path
) -> None:
    need("cc")
    samples = np.random.default_rng(4).integers(0, 256, 8000)
    path = write_wav(tmp_path / "other.wav", samples, **form)
    notes: list[str] = []
    heard = ask.listen(built(), path, "host", note=notes.append, convert=True)
    ask.check(built(), path, heard, convert=True)
    told = f"has {form.get('rate', 16_000):,} Hz, {form.get('channels', 1)} channel"
    assert told in notes[0]
    assert notes[0].endswith("converted to 16,000 Hz, mono, 16 bits")


def test_converting_what_has_the_form_changes_no_sample(short: Path) -> None:
    features = model().features
    assert features is not None
    made, _ = convert_recording(short, features)
    assert (made == read_recording(short, features)).all()


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
    nothing = write_wav(tmp_path / "nothing.wav", np.zeros(0, np.int16))
    with pytest.raises(DataError, match="holds no samples"):
        ask.listen(built(), nothing)
    (tmp_path / "float.wav").write_bytes(whole[:20] + b"\x03" + whole[21:])
    with pytest.raises(DataError, match="another kind than 16-bit integers: its format is 3") as of:
        ask.listen(built(), tmp_path / "float.wav")
    assert "--convert" in (of.value.hint or "")


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


def test_a_network_of_another_toolchain_is_a_whole_application(
    second: Path, shared_models: Path, tmp_path: Path
) -> None:
    """MLPerf Tiny's streaming wake word: its features, its classes' names, a frame a push."""
    need("cc")
    (tmp_path / "marvin.toml").write_text(MARVIN)
    told = read_front(tmp_path / "marvin.toml")
    network = load_model(str(shared_models / "str_ww_ref_model.tflite"))
    build(
        network, "stm32", app="listen", out=tmp_path / "out", features=told.features,
        decisions=told.decisions, classes=told.classes, stream=0,
    )  # fmt: skip
    folder = open_build(tmp_path / "out")
    assert folder.manifest.classes == ("marvin", "_silence_", "_unknown_")
    ask.check(folder, second, ask.listen(folder, second))


def test_classes_that_are_not_the_networks_are_refused(tmp_path: Path) -> None:
    four = from_frozen(dataclasses.replace(listener(), metadata={"classes": ["a", "b", "c"]}))
    with pytest.raises(BuildError, match=r"has classes of its own \(a, b, c\)"):
        build(four, "stm32", out=tmp_path / "out", classes=("a", "b", "d"))
    for classes in (("a", "b"), ("a", "b", "b")):
        with pytest.raises(BuildError, match="has 3 outputs, and the file names 2 different"):
            build(without_features(), "stm32", out=tmp_path / "out", classes=classes)


THREE = Mel(kind="log-mel", frames=1, bands=3, hop=160)


def keeping() -> Deployable:
    """A network that keeps its past frames itself, and is given one at a time."""
    graph = streaming(np.zeros)
    return Deployable("keeper", graph, write_tflite(graph))


def test_the_reference_of_a_network_with_a_state_never_begins_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def heard() -> list[int]:
        samples, classes = np.concatenate(list(stream(3, seed=2))), ("a", "b")
        found = by_numpy.listen(keeping().graph, THREE, Decisions(stride=1), classes, samples)
        return [state.logits for state in found.states]

    whole = heard()
    monkeypatch.setattr(by_numpy, "_BATCH", 7)
    assert heard() == whole


def test_a_network_with_a_state_is_given_each_frame_once() -> None:
    assert decisions_of(keeping(), THREE).stride == 1
    emit_sound(keeping(), THREE, "listen", None, "keeper")
    with pytest.raises(BuildError, match="keeps a state from 1 frames to the next 1, and is run"):
        emit_sound(keeping(), THREE, "listen", Decisions(), "keeper")


def test_one_output_is_a_probability_or_refused(tmp_path: Path) -> None:
    line = Line(3, 4, 1, 5)
    line.dense(1)
    features = Mel(kind="log-mel", frames=4, bands=5, low=100.0)
    logit = line.graph("one")
    with pytest.raises(BuildError, match="one output, which no sigmoid makes a probability"):
        emit_sound(Deployable("one", logit, b""), features, "listen", None, "one")
    grid = Quantization((2.0**-8,), (-128,))
    tensors = (*logit.tensors, Tensor("probability", (1, 1), "int8", grid))
    last = Op(Logistic(), (logit.outputs[0],), (len(logit.tensors),))
    sigmoid = dataclasses.replace(
        logit, tensors=tensors, ops=(*logit.ops, last), outputs=(len(logit.tensors),)
    )
    plan = emit_sound(Deployable("one", sigmoid, b""), features, "listen", None, "one")
    assert b"#define TR_LISTEN_LOGITS 0" in plan.files["apps/tr_listen.h"]


def test_features_of_a_flat_input_fit_and_others_are_told_how_many_frames_would() -> None:
    model = without_features()
    count = math.prod(FEATURES.shape)
    tensors = (dataclasses.replace(model.graph.tensors[0], shape=(1, count)),)
    flat = dataclasses.replace(
        model, graph=dataclasses.replace(model.graph, tensors=(*tensors, *model.graph.tensors[1:]))
    )
    assert features_of(flat, FEATURES) == FEATURES
    with pytest.raises(BuildError) as caught:
        features_of(flat, dataclasses.replace(FEATURES, frames=7))
    assert "with frames = 20?" in (caught.value.hint or "")


def test_a_file_of_neither_table_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.toml").write_text('name = "x"')
    with pytest.raises(SystemExit) as end:
        main(["build", "--target", "stm32", "--features", str(tmp_path / "empty.toml")])
    assert end.value.code == 1
    assert "has no table [features], [listen] or [camera]" in capsys.readouterr().err


def test_a_board_on_a_serial_port_hears_what_the_reference_hears(
    second: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("cc")
    monkeypatch.setattr("tinyrob.listen.device._ANSWERS_WITHIN", 60.0)
    reference = ask.listen(built(), second, "reference")
    with Wire(lambda: child(ask.start(built(), "host", "listen"))) as wire:
        board = dataclasses.replace(built(), serial=SerialOptions(wire.port))
        for _ in range(2):  # a second session begins anew
            heard = ask.listen(board, second, "serial")
            assert heard.states == reference.states
            assert heard.detections == reference.detections


def test_firmware_hears_its_uart_as_well_as_a_file(second: Path) -> None:
    need("qemu-system-arm", "arm-none-eabi-gcc")
    folder, features = built(), model().features
    assert features is not None
    samples = padded(features, read_recording(second, features))
    peer = ask.start(folder, "qemu", "listen")
    try:
        listener = Listener(peer, 120.0)
        listener.greet(features, folder.model_digest)
        half = in_hops(features, samples[: 2 * features.hop])
        listener.hear(half, features, HOW, folder.manifest.called)
        listener.ask(features, folder.model_digest)
        heard = listener.hear(in_hops(features, samples), features, HOW, folder.manifest.called)
    finally:
        peer.stop()
    assert heard.states == ask.listen(folder, second, "reference").states


def test_a_board_that_does_not_listen_is_reset_once_then_given_up(
    second: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("sleep")
    monkeypatch.setattr("tinyrob.run.serial._BREAK_SECONDS", 0.01)
    monkeypatch.setattr("tinyrob.listen.device._ANSWERS_WITHIN", 0.2)
    with Wire(lambda: Child("nobody", ["sleep", "60"])) as wire:
        board = dataclasses.replace(built(), serial=SerialOptions(wire.port))
        with pytest.raises(RunnerError, match="says nothing for 0 s, nor after a reset") as caught:
            ask.listen(board, second, "serial")
    assert "tinyrob flash" in (caught.value.hint or "")


def test_a_program_that_stops_in_the_middle_is_said_with_the_time(second: Path) -> None:
    need("cc")
    features = model().features
    assert features is not None
    samples = padded(features, read_recording(second, features))
    peer = child(ask.start(built(), "host", "listen"))
    listener = Listener(peer, 60.0)
    listener.greet(features, built().model_digest)

    def hops() -> Iterator[np.ndarray]:
        for number, hop in enumerate(in_hops(features, samples)):
            if number == 25:
                peer._process.kill()
                peer._process.wait(10.0)
            yield hop

    with pytest.raises(RunnerError, match=r"after 0\.50 s of sound"):
        listener.hear(hops(), features, HOW, built().manifest.called)
    peer.stop()


class FakeDevice:
    """What tinyrob calls of sounddevice: gives ``blocks`` and then nothing."""

    class PortAudioError(Exception):
        pass

    def __init__(self, blocks: list[np.ndarray], overflows: int = 0, broken: str = "") -> None:
        self.__spec__ = importlib.machinery.ModuleSpec("sounddevice", None)
        self.blocks, self.overflows, self.broken = blocks, overflows, broken

    def InputStream(self, *, callback, **form):  # noqa: N802 - its name
        if self.broken:
            raise self.PortAudioError(self.broken)
        self.form = form

        @contextlib.contextmanager
        def opened():
            for number, block in enumerate(self.blocks):
                status = types.SimpleNamespace(input_overflow=number < self.overflows)
                callback(block[:, None], len(block), None, status)
            yield

        return opened()


def with_microphone(monkeypatch: pytest.MonkeyPatch, device: FakeDevice) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", device)
    monkeypatch.setattr("tinyrob.listen.microphone._SILENT_SECONDS", 0.05)


def test_a_microphone_is_heard_as_a_recording_is(
    second: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    need("cc")
    features = model().features
    assert features is not None
    samples = padded(features, read_recording(second, features))
    device = FakeDevice(list(in_hops(features, samples)))
    with_microphone(monkeypatch, device)
    heard = ask.listen(built(), microphone=True, seconds=1.0)
    assert heard.states == ask.listen(built(), second, "reference").states
    assert (device.form["samplerate"], device.form["channels"]) == (16_000, 1)
    assert device.form["dtype"] == "int16"
    main(["listen", str(built().path), "--microphone", "--seconds", "1", "--json"])
    assert json.loads(capsys.readouterr().out)["lost_samples"] == 0


def test_samples_that_nobody_took_are_counted_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    features = model().features
    assert features is not None
    blocks = [np.zeros(features.hop, np.int16)] * 205  # four seconds wait, five hops do not
    with_microphone(monkeypatch, FakeDevice(blocks, overflows=3))
    notes: list[str] = []
    source = Microphone(features, notes.append)
    assert len(list(source.hops(4.0))) == 200
    assert source.lost == 5 * features.hop
    assert notes == [
        "1,600 samples of the microphone were lost so far, and its own buffer ran over 3 times"
    ]


def test_a_microphone_that_stops_or_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    features = model().features
    assert features is not None
    with_microphone(monkeypatch, FakeDevice([np.zeros(features.hop, np.int16)]))
    with pytest.raises(RunnerError, match="has given no samples for"):
        list(Microphone(features).hops(1.0))
    with_microphone(monkeypatch, FakeDevice([], broken="Invalid sample rate"))
    with pytest.raises(RunnerError, match="cannot be had at 16,000 Hz, mono: Invalid sample rate"):
        list(Microphone(features).hops(1.0))
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ToolMissing, match="sounddevice is not installed") as caught:
        list(Microphone(features).hops(1.0))
    assert str(caught.value.hint).endswith('[microphone]"')


def test_what_a_boards_microphone_lost_is_counted_and_said() -> None:
    features = model().features
    assert features is not None
    program = "\n".join(
        (
            f"listening features {features.digest} model {built().model_digest.hex()}",
            "lost 12",
            "at 1.000 features 00000001 logits 00000002 sums 1 2 3",
            "stopped 1.020",
            "lost 40",
            f"listening features {features.digest} model {built().model_digest.hex()}",
            "at 2.000 features 00000001 logits 00000002 sums 1 2 3",
        )
    )
    notes: list[str] = []
    peer = Child("it", ["printf", "%s\\n", program])
    try:
        listener = Listener(peer, 10.0, notes.append)
        listener.greet(features, built().model_digest)
        heard = listener.hear_its_own(features, HOW, built().manifest.called, seconds=2.0)
    finally:
        peer.stop()
    assert (heard.lost, len(heard.states), heard.to_dict()["lost_samples"]) == (40, 2, 40)
    assert notes == [
        "it has lost 12 samples so far: it takes too long",
        "its microphone stopped after 1.02 s, and was started",
        "it has lost 40 samples so far: it takes too long",
    ]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "name a recording (--wav F) or --microphone"),
        (["--microphone", "--check"], "--check compares what a recording gives"),
        (["--wav", "WAV", "--seconds", "3"], "--seconds goes with --microphone"),
    ],
)
def test_the_command_takes_one_source(
    arguments: list[str], complaint: str, short: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(short) if word == "WAV" else word for word in arguments]
    with pytest.raises(SystemExit) as end:
        main(["listen", str(built().path), *given])
    assert end.value.code == 2
    assert complaint in " ".join(capsys.readouterr().err.split())


def child(peer: Peer) -> Child:
    assert isinstance(peer, Child)
    return peer
