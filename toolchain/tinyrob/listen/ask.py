"""``tinyrob listen``: a recording, or a microphone, through a build of the app ``listen``."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyrob.boards.read import find_board
from tinyrob.errors import BuildError, CheckFailed, DataError, RunnerError, did_you_mean
from tinyrob.features import decisions, read
from tinyrob.features.decisions import Decisions
from tinyrob.features.spec import Features
from tinyrob.files.lock import waiting_lock
from tinyrob.files.toml_table import Table
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.listen import reference
from tinyrob.listen.device import Listener, Live, Note, quiet
from tinyrob.listen.heard import Heard
from tinyrob.listen.microphone import Microphone
from tinyrob.listen.sound import convert_recording, in_hops, padded, read_recording
from tinyrob.project.build_folder import BuildFolder
from tinyrob.project.compile import CompilerFailed, compile_host
from tinyrob.project.make import first_error
from tinyrob.run.child import Child
from tinyrob.run.host import host_compiler
from tinyrob.run.link import Peer
from tinyrob.run.qemu import qemu_command
from tinyrob.run.serial import SerialPort, find_port

APP, OWN = "listen", "microphone"
"""The apps that hear samples from outside, and a board's own microphone."""
_PIPE_BYTES = 16_384
"""What a pipe holds on every system. A program that is asked for each hop alone waits for this
one, and this one for it, fifty times a second of sound."""
_MACS_PER_SECOND = 1e6
"""Far below the slowest seen, as for other verbs: who takes longer has hung."""


