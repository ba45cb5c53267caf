"""What a kill at each write would leave, from one run: the folder is copied before each of them."""

from __future__ import annotations

import shutil
from pathlib import Path

from left import state
from runs import HOW, TEMPORARY, empty, fresh, run
from verbs import Verb

COPIES = "copies"


def copies(home: Path, verb: Verb) -> list[str]:
    """The state (left.state) before each write of an undisturbed run; of each state, its folder
    is kept in ``home``."""
    folder, told = fresh(home, verb), home / "states.txt"

    def copy() -> None:
        left = keep(folder, home)
        with told.open("a") as lines:
            lines.write(left + "\n")

    ended = run(folder, verb, (), 0, HOW["kill"], copy)
    assert ended.status == 0, ended.said[-2000:]
    return told.read_text().splitlines()


def keep(folder: Path, home: Path) -> str:
    """The state of ``folder``, of which ``home`` has a copy from then on."""
    left = state(folder, unread=True)
    if not (home / COPIES / left).exists():
        shutil.copytree(folder, home / COPIES / left, symlinks=True)
    return left


def copied(copy: Path, place: Path) -> Path:
    """The folder of a copy, in ``place``."""
    folder = place / "here"
    empty(place / TEMPORARY)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(copy, folder, symlinks=True)
    return folder
