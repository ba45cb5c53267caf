"""Kills a verb at each of its writes, or fails one of them, and looks at what is left.

python tests/faults/sweep.py [VERB ...] [--how kill|full|broken] [--every N] [--first N]

For each write the verb runs in a fresh folder beside a file of the user's. Then: that file is as
it was; what the verb makes is as it was before, or whole; an error is told in one line, with exit
1. The verb runs once more, undisturbed: what it makes is, byte for byte, what an undisturbed run
makes, and nothing else lies about.
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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from support.surgery import small_file  # noqa: E402
from tinyrob import tf  # noqa: E402

HOW = {"kill": 1, "full": 2, "broken": 3}
_PRELOADED = "TINYROB_FAULT_SHIM"
_USERS = "notes.txt"

RECIPE = """
name = "tiny"
dataset = "digits"
seed = 3

[topology]
stem = { filters = 2 }
stages = [{ filters = 2 }]
head = "flatten"

[quantizers.layers]
stem = { kernel = 4 }
logits = { kernel = 4, activation = { bits = 8, integer = 4 } }

[training]
epochs = { warmup = 1, qat = 1, settle = 0 }
batch = 500
"""
SPACE = """
recipe = "tiny.toml"
epochs = 1
validation = 100
[pgd]
eps = 8
images = 20
steps = 1
[kernel]
stem = [2, 4]
"""


@dataclass(frozen=True)
class Verb:
    """``arguments`` of tinyrob; ``made`` is what it makes, a file or a folder. ``resume``: what
    else the second run is told. ``loads``: modules that every run would load."""

    arguments: Sequence[str]
    made: str
    resume: Sequence[str] = ()
    loads: Sequence[str] = ()
    needs: Mapping[str, bytes] | None = None
    ignored: Sequence[str] = ()
    """Names in ``made`` of what is not the same in two undisturbed runs: times."""
    trains: bool = False
    whole_at_once: bool = True
    """Whether ``made`` comes in one step; else it grows, and only the second run is compared."""


VERBS: dict[str, Verb] = {
    "export-tflite": Verb(("export-tflite", "digits-stq-jr", "-o", "made.tflite"), "made.tflite"),
    "build": Verb(
        ("build", "small.tflite", "--target", "mps2_an386", "--app", "none", "--out", "made"),
        "made", needs={"small.tflite": small_file()},
    ),
    "export-hls": Verb(
        ("export-hls", "digits-stq-jr", "--out", "made", "--vectors", "1"), "made"
    ),
    "attack": Verb(
        (
            "attack", "digits-stq-jr", "--attacks", "noise", "--eps", "8", "--eps-l2", "none",
            "--samples", "4", "--on", "tflm", "--out", "made",
        ),
        "made", loads=("tinyrob.attack.session",), ignored=("state",), whole_at_once=False,
    ),
    "train": Verb(
        ("train", "tiny.toml", "--out", "made"), "made", resume=("--resume",),
        loads=("tinyrob.training.session",), trains=True, needs={"tiny.toml": RECIPE.encode()},
        whole_at_once=False,
    ),
    "search": Verb(
        ("search", "space.toml", "--trials", "2", "--out", "made"), "made",
        loads=("tinyrob.training.session", "optuna"), trains=True,
        needs={"tiny.toml": RECIPE.encode(), "space.toml": SPACE.encode()},
        ignored=("study", "trials", ".db", "journal"), whole_at_once=False,
    ),
}  # fmt: skip


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


def run(folder: Path, arguments: Sequence[str], n: int, how: int) -> Ended:
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
            from tinyrob import cli

            shim = ctypes.CDLL(os.environ[_PRELOADED])
            shim.fault_seen.restype = ctypes.c_long
            status = 0
            shim.fault_arm(ctypes.c_long(n), how)
            try:
                cli.main(list(arguments))
            except SystemExit as stop:
                status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
            except BaseException:
                traceback.print_exc()
                status = 70
            count = shim.fault_seen()
            shim.fault_arm(ctypes.c_long(0), 0)
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
        (folder / name).write_bytes(content)
    return folder


def shortcomings(
    home: Path, verb: Verb, whole: Mapping[str, str], beside: set[str], n: int, how: str
) -> list[str]:
    """What is wrong after the verb was struck at its n-th write."""
    folder = fresh(home, verb)
    found = []
    ended = run(folder, verb.arguments, n, HOW[how])
    if how == "kill" and ended.status != -signal.SIGKILL:
        found.append(f"was not killed, but ended with {ended.status}: {ended.said[-300:]}")
    if how != "kill":
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
    again = run(folder, (*verb.arguments, *verb.resume), 0, 0)
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


def sweep(name: str, how: str, every: int = 1, first: int = 1) -> tuple[int, int, list[str]]:
    """(writes of an undisturbed run, how many of them were struck, what was wrong)."""
    verb = VERBS[name]
    wrong = []
    with tempfile.TemporaryDirectory(prefix="tinyrob-faults-") as scratch:
        home = Path(scratch)
        folder = fresh(home, verb)
        plain = run(folder, verb.arguments, 0, 0)
        assert plain.status == 0, f"{name} does not run: {plain.said[-2000:]}"
        whole = digest(folder / verb.made, verb.ignored)
        assert whole, f"{name} makes nothing at {verb.made}"
        beside = {path.name for path in folder.iterdir()}
        struck = range(first, plain.writes + 1, every)
        for n in struck:
            wrong += [f"{name}, {how} at {n}: {what}" for what in
                      shortcomings(home, verb, whole, beside, n, how)]  # fmt: skip
    return plain.writes, len(struck), wrong


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
    asked = parser.parse_args()
    preload(build_shim)
    os.environ.pop("LD_PRELOAD", None)  # not for compilers and other programs that a verb calls
    fell = 0
    for name in asked.verbs or VERBS:
        started = time.monotonic()
        for module in ("tinyrob.cli", *VERBS[name].loads):
            importlib.import_module(module)
        if VERBS[name].trains:
            tf.keras()
        writes, struck, wrong = sweep(name, asked.how, asked.every, asked.first)
        seconds = time.monotonic() - started
        print(f"{name:14s} {asked.how:7s} {writes:5d} writes, {struck:5d} struck, "
              f"{len(wrong)} wrong, {seconds:.0f} s", flush=True)  # fmt: skip
        print("".join(f"    {line}\n" for line in wrong), end="", flush=True)
        fell += len(wrong)
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
