"""A board on a serial port: firmware in a child process behind a pseudo-terminal."""

from __future__ import annotations

import os
import threading
import tty
from collections.abc import Callable
from types import TracebackType

from support.links import HarmfulLink
from tinyrob.run.child import Child
from tinyrob.run.link import Link, LinkClosed, PipeLink


class Wire:
    """Joins a pseudo-terminal (``port`` is its name) to a child's console, through ``spoil``.

    ``reset`` starts the child anew, as a board's button does: what was on its way is lost.
    """

    def __init__(self, start: Callable[[], Child], spoil: Callable[[Link], Link] | None = None):
        self._start, self._spoil = start, spoil or (lambda link: link)
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._host = PipeLink(self._master, self._master)
        self._lock, self._ended = threading.Lock(), threading.Event()
        self.passed = 0
        self.child = start()
        self.board = self._spoil(self.child.link)
        self._threads = [
            threading.Thread(target=self._down, daemon=True),
            threading.Thread(target=self._up, daemon=True),
        ]

    def reset(self) -> None:
        """Ends the child and starts another."""
        with self._lock:
            self.child.stop()
            self.child = self._start()
            self.board = self._spoil(self.child.link)

    def _down(self) -> None:
        while not self._ended.is_set():
            data = self._host.read(0.05)
            if not data:
                continue
            with self._lock:
                try:
                    self.board.write(data, 1.0)
                except (TimeoutError, LinkClosed):
                    continue

    def _up(self) -> None:
        while not self._ended.is_set():
            board = self.board
            try:
                data = board.read(0.005)
            except (LinkClosed, OSError, ValueError):
                continue  # a reset is under way
            self.passed += len(data)
            if data:
                self._host.write(data, 5.0)

    def __enter__(self) -> Wire:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(10.0)
        self.child.stop()
        os.close(self._master)
        os.close(self._slave)


def harmful(seed: int, rate: float) -> tuple[Callable[[Link], Link], list[HarmfulLink]]:
    """A ``spoil`` for ``Wire``, and the links that it has made."""
    from random import Random

    made: list[HarmfulLink] = []

    def spoil(link: Link) -> Link:
        made.append(HarmfulLink(link, Random(seed + len(made)), rate))
        return made[-1]

    return spoil, made
