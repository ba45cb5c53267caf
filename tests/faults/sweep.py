"""Kills a verb at each of its writes, or fails one of them, and looks at what is left.

python tests/faults/sweep.py [VERB ...] [--how kill|full|broken|memory] [--every N] [--jobs N]
    [--record FILE]

For each write the verb runs in a fresh folder beside a file of the user's. Then: that file is as
it was; what the verb makes is as it was before, or whole; an error is told in one line, with exit
1. The verb runs once more, undisturbed: what it makes is, byte for byte, what an undisturbed run
makes, and nothing else lies about. With ``memory`` it is each request for 64 KiB or more that
fails. What compilers make is put in place by each run after the first (replay.py).
"""

from __future__ import annotations

import argparse
import ctypes
import importlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent.parent)]

import replay  # noqa: E402
from left import digest, state  # noqa: E402
from record import Record, Strike  # noqa: E402
from verbs import VERBS, Verb  # noqa: E402

from tinyrob import cli, tf  # noqa: E402

HOW = {"kill": 1, "full": 2, "broken": 3, "memory": 4}
MEMORY = Path("/dev/shm")
_ABORTED = (-signal.SIGABRT, -signal.SIGSEGV)
"""How libraries in C end a process that gets no memory."""
_PRELOADED = "TINYROB_FAULT_SHIM"
_USERS = "notes.txt"
_TEMPORARY, _BEFORE = "temporary", "before"


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit status (-9: killed), what it said, how many writes it made, and
    which modules it had."""

    status: int
    said: str
    writes: int
    modules: Sequence[str]


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
            tempfile.tempdir = os.environ["TMPDIR"] = str(folder.parent / _TEMPORARY)
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
            with os.fdopen(writes, "w") as pipe:
                json.dump([count, [*sys.modules]], pipe)
            sys.stdout.flush()
            os._exit(status)
        finally:
            os._exit(71)
    os.close(writes)
    with os.fdopen(reads, "rb") as pipe:
        told = pipe.read()
    _, how_ended = os.waitpid(child, 0)
    status = os.waitstatus_to_exitcode(how_ended)
    count, modules = json.loads(told) if told else (0, [])
    return Ended(status, said.read_text(errors="replace"), count, modules)


def empty(folder: Path) -> None:
    """Makes it, with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def fresh(home: Path, verb: Verb) -> Path:
    """An empty folder with what the verb reads, what was made before, and something of the
    user's."""
    folder = home / "here"
    empty(folder)
    empty(home / _TEMPORARY)
    (folder / _USERS).write_text("mine\n")
    for name, content in (verb.needs or {}).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    if verb.before:
        kept = home.parent / _BEFORE if (home.parent / _BEFORE).exists() else home / _BEFORE
        if kept.exists():
            shutil.copytree(kept, folder / verb.made)
        else:
            made = run(folder, replace(verb, arguments=verb.before), (), 0, 0)
            assert made.status == 0, made.said
            shutil.copytree(folder / verb.made, kept)
    return folder


def strike(place: Path, verb: Verb, n: int, how: str, beside: set[str]) -> tuple[list[str], Path]:
    """What is wrong when the verb was struck at its n-th write, but for what it makes; and its
    folder."""
    folder = fresh(place, verb)
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
        found += _temporary(folder)
        lies = {path.name for path in folder.iterdir()} - beside - {verb.made}
        if lies:
            found.append(f"an error left {sorted(lies)[:5]}")
    if (folder / _USERS).read_text() != "mine\n":
        found.append("the user's file is not as it was")
    return found, folder


def recover(folder: Path, verb: Verb, whole: Mapping[str, str], beside: set[str]) -> list[str]:
    """What is wrong when the verb runs again, undisturbed, in what a strike has left."""
    found = []
    empty(folder.parent / _TEMPORARY)
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
    return found + _temporary(folder)


def _temporary(folder: Path) -> list[str]:
    """What is wrong in the folder for temporary files of a run that was not killed."""
    lies = [
        path.name
        for path in (folder.parent / _TEMPORARY).iterdir()
        if not path.name.startswith("__autograph_generated")  # TensorFlow clears it at its exit
    ]
    return [f"a temporary file stays: {sorted(lies)[:5]}"] if lies else []


