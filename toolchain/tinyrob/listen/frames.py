"""``tinyrob look``: pictures, as a camera would send them, through a build of the app ``look``."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.data.own.images import pillow, read
from tinyrob.errors import CheckFailed, DataError, RunnerError, did_you_mean
from tinyrob.features import camera
from tinyrob.files.limits import Damaged
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.listen.ask import QEMU, REFERENCE, SERIAL, meet, start
from tinyrob.listen.lines import Lines
from tinyrob.project.build_folder import BuildFolder
from tinyrob.run.link import Peer
from tinyrob.run.serial import SerialPort

APP, OWN = "look", "camera"
RUNNERS = ("host", QEMU, SERIAL, REFERENCE)
_ROW_BYTES, _ROWS = 4096, 4096  # what firmware/apps/look.c takes
_PICTURE = re.compile(r"picture ([0-9a-f]{8})")
_GREETING, _NEXT = "looking model ", "next"
_ASKS, _ROW, _FILLER = b"H", b"R", b"N"  # who is there, a row, and what is taken for nothing
_ANSWERS_WITHIN, _LEFT_TO_SAY = 3.0, 16
_SEEN = re.compile(r"seen (\d+) (-?\d+) logits ([0-9a-f]{8}) .*")


@dataclass(frozen=True)
class Seen:
    """What was seen in a file: the class, its output, CRC-32 of the network's input and outputs."""

    file: str
    label: str
    logit: int
    picture: int
    logits: int

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        found = asdict(self)
        found["class"] = found.pop("label")
        return {**found, "picture": f"{self.picture:08x}", "logits": f"{self.logits:08x}"}


def look(
    folder: BuildFolder, images: Sequence[Path], on: str = "host", form: str = "rgb565"
) -> list[Seen]:
    """What the build's program sees in pictures of files, sent in a camera's format.

    ``on`` is host, qemu, serial (the board that runs it, as ``folder.serial`` says), or reference.
    Raises DataError for what is no picture, or too wide;
    RunnerError, BuildError, ToolMissing.
    """
    if on not in RUNNERS:
        raise RunnerError(
            f"there is no runner {on!r} for frames",
            f"{did_you_mean(on, RUNNERS)}runners: {', '.join(RUNNERS)}",
        )
    if folder.manifest.app != APP:
        raise RunnerError(
            f"{folder.path} was built with --app {folder.manifest.app}, which does not look",
            "the board sees by its own camera: tinyrob monitor shows what; or build with --app look"
            if folder.manifest.app == OWN
            else "build it with --app look",
        )
    frames = [frame_of(path, form) for path in images]
    called = folder.manifest.called
    if on == REFERENCE:
        return _expected(folder, images, frames, form)
    peer = start(folder, on, APP)
    try:
        lines = Lines(peer, 60.0 + folder.manifest.macs / 1e6)
        if isinstance(peer, SerialPort):
            meet(peer, folder, lambda: _ask(peer, lines, folder))
        else:
            _greet(peer, lines, folder)
        return [
            _seen(peer, lines, str(path), raw, form, called)
            for path, raw in zip(images, frames, strict=True)
        ]
    finally:
        peer.stop()


def _greet(
    peer: Peer, lines: Lines, folder: BuildFolder, skip: int = 0, within: float | None = None
) -> None:
    """Raises RunnerError where the program is another model's. So many lines may come before."""
    line = lines.next(within)
    while not line.startswith(_GREETING) and skip > 0:
        skip, line = skip - 1, lines.next(within)
    if line != f"{_GREETING}{folder.model_digest.hex()}":
        raise RunnerError(
            f"{peer.who} is not the firmware of its build folder: it said {line[:60]!r}",
            "build again" if not isinstance(peer, SerialPort) else "flash it: tinyrob flash",
        )


