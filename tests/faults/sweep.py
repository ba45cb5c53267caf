"""Kills a verb at each of its writes, or fails one of them, and looks at what is left.

python tests/faults/sweep.py [VERB ...] [--how kill|full|broken|memory] [--every N] [--jobs N]

For each write the verb runs in a fresh folder beside a file of the user's. Then: that file is as
it was; what the verb makes is as it was before, or whole; an error is told in one line, with exit
1. The verb runs once more, undisturbed: what it makes is, byte for byte, what an undisturbed run
makes, and nothing else lies about. With ``memory`` it is each request for 64 KiB or more that
fails. What compilers make is put in place by each run after the first (replay.py).
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent.parent)]

import replay  # noqa: E402
from verbs import VERBS, Verb  # noqa: E402

from tinyrob import cli, tf  # noqa: E402

HOW = {"kill": 1, "full": 2, "broken": 3, "memory": 4}
MEMORY = Path("/dev/shm")
_ABORTED = (-signal.SIGABRT, -signal.SIGSEGV)
"""How libraries in C end a process that gets no memory."""
_PRELOADED = "TINYROB_FAULT_SHIM"
_USERS = "notes.txt"


def timeless(content: bytes) -> bytes:
    """A JSON text without what it says of seconds; anything else as it is."""

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: without(v) for k, v in value.items() if "seconds" not in k}
        return [without(v) for v in value] if isinstance(value, list) else value

    try:
        return json.dumps(without(json.loads(content))).encode()
    except ValueError:
        return content


def digest(path: Path, ignored: Sequence[str] = ()) -> dict[str, str]:
    """What stands at ``path``: SHA-256 by name. Nothing where nothing does."""
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    names = {str(file.relative_to(path.parent)): file for file in files}
    return {
        name: hashlib.sha256(timeless(file.read_bytes())).hexdigest()
        for name, file in names.items()
        if not any(part in name for part in ignored)
    }


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit status (-9: killed), what it said, how many writes it made."""

    status: int
    said: str
    writes: int


def shim() -> Any:
    """The shim that stands in front of the C library."""
    library = ctypes.CDLL(os.environ[_PRELOADED])
    library.fault_seen.restype = ctypes.c_long
    return library


def run(folder: Path, verb: Verb, more: Sequence[str], n: int, how: int) -> Ended:
    """The verb in a fork of this program, in ``folder``, struck at its n-th write (0: never)."""
    reads, writes = os.pipe()
    said = folder.parent / "said.txt"
    child = os.fork()
    if child == 0:
        try:
            os.chdir(folder)
            out = os.open(said, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o644)
            for number in (1, 2):
                os.dup2(out, number)
            status, faults = 0, shim()
            faults.fault_arm(ctypes.c_long(n), how)
            try:
                command = importlib.import_module(verb.module).command if verb.module else None
                cli.main([*verb.arguments, *more], command)
            except SystemExit as stop:
                status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
            except BaseException:
                faults.fault_pause(1)
                traceback.print_exc()
                status = 70
            count = faults.fault_seen()
            faults.fault_arm(ctypes.c_long(0), 0)
            os.write(writes, str(count).encode())
            sys.stdout.flush()
            os._exit(status)
        finally:
            os._exit(71)
    os.close(writes)
    with os.fdopen(reads, "rb") as pipe:
        count = pipe.read()
    _, how_ended = os.waitpid(child, 0)
    status = os.waitstatus_to_exitcode(how_ended)
    return Ended(status, said.read_text(errors="replace"), int(count or b"0"))


def fresh(home: Path, verb: Verb) -> Path:
    """An empty folder with what the verb reads and something of the user's."""
    folder = home / "here"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / _USERS).write_text("mine\n")
    for name, content in (verb.needs or {}).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def shortcomings(
    home: Path, verb: Verb, whole: Mapping[str, str], beside: set[str], n: int, how: str
) -> list[str]:
    """What is wrong after the verb was struck at its n-th write."""
    folder = fresh(home, verb)
    found = []
    ended = run(folder, verb, (), n, HOW[how])
    if how == "kill" and ended.status != -signal.SIGKILL:
        found.append(f"was not killed, but ended with {ended.status}: {ended.said[-300:]}")
    if how != "kill" and not (how == "memory" and ended.status in _ABORTED):
        if ended.status not in (0, 1):
            found.append(f"exit {ended.status}: {ended.said[-400:]}")
        if "Traceback" in ended.said:
            found.append(f"a traceback: {ended.said[-400:]}")
        if ended.status == 1 and "error:" not in ended.said.lower():
            found.append(f"no error is told: {ended.said[-300:]}")
    if (folder / _USERS).read_text() != "mine\n":
        found.append("the user's file is not as it was")
    left = digest(folder / verb.made, verb.ignored)
    if verb.whole_at_once and left not in ({}, whole):
        found.append(f"half-made: {sorted(set(whole) ^ set(left))[:5]}")
    again = run(folder, verb, verb.resume, 0, 0)
    if again.status != 0:
        found.append(f"cannot be run again: exit {again.status}: {again.said[-400:]}")
    made = digest(folder / verb.made, verb.ignored)
    if made != whole:
        names = sorted(k for k in {*made, *whole} if made.get(k) != whole.get(k))
        found.append(f"another result: {names[:5]}")
    lies = {path.name for path in folder.iterdir()} - beside
    if lies:
        found.append(f"lies about: {sorted(lies)[:5]}")
    return found


