"""Runs of a verb in a fork of this program: struck at one of their writes, or watched at each."""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from verbs import Verb

from tinyrob import cli

HOW = {"kill": 1, "full": 2, "broken": 3, "memory": 4}
PRELOADED = "TINYROB_FAULT_SHIM"
USERS = "notes.txt"
TEMPORARY, _BEFORE = "temporary", "before"


_CALLED = ctypes.CFUNCTYPE(None)


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit status (-9: killed), what it said, how many writes it made, and
    which modules it had."""

    status: int
    said: str
    writes: int
    modules: Sequence[str]


forked = False
"""Whether this is a fork of a run (snapshots.py), which tells its exit status only."""


def shim() -> Any:
    """The shim that stands in front of the C library."""
    library = ctypes.CDLL(os.environ[PRELOADED])
    library.fault_seen.restype = ctypes.c_long
    return library


def run(
    folder: Path,
    verb: Verb,
    more: Sequence[str],
    n: int,
    how: int,
    before_each: Callable[[], None] | None = None,
) -> Ended:
    """The verb in a fork of this program, in ``folder``, struck at its n-th write (0: never).

    ``before_each`` is called before each of its writes, with the folder as a kill would leave it.
    """
    reads, writes = os.pipe()
    said = folder.parent / "said.txt"
    child = os.fork()
    if child == 0:
        try:
            os.chdir(folder)
            tempfile.tempdir = os.environ["TMPDIR"] = str(folder.parent / TEMPORARY)
            out = os.open(said, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o644)
            for number in (1, 2):
                os.dup2(out, number)
            status, faults = 0, shim()
            watch = _CALLED(before_each) if before_each else _CALLED()
            faults.fault_watch(watch)
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
            if not forked:
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
    empty(home / TEMPORARY)
    (folder / USERS).write_text("mine\n")
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