def _ask(peer: Peer, lines: Lines, folder: BuildFolder) -> None:
    """Has a program that runs already say who it is, perhaps from the middle of a row."""
    lines.write(_FILLER * _ROW_BYTES + _ASKS)
    _greet(peer, lines, folder, _LEFT_TO_SAY, _ANSWERS_WITHIN)


def _seen(
    peer: Peer, lines: Lines, file: str, raw: NDArray[np.uint8], form: str, called: Sequence[str]
) -> Seen:
    """What a program sees in a frame: a row goes when the one before it has been taken."""
    lines.write(_head(raw, form))
    line = _NEXT
    for row in raw:
        lines.write(_ROW + row.tobytes())
        line = _answer(lines)
        if line != _NEXT:
            break  # the rows below are not in the picture
    picture = _PICTURE.fullmatch(line)
    seen = None if picture is None else _SEEN.fullmatch(_answer(lines))
    if picture is None or seen is None:
        raise RunnerError(f"{peer.who} has lost a frame's bytes", "try it again")
    label, logit = called[int(seen[1])], int(seen[2])
    return Seen(file, label, logit, int(picture[1], 16), int(seen[3], 16))


def _answer(lines: Lines) -> str:
    """The next line that is no greeting: a board that has just started greets, and once more when
    it is asked."""
    while (line := lines.next()).startswith(_GREETING):
        pass
    return line


def check(folder: BuildFolder, images: Sequence[Path], form: str, found: Sequence[Seen]) -> None:
    """Raises CheckFailed where a picture or an output is not the reference's."""
    expected = look(folder, images, REFERENCE, form)
    wrong = [one.file for one, other in zip(found, expected, strict=True) if one != other]
    if wrong:
        raise CheckFailed(
            f"{len(wrong)} of {len(found)} pictures differ from the reference, the first is "
            f"{wrong[0]}",
            "please report it: they are to be equal for any frame",
        )


def frame_of(path: Path, form: str) -> NDArray[np.uint8]:
    """A picture's file as a camera's bytes (H, W * bytes a pixel). Raises DataError."""
    try:
        pixels = np.asarray(read(pillow(), path).convert("RGB"), np.uint8)
    except OSError as error:
        why = error.strerror or str(error)
        raise DataError(f"{path} cannot be read: {why}", "name a PNG or JPEG") from None
    except Damaged as error:
        raise DataError(f"{path} is no picture: {error}", "name a PNG or JPEG") from None
    if form == "yuv422":
        pixels = pixels[:, : pixels.shape[1] // 2 * 2]
    raw = camera.raw_of(pixels, form)
    if raw.shape[1] > _ROW_BYTES or len(raw) > _ROWS or raw.size == 0:
        raise DataError(
            f"{path} is {pixels.shape[1]} x {pixels.shape[0]}: a row is at most {_ROW_BYTES:,} "
            f"bytes of {form}, and there are at most {_ROWS:,}",
            "make it smaller, or choose a format of fewer bytes",
        )
    return raw


def _head(raw: NDArray[np.uint8], form: str) -> bytes:
    width = raw.shape[1] // camera.BYTES[form]
    sizes = np.array([width, len(raw)], "<u2").tobytes()
    return b"TRF" + bytes([camera.FORMATS.index(form)]) + sizes


def _expected(
    folder: BuildFolder, images: Sequence[Path], frames: Sequence[NDArray[np.uint8]], form: str
) -> list[Seen]:
    graph, called = read_tflite(folder.tflite.read_bytes()), folder.manifest.called
    height, width, channels = graph.tensors[graph.inputs[0]].sample_shape
    how = camera.from_manifest(folder.manifest.camera, str(folder.path))
    found = []
    for path, raw in zip(images, frames, strict=True):
        picture = camera.picture(raw, form, (height, width, channels), how)
        output = interpret(graph, picture[None]).reshape(-1)
        best = int(output.argmax())
        crcs = (zlib.crc32(values.tobytes()) for values in (picture, output))
        found.append(Seen(str(path), called[best], int(output[best]), *crcs))
    return found
