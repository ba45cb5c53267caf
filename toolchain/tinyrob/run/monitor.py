"""A board's console for people: text as it comes, frames as what they mean."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path
from typing import BinaryIO, TextIO

from tinyrob.boards.read import find_board
from tinyrob.files.escape import terminal
from tinyrob.project.build_folder import BuildFolder
from tinyrob.run import protocol
from tinyrob.run.frames import Splitter, decode
from tinyrob.run.link import LinkClosed
from tinyrob.run.serial import SerialPort, find_port

_WAIT = 0.1
_SHOWN = 16
_NAMES = {
    getattr(protocol, name): name
    for name in ("HELLO", "INFER", "TRACE", "TENSOR", "STATS", "PROFILE", "RESET", "CHECK", "WATCH")
}


def monitor(
    folder: BuildFolder,
    to: TextIO,
    typed: BinaryIO | None,
    *,
    reset: bool = False,
    seconds: float | None = None,
    log: Path | None = None,
) -> None:
    """Shows on ``to`` what the board of a build says, and sends it the lines of ``typed``.

    ``reset`` sends a break first; it ends after ``seconds``, or when the port goes away. ``log``
    gets the bytes as they are. Raises ToolMissing, RunnerError where there is no port.
    """
    board = find_board(folder.manifest.board)
    baud = folder.serial.baud or folder.manifest.baud or board.console.baud
    port = SerialPort(find_port(folder.serial), baud)
    shown = _Frames() if folder.manifest.app == "validate" else _Text()
    with contextlib.ExitStack() as stack:
        stack.callback(port.stop)
        copy = stack.enter_context(log.open("wb")) if log is not None else None
        if reset:
            port.reset()
        if typed is not None:
            threading.Thread(target=_send, args=(port, typed), daemon=True).start()
        end = None if seconds is None else time.monotonic() + seconds
        while end is None or time.monotonic() < end:
            try:
                data = port.link.read(_WAIT)
            except LinkClosed:
                raise port.died() from None
            if data:
                if copy is not None:
                    copy.write(data)
                    copy.flush()
                to.write(shown.feed(data))
                to.flush()


def _send(port: SerialPort, typed: BinaryIO) -> None:
    """Sends each line as it was typed; a port that has gone is the reader's to tell."""
    with contextlib.suppress(LinkClosed, TimeoutError, OSError, ValueError):
        for line in typed:
            port.link.write(line, 5.0)


class _Text:
    """Text, with nothing in it that a terminal would obey."""

    def feed(self, data: bytes) -> str:
        return terminal(data.replace(b"\r", b"").decode("utf-8", "replace"))


class _Frames:
    """Frames, a line each; what is between them and is no frame is shown as text."""

    def __init__(self) -> None:
        self._splitter = Splitter()

    def feed(self, data: bytes) -> str:
        return "".join(f"{self._line(piece)}\n" for piece in self._splitter.feed(data))

    def _line(self, piece: bytes) -> str:
        frame = decode(piece)
        if frame is None:
            return f"({len(piece)} bytes that are no frame) {terminal(repr(piece[:_SHOWN]))}"
        answer = bool(frame.type & protocol.ANSWER)
        kind = frame.type & ~protocol.ANSWER
        name = _NAMES.get(kind, f"type {kind}")
        why = "" if frame.code == protocol.OK else f": {protocol.CODES.get(frame.code, frame.code)}"
        body = frame.body[:_SHOWN].hex(" ") + (" …" if len(frame.body) > _SHOWN else "")
        way = "answer to" if answer else "request"
        return f"{way} {name} {frame.sequence}{why}, {len(frame.body)} bytes {body}".rstrip()
