"""What differs between operating systems: the only file that asks for one of them.

Everything else runs on Linux, macOS and Windows alike; `mypy --platform` holds it to that.
"""

from __future__ import annotations

import ctypes
import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import Protocol

PIPE_BYTES = 1 << 16


class PipeClosed(Exception):
    """The other end has gone."""


class Pipe(Protocol):
    """Two file descriptors of pipes as a byte stream, with a limit on every wait."""

    def read(self, timeout: float) -> bytes:
        """What has come within ``timeout`` seconds; b"" where nothing has. Raises PipeClosed."""
        ...

    def write(self, data: bytes, timeout: float) -> None:
        """Sends all of ``data``. Raises TimeoutError, PipeClosed."""
        ...


class ThreadedPipe:
    """Blocking reads and writes in threads of their own: no system call that Windows has not.

    The threads end when the pipes are closed or the other end goes; they keep no program alive.
    """

    def __init__(self, read_from: int, write_to: int) -> None:
        self._from, self._to = read_from, write_to
        self._come: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._sent = threading.Semaphore(0)
        self._closed = self._gone = False
        for work in (self._listen, self._send):
            threading.Thread(target=work, daemon=True).start()

    def read(self, timeout: float) -> bytes:
        """What has come within ``timeout`` seconds."""
        if self._closed:
            raise PipeClosed
        try:
            data = self._come.get(timeout=max(0.0, timeout))
        except queue.Empty:
            return b""
        if not data:
            self._closed = True
            raise PipeClosed
        return data

    def write(self, data: bytes, timeout: float) -> None:
        """Sends all of ``data``."""
        self._waiting.put(data)
        if not self._sent.acquire(timeout=max(0.0, timeout)):
            raise TimeoutError
        if self._gone:
            raise PipeClosed

    def _listen(self) -> None:
        data = b"?"
        while data:
            try:
                data = os.read(self._from, PIPE_BYTES)
            except OSError:
                data = b""
            self._come.put(data)

    def _send(self) -> None:
        while not self._gone:
            rest = memoryview(self._waiting.get())
            try:
                while rest:
                    rest = rest[os.write(self._to, rest) :]
            except OSError:
                self._gone = True
            self._sent.release()


if sys.platform == "win32":

    def open_pipe(read_from: int, write_to: int) -> Pipe:
        """A stream over two file descriptors, which stay the caller's."""
        return ThreadedPipe(read_from, write_to)

    def program(name: str) -> str:
        """How a program's file is called here."""
        return f"{name}.exe"

    def limit_memory(size: int) -> None:
        """Windows has no limit that a process could set for itself: nothing."""

    def read_pipe(path: Path, most: int, wait: float) -> bytes | None:
        """No path here names a pipe that has no end: as a file."""
        with path.open("rb") as stream:
            return stream.read(most)

    def process_lives(pid: int) -> bool:
        """Whether a process of this number runs."""
        kernel = ctypes.WinDLL("kernel32")
        handle = kernel.OpenProcess(_QUERY, False, pid)
        if not handle:
            return False
        code = ctypes.c_ulong()
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.CloseHandle(handle)
        return code.value == _STILL_ACTIVE

    _QUERY, _STILL_ACTIVE = 0x1000, 259  # PROCESS_QUERY_LIMITED_INFORMATION, STATUS_PENDING

else:
    import resource
    import select

    class _PolledPipe:
        def __init__(self, read_from: int, write_to: int) -> None:
            self._from, self._to = read_from, write_to
            os.set_blocking(read_from, False)
            os.set_blocking(write_to, False)

        def read(self, timeout: float) -> bytes:
            ready, _, _ = select.select([self._from], [], [], max(0.0, timeout))
            if not ready:
                return b""
            data = os.read(self._from, PIPE_BYTES)
            if not data:
                raise PipeClosed
            return data

        def write(self, data: bytes, timeout: float) -> None:
            rest = memoryview(data)
            deadline = time.monotonic() + timeout
            while rest:
                left = max(0.0, deadline - time.monotonic())
                _, ready, _ = select.select([], [self._to], [], left)
                if not ready:
                    raise TimeoutError
                try:
                    rest = rest[os.write(self._to, rest) :]
                except BlockingIOError:
                    continue
                except BrokenPipeError:
                    raise PipeClosed from None

    def open_pipe(read_from: int, write_to: int) -> Pipe:
        """A stream over two file descriptors, which stay the caller's."""
        return _PolledPipe(read_from, write_to)

    def program(name: str) -> str:
        """How a program's file is called here."""
        return name

    def limit_memory(size: int) -> None:
        """This process gets no more than ``size`` bytes of addresses, and leaves no core file.

        Raises OSError or ValueError where the system does not let it.
        """
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def read_pipe(path: Path, most: int, wait: float) -> bytes | None:
        """What is written into a named pipe until its end, at most ``most`` bytes; None where no
        writer comes within ``wait`` seconds. Raises OSError."""
        content, written = bytearray(), False
        deadline = time.monotonic() + wait
        source = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            while len(content) < most:
                try:
                    piece = os.read(source, min(PIPE_BYTES, most - len(content)))
                except BlockingIOError:  # there is a writer, who takes his time
                    written = True
                    select.select([source], [], [])
                    continue
                content += piece
                if not piece:
                    if written:
                        break
                    if time.monotonic() > deadline:
                        return None
                    time.sleep(0.01)
                written = written or bool(piece)
        finally:
            os.close(source)
        return bytes(content)

    def process_lives(pid: int) -> bool:
        """Whether a process of this number runs."""
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


_AT_FDCWD = -100
_EXCHANGE = 2  # RENAME_EXCHANGE of <linux/fs.h>


FIXED_PLACE = ("-fno-pie", "-no-pie") if sys.platform == "linux" else ()
"""Flags of compiler and linker for a program that is not moved as it is loaded: what it holds is
then what its file holds. None where a system has no such programs."""


def lock_holder(path: Path) -> int | None:
    """The number of a process that holds a lock on the file, where the system tells (Linux)."""
    try:
        inode = path.stat().st_ino
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:  # 1: FLOCK ADVISORY WRITE 708 fd:01:132151 0 EOF
        fields = line.split()
        if len(fields) > 5 and fields[5].rpartition(":")[2] == str(inode) and int(fields[4]) > 0:
            return int(fields[4])
    return None


def exchange_names(one: Path, other: Path) -> bool:
    """Whether the two have changed names, in one system call (renameat2); False where there is
    none."""
    if sys.platform != "linux":
        return False
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    done: int = call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE)
    return done == 0
