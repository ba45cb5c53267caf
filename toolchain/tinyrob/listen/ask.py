"""``tinyrob listen``: a recording through a build of the app ``listen``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

from tinyrob.boards.read import find_board
from tinyrob.errors import BuildError, CheckFailed, DataError, RunnerError, did_you_mean
from tinyrob.features import decisions, read
from tinyrob.features.decisions import Decisions
from tinyrob.features.spec import Features
from tinyrob.files.lock import waiting_lock
from tinyrob.files.toml_table import Table
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.listen import reference
from tinyrob.listen.device import Listener, Live
from tinyrob.listen.heard import Heard
from tinyrob.listen.sound import padded, read_recording
from tinyrob.project.compile import CompilerFailed, compile_host
from tinyrob.project.make import first_error
from tinyrob.project.manifest import BuildFolder
from tinyrob.run.child import Child
from tinyrob.run.host import host_compiler
from tinyrob.run.qemu import qemu_command

APP = "listen"
_MACS_PER_SECOND = 1e6
"""Far below the slowest seen, as for other verbs: who takes longer has hung."""


class ListenOptions(TypedDict, total=False):
    """As the arguments of ``listen``."""

    live: Live | None


def listen(folder: BuildFolder, wav: Path, on: str = "host", live: Live | None = None) -> Heard:
    """What the build's program hears in a recording, up to the next whole second.

    ``on`` is host, qemu, or reference (no program: NumPy). Raises DataError for a recording that is
    not what the features are for, RunnerError, BuildError, ToolMissing.
    """
    if on not in RUNNERS:
        raise RunnerError(
            f"there is no runner {on!r} for sound",
            f"{did_you_mean(on, RUNNERS)}runners: {', '.join(RUNNERS)}",
        )
    features, how, classes = _facts(folder)
    samples = padded(features, read_recording(wav, features))
    if on == REFERENCE:
        graph = read_tflite(folder.tflite.read_bytes())
        return reference.listen(graph, features, how, classes, samples)
    inferences = 1 + features.rate / features.hop / how.stride
    child = start(folder, on, APP)
    try:
        listener = Listener(child, 60.0 + inferences * folder.manifest.macs / _MACS_PER_SECOND)
        listener.greet(features, folder.model_digest)
        return listener.hear(samples, features, how, classes, live)
    finally:
        child.stop()


def check(folder: BuildFolder, wav: Path, heard: Heard) -> None:
    """Raises CheckFailed where what was heard is not what the reference hears."""
    wrong = listen(folder, wav, REFERENCE).differences(heard)
    if wrong:
        raise CheckFailed(
            f"{heard.runner} and the reference differ: {'; '.join(wrong)}",
            "please report it: they are to be equal for any samples",
        )


def _facts(folder: BuildFolder) -> tuple[Features, Decisions, tuple[str, ...]]:
    """Raises RunnerError for a build of another app, DataError for a damaged manifest."""
    manifest = folder.manifest
    if manifest.app != APP or manifest.features is None or manifest.listen is None:
        raise RunnerError(
            f"{folder.path} was built with --app {manifest.app}, which does not listen",
            "build it with --app listen",
        )
    where = str(folder.path)
    features = Table(dict(manifest.features), where, "features.", DataError)
    how = Table(dict(manifest.listen), where, "listen.", DataError)
    return read.read(features), decisions.read(how), manifest.called


def start(folder: BuildFolder, on: str, app: str) -> Child:
    """The build's program of an app, on ``host`` or ``qemu``. Raises BuildError, ToolMissing."""
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


REFERENCE = "reference"
_START: dict[str, Callable[[BuildFolder, str], Child]] = {"host": _host, "qemu": _qemu}
RUNNERS = (*_START, REFERENCE)
