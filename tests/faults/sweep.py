"""Kills a verb at each of its writes, or fails one of them, and looks at what is left.

python tests/faults/sweep.py [VERB ...] [--how kill|copy|full|broken|memory] [--every N]
    [--first N] [--jobs N] [--real] [--record FILE]

For each write the verb runs in a fresh folder beside a file of the user's. Then: that file is as
it was; what the verb makes is as it was before, or whole; an error is told in one line, with exit
1. The verb runs once more, undisturbed: what it makes is, byte for byte, what an undisturbed run
makes, and nothing else lies about. With ``memory`` it is each request for 64 KiB or more that
fails; with ``copy`` nothing is struck: what a kill would leave is copied (copies.py). A full or
broken disk is met by forks of one run (snapshots.py), but with ``--real`` by a run for each. What
compilers make is put in place by each run after the first (replay.py).
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

# It is run as a file: what it imports lies beside it, in tests, and at the top.
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent.parent)]

import replay  # noqa: E402
from copies import COPIES, copied, copies, keep  # noqa: E402
from left import digest, state  # noqa: E402
from record import Record, Strike  # noqa: E402
from runs import HOW, PRELOADED, TEMPORARY, USERS, empty, fresh, run, shim  # noqa: E402
from snapshots import Fork, snapshots  # noqa: E402
from verbs import VERBS, Verb  # noqa: E402

from tinyrob import cli, tf  # noqa: E402

MEMORY = Path("/dev/shm")
FORKED = ("full", "broken")
"""What forks of one run meet: an error costs little."""
_ABORTED = (-signal.SIGABRT, -signal.SIGSEGV)
"""How libraries in C end a process that gets no memory."""


def strike(place: Path, verb: Verb, n: int, how: str, beside: set[str]) -> tuple[list[str], Path]:
    """What is wrong when the verb was struck at its n-th write, but for what it makes; and its
    folder."""
    folder = fresh(place, verb)
    found = []
    ended = run(folder, verb, (), n, HOW[how])
    if how == "kill" and ended.status != -signal.SIGKILL:
        found.append(f"was not killed, but ended with {ended.status}: {ended.said[-300:]}")
    if how != "kill" and not (how == "memory" and ended.status in _ABORTED):
        found += told(folder, verb, ended.status, ended.said, beside)
    return found, folder


def told(folder: Path, verb: Verb, status: int, said: str, beside: set[str]) -> list[str]:
    """What is wrong with how a run ended that met an error."""
    found = []
    if status not in (0, 1):
        found.append(f"exit {status}: {said[-400:]}")
    if "Traceback" in said:
        found.append(f"a traceback: {said[-400:]}")
    if status == 1 and "error:" not in said.lower():
        found.append(f"no error is told: {said[-300:]}")
    found += _temporary(folder)
    lies = {path.name for path in folder.iterdir()} - beside - {verb.made}
    if lies:
        found.append(f"an error left {sorted(lies)[:5]}")
    return found


def recover(folder: Path, verb: Verb, whole: Mapping[str, str], beside: set[str]) -> list[str]:
    """What is wrong when the verb runs again, undisturbed, in what a strike has left."""
    found = []
    if not verb.again and digest(folder / verb.made, verb.ignored, verb.derived) == whole:
        return found
    empty(folder.parent / TEMPORARY)
    again = run(folder, verb, verb.resume, 0, 0)
    if again.status != 0:
        found.append(f"cannot be run again: exit {again.status}: {again.said[-400:]}")
    made = digest(folder / verb.made, verb.ignored, verb.derived)
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
        for path in (folder.parent / TEMPORARY).iterdir()
        if not path.name.startswith("__autograph_generated")  # TensorFlow clears it at its exit
    ]
    return [f"a temporary file stays: {sorted(lies)[:5]}"] if lies else []


@dataclass(frozen=True)
class Plain:
    """What an undisturbed run makes, from what, what lies beside it, and in how many writes."""

    before: Mapping[str, str]
    whole: Mapping[str, str]
    beside: set[str]
    writes: int

    def half(self, made: Path, verb: Verb) -> list[str]:
        """What is wrong with what a strike has left of ``made``."""
        left = digest(made, verb.ignored, verb.derived)
        if not verb.whole_at_once or left in (self.before, self.whole):
            return []
        return [f"half-made: {sorted(set(self.whole) ^ set(left))[:5]}"]


def undisturbed(home: Path, name: str, how: str) -> Plain:
    """The verb's run that others are compared with."""
    verb = VERBS[name]
    folder = fresh(home, verb)
    before = digest(folder / verb.made, verb.ignored, verb.derived)
    plain = run(folder, verb, (), 0, HOW[how])
    assert plain.status == 0, f"{name} does not run: {plain.said[-2000:]}"
    for module in plain.modules:  # each run would import them again, and some write when they are
        if module not in sys.modules:
            with contextlib.suppress(Exception):
                importlib.import_module(module)
    folder = fresh(home, verb)
    plain = run(folder, verb, (), 0, HOW[how])
    whole = digest(folder / verb.made, verb.ignored, verb.derived)
    assert whole, f"{name} makes nothing at {verb.made}"
    return Plain(before, whole, {path.name for path in folder.iterdir()}, plain.writes)