def sweep(
    name: str, how: str, every: int, first: int, jobs: int, record: Record
) -> tuple[int, list[Strike]]:
    """(writes of an undisturbed run, the strikes), those of the record among them."""
    verb = VERBS[name]
    with tempfile.TemporaryDirectory(prefix="tinyrob-faults-") as scratch:
        home = Path(scratch)
        replay.install(home / "kept", shim())
        folder = fresh(home, verb)
        before = digest(folder / verb.made, verb.ignored)
        plain = run(folder, verb, (), 0, HOW[how])
        assert plain.status == 0, f"{name} does not run: {plain.said[-2000:]}"
        for module in plain.modules:  # each run would import them again
            if module not in sys.modules:
                with suppress(Exception):
                    importlib.import_module(module)
        whole = digest(folder / verb.made, verb.ignored)
        assert whole, f"{name} makes nothing at {verb.made}"
        beside = {path.name for path in folder.iterdir()}
        wanted = range(first, plain.writes + 1, every)
        mine = [made for made in record.strikes if made.verb == name]
        known = home / "known"
        known.mkdir()
        for made in mine:
            (known / made.left).write_text(json.dumps(made.after))
        done = [made for made in mine if made.how == how and made.n in wanted]

        def one(n: int, place: Path) -> Strike:
            wrong, folder = strike(place, verb, n, how, beside)
            left = digest(folder / verb.made, verb.ignored)
            if verb.whole_at_once and left not in (before, whole):
                wrong.append(f"half-made: {sorted(set(whole) ^ set(left))[:5]}")
            after = known / state(folder)
            if not after.exists():
                recovered = json.dumps(recover(folder, verb, whole, beside))
                unready = place / "after.json"
                unready.write_text(recovered)
                unready.replace(after)
            return Strike(name, how, n, after.name, wrong, json.loads(after.read_text()))

        for made in in_forks(one, sorted({*wanted} - {made.n for made in done}), home, jobs):
            record.add(made)
            done.append(made)
            tell(made)
    return plain.writes, done


def tell(made: Strike) -> None:
    """Prints what came of it, where something is wrong."""
    for what in made.wrong + made.after:
        print(f"    {made.verb}, {made.how} at {made.n}: {what}", flush=True)


_one: Callable[[int, Path], Strike]
_home: Path


def in_forks(
    one: Callable[[int, Path], Strike], numbers: Sequence[int], home: Path, jobs: int
) -> Iterator[Strike]:
    """``one`` of each number as it comes, shared among forks that have a folder each. Threads
    would not do: each run is a fork of its own."""
    global _one, _home
    _one, _home = one, home
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork")) as pool:
        for made in as_completed([pool.submit(_in_fork, n) for n in numbers]):
            yield made.result()


def _in_fork(n: int) -> Strike:
    place = _home / str(os.getpid())
    place.mkdir(exist_ok=True)
    return _one(n, place)


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
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--record", type=Path, help="goes on where the sweep of this file stopped")
    asked = parser.parse_args()
    preload(build_shim)
    os.environ.pop("LD_PRELOAD", None)  # not for compilers and other programs that a verb calls
    if os.access(MEMORY, os.W_OK):
        tempfile.tempdir = str(MEMORY)
    record = Record(asked.record)
    fell = 0
    for name in asked.verbs or VERBS:
        started = time.monotonic()
        for module in VERBS[name].loads:
            importlib.import_module(module)
        if VERBS[name].trains:
            tf.keras()
            tf.qkeras()
        if VERBS[name].loads:  # a graph would be traced anew by each run
            tf.tensorflow().config.run_functions_eagerly(True)
        writes, strikes = sweep(
            name, asked.how, asked.every, asked.first, asked.jobs or os.cpu_count() or 1, record
        )
        seconds = time.monotonic() - started
        wrong = sum(1 for made in strikes if made.wrong or made.after)
        print(f"{name:14s} {asked.how:7s} {writes:5d} writes, {len(strikes):5d} struck, "
              f"{len({made.left for made in strikes})} states left, {wrong} wrong, {seconds:.0f} s",
              flush=True)  # fmt: skip
        fell += wrong
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