def sweep(name: str, how: str, every: int, first: int, jobs: int) -> tuple[int, int, list[str]]:
    """(writes of an undisturbed run, how many of them were struck, what was wrong)."""
    verb = VERBS[name]
    with tempfile.TemporaryDirectory(prefix="tinyrob-faults-") as scratch:
        home = Path(scratch)
        replay.install(home / "kept", shim())
        folder = fresh(home, verb)
        plain = run(folder, verb, (), 0, HOW[how])
        assert plain.status == 0, f"{name} does not run: {plain.said[-2000:]}"
        whole = digest(folder / verb.made, verb.ignored)
        assert whole, f"{name} makes nothing at {verb.made}"
        beside = {path.name for path in folder.iterdir()}
        struck = range(first, plain.writes + 1, every)

        def one(n: int, place: Path) -> list[str]:
            found = shortcomings(place, verb, whole, beside, n, how)
            return [f"{name}, {how} at {n}: {what}" for what in found]

        wrong = [line for found in in_forks(one, struck, home, jobs) for line in found]
    return plain.writes, len(struck), wrong


def in_forks(
    one: Callable[[int, Path], list[str]], numbers: Sequence[int], home: Path, jobs: int
) -> Iterator[list[str]]:
    """``one`` of each number, shared among forks that have a folder each. Threads would not do:
    each run is a fork of its own."""
    waiting = []
    for job in range(jobs):
        reads, writes = os.pipe()
        if os.fork() == 0:
            os.close(reads)
            place = home / str(job)
            place.mkdir()
            try:
                with os.fdopen(writes, "w") as pipe:
                    for n in numbers[job::jobs]:
                        pipe.write(json.dumps(one(n, place)) + "\n")
                os._exit(0)
            finally:
                os._exit(1)
        os.close(writes)
        waiting.append(reads)
    count = 0
    for reads in waiting:
        with os.fdopen(reads) as pipe:
            for line in pipe:
                count += 1
                yield json.loads(line)
        _, status = os.wait()
        assert status == 0, "a fork has died"
    assert count == len(numbers), f"{count} of {len(numbers)} were run"


def preload(build: Callable[[Path], Path]) -> None:
    """Starts this program again with the shim in front of the C library."""
    if _PRELOADED in os.environ:
        return
    with tempfile.TemporaryDirectory(prefix="tinyrob-shim-") as folder:
        shim = build(Path(folder))
        environment = {
            **os.environ, _PRELOADED: str(shim), "LD_PRELOAD": str(shim),
            "PYTHONDONTWRITEBYTECODE": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "",
        }  # fmt: skip
        done = subprocess.run([sys.executable, *sys.argv], env=environment)
    sys.exit(done.returncode)


def build_shim(folder: Path) -> Path:
    """The shim, compiled."""
    out = folder / "shim.so"
    flags = ("-O1", "-shared", "-fPIC", "-Wall", "-Werror")
    subprocess.run(["cc", *flags, str(HERE / "shim.c"), "-o", str(out), "-ldl"], check=True)
    return out


def main() -> int:
    """The verbs that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verbs", nargs="*")
    parser.add_argument("--how", choices=[*HOW], default="kill")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    preload(build_shim)
    os.environ.pop("LD_PRELOAD", None)  # not for compilers and other programs that a verb calls
    if os.access(MEMORY, os.W_OK):
        tempfile.tempdir = str(MEMORY)
    fell = 0
    for name in asked.verbs or VERBS:
        started = time.monotonic()
        for module in VERBS[name].loads:
            importlib.import_module(module)
        if VERBS[name].trains:
            tf.keras()
            tf.qkeras()
            # A graph is traced anew by each run, for three steps.
            tf.tensorflow().config.run_functions_eagerly(True)
        writes, struck, wrong = sweep(name, asked.how, asked.every, asked.first, asked.jobs)
        seconds = time.monotonic() - started
        print(f"{name:14s} {asked.how:7s} {writes:5d} writes, {struck:5d} struck, "
              f"{len(wrong)} wrong, {seconds:.0f} s", flush=True)  # fmt: skip
        print("".join(f"    {line}\n" for line in wrong), end="", flush=True)
        fell += len(wrong)
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