def sweep(
    name: str, how: str, every: int, first: int, jobs: int, record: Record, real: bool = False
) -> tuple[int, list[Strike]]:
    """(writes of an undisturbed run, the strikes), those of the record among them."""
    verb = VERBS[name]
    with tempfile.TemporaryDirectory(prefix="tinyrob-faults-") as scratch:
        home = Path(scratch)
        replay.install(home / "kept", shim())
        plain = undisturbed(home, name, "kill" if how == "copy" else how)
        mine = [made for made in record.strikes if made.verb == name]
        known = home / "known"
        known.mkdir()
        for made in mine:
            (known / made.left).write_text(json.dumps(made.after))
        wanted = range(first, plain.writes + 1, every)
        done = [made for made in mine if made.how == how and made.n in wanted]
        todo = sorted({*wanted} - {made.n for made in done})
        lefts = copies(home, verb) if how == "copy" and todo else []
        met = forks(home, verb, how, todo, plain) if how in FORKED and todo and not real else {}
        assert not lefts or len(lefts) == plain.writes, f"{len(lefts)} writes, not {plain.writes}"
        firsts: dict[str, int] = {}
        same: dict[int, list[int]] = {}
        for n in todo:  # of writes that leave the same, the first stands for all
            left, wrong = (lefts[n - 1], []) if lefts else met.get(n, ("", [""]))
            same.setdefault(n if wrong else firsts.setdefault(left, n), []).append(n)

        def one(n: int, place: Path) -> Strike:
            if lefts:
                folder, wrong = copied(home / COPIES / lefts[n - 1], place), []
            elif n in met:
                left, wrong = met[n]
                folder = copied(home / COPIES / left, place)
            else:
                wrong, folder = strike(place, verb, n, how, plain.beside)
            if (folder / USERS).read_text() != "mine\n":
                wrong.append("the user's file is not as it was")
            wrong += plain.half(folder / verb.made, verb)
            after = known / state(folder, how != "kill")
            if not after.exists():
                recovered = json.dumps(recover(folder, verb, plain.whole, plain.beside))
                unready = place / "after.json"
                unready.write_text(recovered)
                unready.replace(after)
            return Strike(name, how, n, after.name, wrong, json.loads(after.read_text()))

        for found in in_forks(one, [*same], home, jobs):
            for n in same[found.n]:
                made = replace(found, n=n)
                record.add(made)
                done.append(made)
                tell(made)
    return plain.writes, done


def forks(
    home: Path, verb: Verb, how: str, wanted: Sequence[int], plain: Plain
) -> dict[int, tuple[str, list[str]]]:
    """What forks of a run leave whose writes failed (snapshots.py), and what is wrong with how they
    ended; of each folder that is left one is kept. Writes are missing that could not be forked."""
    ends = home / "ends.jsonl"

    def look(numbers: Sequence[int], folder: Path, ended: Fork) -> None:
        if ended.status is None:
            return
        left = keep(folder, home)
        wrong = told(folder, verb, ended.status, ended.said, plain.beside)
        with ends.open("a") as file:
            file.writelines(json.dumps([n, left, wrong]) + "\n" for n in numbers)

    snapshots(home, verb, how, wanted, look)
    found = map(json.loads, ends.read_text().splitlines() if ends.exists() else ())
    return {n: (left, wrong) for n, left, wrong in found}


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
    if PRELOADED in os.environ:
        return
    with tempfile.TemporaryDirectory(prefix="tinyrob-shim-") as folder:
        shim = build(Path(folder))
        environment = {
            **os.environ, PRELOADED: str(shim), "LD_PRELOAD": str(shim),
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


def prepare(verb: Verb) -> None:
    """Has this program make once what each of its forks would make anew."""
    for module in verb.loads:
        importlib.import_module(module)
    if verb.loads:
        config = tf.tensorflow().config
        config.run_functions_eagerly(True)  # a graph would be traced anew by each run
        config.threading.set_intra_op_parallelism_threads(1)  # a fork has no thread of a pool
        config.threading.set_inter_op_parallelism_threads(1)
    if verb.trains:
        tf.keras()
        tf.qkeras()
        from tinyrob.training import phase

        phase.CALIBRATION_BATCHES = 2  # of 40, none of which writes
        with tempfile.TemporaryDirectory(prefix="tinyrob-first-") as scratch:
            folder = fresh(Path(scratch), verb)
            here = Path.cwd()
            os.chdir(folder)
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                cli.main(list(verb.arguments))  # Keras' layers are compiled by autograph
            os.chdir(here)


def main() -> int:
    """The verbs that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verbs", nargs="*")
    parser.add_argument("--how", choices=[*HOW, "copy"], default="kill")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--real", action="store_true", help="no forks: a run for each write")
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
        prepare(VERBS[name])
        writes, strikes = sweep(
            name,
            asked.how,
            asked.every,
            asked.first,
            asked.jobs or os.cpu_count() or 1,
            record,
            asked.real,
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
