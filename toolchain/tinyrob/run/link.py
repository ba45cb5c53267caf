"""Byte streams that the protocol can go over."""

from __future__ import annotations

from typing import Protocol

from tinyrob.errors import RunnerError
from tinyrob.files.system import PipeClosed, open_pipe


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
        self._pipe = open_pipe(read_from, write_to)

    def read(self, timeout: float) -> bytes:
        """What has come within ``timeout`` seconds."""
        try:
            return self._pipe.read(timeout)
        except PipeClosed:
            raise LinkClosed from None

    def write(self, data: bytes, timeout: float) -> None:
        """Sends all of ``data``."""
        try:
            self._pipe.write(data, timeout)
        except PipeClosed:
            raise LinkClosed from None
