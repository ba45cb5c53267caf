"""Runs the targets for a while; prints what each was given. Exits with 1 where one was found out.

python tests/fuzz/run.py [--target NAME] [--seconds N] [--each N] [--seed N]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import signal
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import in_c  # noqa: E402
from target import Target  # noqa: E402
from targets import targets  # noqa: E402

from tinyrob.errors import TinyrobError  # noqa: E402

SECONDS_A_FILE = 10
IN_C = {
    f"{kind}, {'by libFuzzer' if guided else 'in C'}": (kind, guided)
    for kind in (in_c.SERVER, in_c.NETWORK)
    for guided in (False, True)
}
FINDS = 5
TOGETHER = 64
MEMORY = Path("/dev/shm")
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
MOST_BYTES = 1 << 30
"""What an input may take beyond what the program has."""


class TooSlow(Exception):
    """A reader did not end."""


class Find(AssertionError):
    """A reader did what it may not, given the mutation of this ``number``."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.number = number


def _slow(number: int, frame: Any) -> None:
    raise TooSlow(f"more than {SECONDS_A_FILE} s")


def give(target: Target, data: bytes) -> BaseException | None:
    """What the reader raised that it may not raise."""
    signal.setitimer(signal.ITIMER_REAL, SECONDS_A_FILE)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            target.read(data)
    except TinyrobError as error:
        if any(ord(c) < 32 and c != "\n" for c in error.message):
            return AssertionError(f"control characters in a message: {error.message[:200]!r}")
    except (Exception, RecursionError) as error:
        return error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return None


def peak() -> int:
    """The most bytes that this program has had since ``forget``, or since it began."""
    (line,) = (one for one in STATUS.read_text().splitlines() if one.startswith("VmHWM:"))
    return int(line.split()[1]) << 10


def forget() -> int:
    """Begins a new peak, with the bytes that it returns: what a program gave back long ago would
    hide an input as greedy."""
    RESET.write_text("5")
    return peak()


class Appetite:
    """Sees an input that takes more than MOST_BYTES. To ask is dear, so some are asked for at once;
    where they took too much, each is given again, in a fork of its own."""

    def __init__(self, target: Target) -> None:
        self._target, self._before = target, forget()
        self._recent: list[tuple[int, bytes]] = []

    def given(self, number: int, data: bytes, last: bool = False) -> tuple[int, bytes] | None:
        """The number and content of one that took too much, since this was asked last."""
        self._recent.append((number, data))
        if len(self._recent) < TOGETHER and not last:
            return None
        recent, self._recent = self._recent, []
        taken, self._before = peak() - self._before, forget()
        if taken <= MOST_BYTES:
            return None
        return next((one for one in recent if self._takes(one[1]) > MOST_BYTES), recent[-1])

    def _takes(self, data: bytes) -> int:
        child = os.fork()
        if child == 0:
            before = forget()
            with contextlib.suppress(BaseException):
                give(self._target, data)
            os._exit(min((peak() - before) >> 20, 255 << 4) >> 4)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) << 24


def fuzz(
    name: str, target: Target, seconds: float, seed: int, most: int = 1 << 62, first: int = 0
) -> int:
    """Gives mutations, from the ``first``, for a time or until the ``most``-th; returns how many
    there were from 0 on. Raises Find."""
    signal.signal(signal.SIGALRM, _slow)
    target.first()
    end, count = time.monotonic() + seconds, first
    for whole in target.seeds:
        found = give(target, whole)
        if found is not None:
            raise AssertionError(f"{name}: the whole file is not taken") from found
    appetite = Appetite(target)
    while count < most and time.monotonic() < end:
        draw = random.Random(f"{seed} {name} {count}")
        data = target.mutate(draw.choice(target.seeds), draw)
        found, number = give(target, data), count
        if found is None:
            last = count + 1 == most or time.monotonic() >= end
            greedy = appetite.given(count, data, last)
            if greedy is not None:
                (number, data), found = greedy, MemoryError(f"more than {MOST_BYTES:,} bytes")
        if found is not None:
            out = Path("build/fuzz")
            out.mkdir(parents=True, exist_ok=True)
            place = out / f"{name.replace(' ', '-').replace(':', '')}-{seed}-{number}"
            place.write_bytes(data)
            what = f"{name}: {type(found).__name__}: {str(found)[:300]}"
            raise Find(f"{what} (seed {seed}, number {number}, {place})", count) from found
        count += 1
    return count


def given(
    name: str, target: Target | None, seconds: float, seed: int, most: int
) -> tuple[int, list[AssertionError]]:
    """(mutations, finds) of a target; it is gone on with after a find, but not without end."""
    found: list[AssertionError] = []
    end, count = time.monotonic() + seconds, 0
    while len(found) < FINDS:
        left = max(end - time.monotonic(), 0.0)
        try:
            if target is not None:
                return fuzz(name, target, left, seed, most, count), found
            return in_c.run(*IN_C[name], left, seed), found
        except AssertionError as error:
            traceback.print_exception(error)
            found.append(error)
            if not isinstance(error, Find):
                break
            count = error.number + 1
    return count, found


def main() -> int:
    """All targets, or one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target")
    parser.add_argument("--seconds", type=float, default=60.0, help="of all targets together")
    parser.add_argument("--each", type=int, default=1 << 62, help="the most mutations a target")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if os.access(MEMORY, os.W_OK):  # a folder a file: a disk would be what is measured
        tempfile.tempdir = str(MEMORY)
    known: dict[str, Target | None] = {**targets(), **dict.fromkeys(IN_C)}
    if in_c.clang() is None:
        known = {name: target for name, target in known.items() if "libFuzzer" not in name}
    chosen = {n: t for n, t in known.items() if asked.target in (None, n)}
    if not chosen:
        parser.error(f"there is no target {asked.target!r}: {', '.join(known)}")
    total = fell = 0
    end = time.monotonic() + asked.seconds
    for left, (name, target) in zip(range(len(chosen), 0, -1), chosen.items(), strict=True):
        seconds = max(end - time.monotonic(), 0.0) / left  # what one does not take, others get
        count, found = given(name, target, seconds, asked.seed, asked.each)
        fell += bool(found)
        total += count
        print(f"{name:26s} {count:10,}{'  FELL' * bool(found)}", flush=True)
    print(f"{'all':26s} {total:10,}")
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
