"""tinyrob monitor, over a pseudo-terminal: text, frames, what is typed, and a port that goes."""

from __future__ import annotations

import dataclasses
import io
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from support.firmware import built
from tinyrob.boards.read import find_board
from tinyrob.errors import RunnerError
from tinyrob.project.build_folder import BuildFolder, SerialOptions
from tinyrob.run import protocol
from tinyrob.run.frames import Frame, encode
from tinyrob.run.monitor import monitor

pytest.importorskip("serial")  # imported before any clock runs


@pytest.fixture
def wire() -> tuple[int, str]:
    """The board's end of a serial line, and the name of ours."""
    board, ours = os.openpty()
    return board, os.ttyname(ours)


def folder(port: str, app: str) -> BuildFolder:
    made = built()
    manifest = dataclasses.replace(made.manifest, app=app)
    return BuildFolder(made.path, manifest, SerialOptions(port, None))


def seen(
    wire: tuple[int, str], app: str, said: bytes, typed: bytes = b"", log: Path | None = None
) -> str:
    out, made = io.StringIO(), folder(wire[1], app)
    find_board(made.manifest.board)  # read now: what is said before the port is open is lost
    later = threading.Timer(0.5, os.write, (wire[0], said))
    later.start()
    monitor(made, out, io.BytesIO(typed), seconds=1.5, log=log)
    later.join()
    return out.getvalue()


def test_text_is_shown_and_nothing_in_it_is_obeyed(wire: tuple[int, str], tmp_path: Path) -> None:
    said = b"instructions 304363\r\n\x1b[2J\xffstack_bytes 568\r\n"
    shown = seen(wire, "bench", said, log=tmp_path / "log")
    assert shown == "instructions 304363\n\\x1b[2J\N{REPLACEMENT CHARACTER}stack_bytes 568\n"
    assert (tmp_path / "log").read_bytes() == said


def test_frames_are_shown_as_what_they_mean(wire: tuple[int, str]) -> None:
    good = encode(Frame(protocol.INFER | protocol.ANSWER, 0, 7, 5, bytes(range(20))))
    refused = encode(Frame(protocol.STATS | protocol.ANSWER, 9, 7, 6))
    lines = seen(wire, "validate", good + b"\0noise\0" + refused).splitlines()
    assert lines[0].startswith("answer to INFER 5, 20 bytes 00 01 02")
    assert lines[0].endswith("…")
    assert lines[1] == "(5 bytes that are no frame) b'noise'"
    assert lines[2] == f"answer to STATS 6: {protocol.CODES[9]}, 0 bytes"


def test_lines_typed_reach_the_board(wire: tuple[int, str]) -> None:
    seen(wire, "mlperf", b"m-ready\r\n", typed=b"name%\n")
    time.sleep(0.1)
    assert b"name%" in os.read(wire[0], 100)


def test_a_port_that_goes_away_is_told(wire: tuple[int, str]) -> None:
    made = folder(wire[1], "bench")
    later = threading.Timer(0.5, os.close, (wire[0],))
    later.start()
    with pytest.raises(RunnerError, match="has gone"):
        monitor(made, io.StringIO(), None, seconds=9.0)
    later.join()


def test_the_verb_without_a_port_says_what_to_do(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tinyrob", "monitor", str(built().path), "--port", "/dev/none"],
        capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert ran.returncode == 1
    assert "there is no port /dev/none" in ran.stderr
    assert "Traceback" not in ran.stderr
