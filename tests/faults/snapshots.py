"""A full or a broken disk at each write, from one run: a fork of the run meets the error.

Before each of its writes the run is forked. The fork's write fails, and what it does then it does
to the run's own folder, while the run waits; then the folder is as it was again, and the run goes
on. So n writes cost one run, and n times what an error costs, which is little.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import runs
from kept import Kept
from runs import HOW, TEMPORARY, fresh, run, shim
from verbs import Verb

SECONDS = 20.0
"""That a fork may take: one that needs a thread which is not in it waits for ever."""


def _open(of: Callable[[int], bool]) -> list[int]:
    """The descriptors of open files of a kind. Forks share where each is read and written next."""
    found = []
    for entry in os.listdir("/proc/self/fd"):  # noqa: PTH208 - it opens no more than it must
        with suppress(OSError):  # the listing's own
            if of(os.fstat(int(entry)).st_mode):
                found.append(int(entry))
    return found


@dataclass(frozen=True)
class Fork:
    """How a fork ended: its exit status (None: it was not made, or did not end), what it said."""

    status: int | None
    said: str


Look = Callable[[Sequence[int], Path, Fork], None]
"""Is given the numbers of the writes of which this one failed, and the folder as the fork has left
it."""


def snapshots(home: Path, verb: Verb, how: str, wanted: Collection[int], look: Look) -> None:
    """Runs the verb once; ``look`` is called after each fork, of the writes that are ``wanted``.

    A write of another thread than the main one is not forked, since its fork would have no other;
    nor one while a folder is open, as one that is removed is: a fork might remove it whole.
    """
    folder, faults, beside = fresh(home, verb), shim(), home / "second names"
    homes = (folder, home / TEMPORARY)
    beside.mkdir(exist_ok=True)
    waiting: list[int] = []

    def fork() -> None:
        number = faults.fault_seen()
        if number in wanted:
            waiting.append(number)
        if not waiting or (how == "full" and not faults.fault_room()):
            return  # a full disk takes this call: the next one is struck that needs room
        numbers, waiting[:] = tuple(waiting), ()
        if threading.current_thread() is not threading.main_thread() or _open(stat.S_ISDIR):
            look(numbers, folder, Fork(None, ""))
            return
        kept = [Kept.of(one, beside / one.name) for one in homes]
        offsets = {n: os.lseek(n, 0, os.SEEK_CUR) for n in _open(stat.S_ISREG)}
        said = folder.parent / "said.txt"
        before = said.stat().st_size
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            runs.forked = True
            faults.fault_strike()
            return
        status, words = _wait(child), said.read_bytes()[before:].decode(errors="replace")
        os.truncate(said, before)
        if "inherited across fork" in words:  # filelock's: it knows that it is in a fork
            status = None
        look(numbers, folder, Fork(status, words))
        for one in kept:
            one.restore()
        for open_file, place in offsets.items():
            os.lseek(open_file, place, os.SEEK_SET)

    ended = run(folder, verb, (), 0, HOW[how], fork)
    assert ended.status == 0, ended.said[-2000:]


def _wait(child: int) -> int | None:
    end = time.monotonic() + SECONDS
    pause = 0.0005
    while time.monotonic() < end:
        done, how = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(how)
        time.sleep(pause)
        pause = min(0.05, pause * 1.5)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None
