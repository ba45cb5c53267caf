"""Runs the targets for a while; prints what each was given. Exits with 1 where one was found out.

python tests/fuzz/run.py [--target NAME] [--seconds N] [--seed N]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import resource
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

import server  # noqa: E402
from targets import Target, targets  # noqa: E402

from tinyrob.errors import TinyrobError  # noqa: E402

SECONDS_A_FILE = 10
SERVER = "server, in C"
MOST_BYTES = 1 << 30
"""What an input may take beyond what the program has taken before."""


class TooSlow(Exception):
    """A reader did not end."""


def _slow(number: int, frame: Any) -> None:
    raise TooSlow(f"more than {SECONDS_A_FILE} s")


def give(target: Target, data: bytes) -> BaseException | None:
    """What the reader raised that it may not raise."""
    signal.setitimer(signal.ITIMER_REAL, SECONDS_A_FILE)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
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
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    return MemoryError(f"{grown:,} bytes") if grown > MOST_BYTES else None


def fuzz(name: str, target: Target, seconds: float, seed: int, most: int = 1 << 62) -> int:
    """Gives mutations for a time, or ``most`` of them; returns how many. Raises at a find."""
    signal.signal(signal.SIGALRM, _slow)
    end, count = time.monotonic() + seconds, 0
    for whole in target.seeds:
        found = give(target, whole)
        if found is not None:
            raise AssertionError(f"{name}: the whole file is not taken") from found
    while count < most and time.monotonic() < end:
        draw = random.Random(f"{seed} {name} {count}")
        data = target.mutate(draw.choice(target.seeds), draw)
        found = give(target, data)
        if found is not None:
            out = Path("build/fuzz")
            out.mkdir(parents=True, exist_ok=True)
            place = out / f"{name.replace(' ', '-').replace(':', '')}-{seed}-{count}"
            place.write_bytes(data)
            raise AssertionError(
                f"{name}: {type(found).__name__}: {str(found)[:300]} (seed {seed}, number {count}, "
                f"{place})"
            ) from found
        count += 1
    return count


def main() -> int:
    """All targets, or one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target")
    parser.add_argument("--seconds", type=float, default=60.0, help="of all targets together")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    known: dict[str, Target | None] = {**targets(), SERVER: None}
    chosen = {n: t for n, t in known.items() if asked.target in (None, n)}
    if not chosen:
        parser.error(f"there is no target {asked.target!r}: {', '.join(known)}")
    total = fell = 0
    for name, target in chosen.items():
        seconds = asked.seconds / len(chosen)
        try:
            if target is None:
                with tempfile.TemporaryDirectory(prefix="fuzz-server-") as folder:
                    count = server.fuzz(server.build(Path(folder)), seconds, asked.seed)
            else:
                count = fuzz(name, target, seconds, asked.seed)
        except AssertionError as error:
            fell += 1
            traceback.print_exception(error)
            print(f"{name:20s} FELL: {error}", flush=True)
            continue
        total += count
        print(f"{name:20s} {count:10,}", flush=True)
    print(f"{'all':20s} {total:10,}")
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
