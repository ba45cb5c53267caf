"""Pipes with a limit on every wait, in the form of each system; nothing else asks for a system."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tinyrob.files import system
from tinyrob.files.system import PipeClosed, ThreadedPipe, open_pipe, process_lives

PACKAGE = Path(system.__file__).parents[1]
POSIX_ONLY = {"fcntl", "grp", "pty", "pwd", "resource", "select", "syslog", "termios", "tty"}
POSIX_CALLS = {
    "chown", "fork", "getuid", "kill", "killpg", "mkfifo", "set_blocking", "setsid", "uname",
}  # fmt: skip


@pytest.fixture(params=[open_pipe, ThreadedPipe], ids=["this system's", "Windows'"])
def ends(request):
    """A pipe, and the far ends of its two file descriptors: what it reads from, what it writes."""
    to_us, from_us = os.pipe(), os.pipe()
    pipe = request.param(to_us[0], from_us[1])
    fds = {"feed": to_us[1], "drain": from_us[0]}
    yield pipe, fds
    for fd in (*to_us, *from_us):
        try:
            os.close(fd)
        except OSError:
            continue


def test_bytes_go_both_ways(ends):
    pipe, fds = ends
    os.write(fds["feed"], b"one\r\n\0")
    assert pipe.read(5) == b"one\r\n\0"
    pipe.write(b"two\n", 5)
    assert os.read(fds["drain"], 100) == b"two\n"


def test_a_wait_ends(ends):
    pipe, _ = ends
    begun = time.monotonic()
    assert pipe.read(0.05) == b""
    assert time.monotonic() - begun >= 0.04


def test_what_comes_before_the_end_is_read_first(ends):
    pipe, fds = ends
    os.write(fds["feed"], b"last words")
    os.close(fds["feed"])
    assert pipe.read(5) == b"last words"
    for _ in range(2):
        with pytest.raises(PipeClosed):
            pipe.read(5)


def test_a_reader_that_stands_still_is_told_from_one_that_went(ends):
    pipe, fds = ends
    with pytest.raises(TimeoutError):
        pipe.write(bytes(1 << 22), 0.05)
    os.close(fds["drain"])
    with pytest.raises(PipeClosed):
        pipe.write(b"x", 5)


def test_more_than_a_pipe_holds_goes_through(ends):
    import threading

    pipe, fds = ends
    sent, got = os.urandom(1 << 20), bytearray()

    def drain() -> None:
        while len(got) < len(sent):
            got.extend(os.read(fds["drain"], 1 << 16))

    reader = threading.Thread(target=drain)
    reader.start()
    pipe.write(sent, 30)
    reader.join(30)
    assert bytes(got) == sent


def test_a_process_lives_until_it_ends():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert process_lives(child.pid)
    child.communicate(b"\n")
    assert not process_lives(child.pid)


def test_no_other_file_asks_for_posix():
    found = []
    for path in PACKAGE.rglob("*.py"):
        if path == Path(system.__file__):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            found += [f"{path}: {name}" for name in names if name in POSIX_ONLY]
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "os":
                found += [f"{path}: os.{node.attr}"] if node.attr in POSIX_CALLS else []
    assert found == []