def listen(
    folder: BuildFolder,
    wav: Path | None = None,
    on: str = "host",
    live: Live | None = None,
    *,
    note: Note = quiet,
    microphone: bool = False,
    seconds: float | None = None,
    convert: bool = False,
) -> Heard:
    """What the build's program hears in a recording, up to the next whole second; with
    ``microphone``, in what this machine's hears for so many ``seconds`` (None: until Ctrl-C).

    ``on`` is host, qemu, serial (the board that runs it, as ``folder.serial`` says), or reference
    (no program: NumPy). ``live`` is told of each second, ``note`` of what was lost. ``convert``
    takes any recording that training takes, and makes the samples of it that training makes. Raises
    DataError for a recording that is not what the features are for, RunnerError, BuildError,
    ToolMissing.
    """
    _check_runner(on)
    if folder.manifest.app == OWN:
        return _hear(folder, wav is None and not microphone and on == SERIAL, seconds, live, note)
    if (wav is not None) == microphone:
        raise RunnerError(
            "sound comes from a recording or from this machine's microphone: one of them",
            "name a recording (--wav F), or --microphone",
        )
    features, how, classes = _facts(folder)
    if wav is None:
        if on != "host":
            raise RunnerError(
                f"this machine's microphone is heard on the host, not on {on}", "leave out --on"
            )
        source = Microphone(features, note)
        hops: Iterable[NDArray[np.int16]] = source.hops(seconds)
        return replace(_play(folder, on, hops, live, note, 1), lost=source.lost)
    if convert:
        samples, told = convert_recording(wav, features)
        note(f"{wav} has {told}, converted to {features.rate:,} Hz, mono, 16 bits")
    else:
        samples = read_recording(wav, features)
    samples = padded(features, samples)
    if on == REFERENCE:
        whole = folder.tflite if folder.manifest.stream is None else folder.window
        graph = read_tflite(whole.read_bytes())
        return reference.listen(graph, features, how, classes, samples)
    if on == QEMU:
        return _emulate(folder, samples, live, note)
    ahead = 1 if on == SERIAL else max(1, _PIPE_BYTES // (1 + 2 * features.hop))
    return _play(folder, on, in_hops(features, samples), live, note, ahead)


def _hear(
    folder: BuildFolder, board: bool, seconds: float | None, live: Live | None, note: Note
) -> Heard:
    """What a board's own microphone hears."""
    if not board:
        raise RunnerError(
            f"{folder.path} was built with --app {OWN}: the board hears its own microphone",
            "listen to it with --on serial, without --wav; or build with --app listen",
        )
    features, how, classes = _facts(folder)
    peer = start(folder, SERIAL, OWN)
    try:
        listener = Listener(peer, _patience(folder, features, how), note)
        listener.greet(features, folder.model_digest, _LINES_A_GREETING)
        return listener.hear_its_own(features, how, classes, live, seconds)
    finally:
        peer.stop()


def _check_runner(on: str) -> None:
    if on not in RUNNERS:
        raise RunnerError(
            f"there is no runner {on!r} for sound",
            f"{did_you_mean(on, RUNNERS)}runners: {', '.join(RUNNERS)}",
        )


def _play(
    folder: BuildFolder,
    on: str,
    hops: Iterable[NDArray[np.int16]],
    live: Live | None,
    note: Note,
    ahead: int,
) -> Heard:
    """To the program of this machine, or of a board, so many hops at a time."""
    features, how, classes = _facts(folder)
    peer = start(folder, on, APP)
    try:
        listener = Listener(peer, _patience(folder, features, how), note)
        if isinstance(peer, SerialPort):
            meet(peer, folder, lambda: listener.ask(features, folder.model_digest))
        else:
            listener.greet(features, folder.model_digest)
        return listener.hear(hops, features, how, classes, live, ahead)
    finally:
        peer.stop()


def meet(port: SerialPort, folder: BuildFolder, ask: Callable[[], None]) -> None:
    """The board on a port, which ``ask`` has say who it is; one that does not answer is reset once.
    Raises RunnerError."""
    with contextlib.suppress(RunnerError):
        return ask()
    port.reset()
    try:
        ask()
    except RunnerError as error:
        raise RunnerError(
            f"{error.message}, nor after a reset",
            f"is this build on it (`tinyrob flash {folder.path}`), is it the right port, and its "
            "console's speed the build's?",
        ) from None


def _emulate(
    folder: BuildFolder, samples: NDArray[np.int16], live: Live | None, note: Note
) -> Heard:
    """To the firmware in QEMU, which reads them from a file: byte by byte its UART would take
    longer than all else."""
    features, how, classes = _facts(folder)
    board = find_board(folder.manifest.board)
    with tempfile.TemporaryDirectory(prefix="tinyrob-") as spare:
        file = Path(spare) / "samples"
        file.write_bytes(samples.astype("<i2").tobytes())
        command = qemu_command(board, folder.elf, counted=False, words=("samples", str(file)))
        child = Child("QEMU", command)
        try:
            listener = Listener(child, _patience(folder, features, how), note)
            listener.greet(features, folder.model_digest)
            return listener.hear_its_own(features, how, classes, live)
        finally:
            child.stop()


def _patience(folder: BuildFolder, features: Features, how: Decisions) -> float:
    inferences = 1 + features.rate / features.hop / how.stride
    return 60.0 + inferences * folder.manifest.macs / _MACS_PER_SECOND


def check(folder: BuildFolder, wav: Path, heard: Heard, convert: bool = False) -> None:
    """Raises CheckFailed where what was heard is not what the reference hears."""
    wrong = listen(folder, wav, REFERENCE, convert=convert).differences(heard)
    if wrong:
        raise CheckFailed(
            f"{heard.runner} and the reference differ: {'; '.join(wrong)}",
            "please report it: they are to be equal for any samples",
        )


def _facts(folder: BuildFolder) -> tuple[Features, Decisions, tuple[str, ...]]:
    """Raises RunnerError for a build of another app, DataError for a damaged manifest."""
    manifest = folder.manifest
    if manifest.app not in (APP, OWN) or manifest.features is None or manifest.listen is None:
        raise RunnerError(
            f"{folder.path} was built with --app {manifest.app}, which does not listen",
            "build it with --app listen",
        )
    where = str(folder.path)
    features = Table(dict(manifest.features), where, "features.", DataError)
    how = Table(dict(manifest.listen), where, "listen.", DataError)
    return read.read(features), decisions.read(how), manifest.called


def start(folder: BuildFolder, on: str, app: str) -> Peer:
    """The build's program of an app, on ``host``, ``qemu``, or the board's that is on ``serial``.
    Raises BuildError, RunnerError, ToolMissing."""
    return _START[on](folder, app)


def _host(folder: BuildFolder, app: str) -> Child:
    compiler, home = host_compiler(), folder.path / "host"
    home.mkdir(exist_ok=True)
    with waiting_lock(home / ".lock"):
        try:
            compile_host(folder.path, compiler, (), app, f"{app}.c")
        except CompilerFailed as error:
            raise BuildError(
                f"the C sources of {folder.path} do not compile here: {first_error(error.said)}",
                "build again",
            ) from None
    return Child("the host's program", [str(home / app)])


def _qemu(folder: BuildFolder, app: str) -> Child:
    return Child("QEMU", qemu_command(find_board(folder.manifest.board), folder.elf, counted=False))


def _serial(folder: BuildFolder, app: str) -> SerialPort:
    board = find_board(folder.manifest.board)
    baud = folder.serial.baud or folder.manifest.baud or board.console.baud
    return SerialPort(find_port(folder.serial), baud)


QEMU, SERIAL, REFERENCE = "qemu", "serial", "reference"
_START: dict[str, Callable[[BuildFolder, str], Peer]] = {
    "host": _host,
    QEMU: _qemu,
    SERIAL: _serial,
}
RUNNERS = (*_START, REFERENCE)
_LINES_A_GREETING = 32
"""A board that hears its own microphone says each second who it is: so many lines lie between."""
