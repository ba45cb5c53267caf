"""Byte streams that the protocol can go over."""

from __future__ import annotations

import os
import select
import time
from typing import Protocol

from tinyrob.errors import RunnerError


class LinkClosed(Exception):
    """The other end has gone."""


class Link(Protocol):
    """A byte stream. ``read`` and ``write`` raise LinkClosed when the other end has gone."""

    def read(self, timeout: float) -> bytes:
        """What has come, waiting up to ``timeout`` seconds for the first byte; else b""."""
        ...

    def write(self, data: bytes, timeout: float) -> None:
        """Sends all of it. Raises TimeoutError where the other end takes nothing for so long."""
        ...


class Peer(Protocol):
    """What is at the other end of a link: a process, a board. ``who`` is how errors call it."""

    who: str

    @property
    def link(self) -> Link:
        """The stream to it."""
        ...

    def died(self) -> RunnerError:
        """The error for a stream that ended."""
        ...

    def hung(self, error: RunnerError) -> RunnerError:
        """``error``, with what the other end last said of itself."""
        ...

    def stop(self) -> None:
        """Ends the connection, whatever the other end does."""
        ...


class PipeLink:
    """A child's standard input and output (or any two file descriptors)."""

    def __init__(self, read_from: int, write_to: int) -> None:
        self._from, self._to = read_from, write_to
        os.set_blocking(read_from, False)
        os.set_blocking(write_to, False)

    def read(self, timeout: float) -> bytes:
        """What has come within ``timeout`` seconds."""
        ready, _, _ = select.select([self._from], [], [], max(0.0, timeout))
        if not ready:
            return b""
        data = os.read(self._from, 1 << 16)
        if not data:
            raise LinkClosed
        return data

    def write(self, data: bytes, timeout: float) -> None:
        """Sends all of ``data``."""
        rest = memoryview(data)
        deadline = time.monotonic() + timeout
        while rest:
            _, ready, _ = select.select([], [self._to], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError
            try:
                rest = rest[os.write(self._to, rest) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise LinkClosed from None
