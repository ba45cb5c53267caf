"""Which networks stand in which table: a TOML file of known keys only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tinyrob.errors import DataError
from tinyrob.files.toml_table import Table, read_toml

_MOST = 1_000_000


@dataclass(frozen=True)
class Entry:
    """A row: ``model`` is a zoo name or a file of the models' folder; ``method`` in a few words.

    ``surrogate`` is a file of that folder too: a Keras model of the same network to attack as
    well, which takes ``surrogate_input`` (as of ``tinyrob attack``).
    """

    model: str
    method: str
    surrogate: str = ""
    surrogate_input: str = "artefact"


@dataclass(frozen=True)
class Task:
    """A table: its rows see the same first ``samples`` test inputs and the same L-inf balls.

    ``eps`` are int8 steps of the input. ``suite`` names one whose worst case has a column for each
    of ``suite_eps``; empty means none.
    """

    name: str
    title: str
    dataset: str
    samples: int
    eps: tuple[int, ...]
    attacks: tuple[str, ...]
    entries: tuple[Entry, ...]
    suite: str = ""
    suite_eps: tuple[int, ...] = ()


def load(path: Path) -> tuple[Task, ...]:
    """The tasks of a file. Raises DataError that names file and key."""
    top = read_toml(path, DataError)
    tasks = tuple(_task(t) for t in top.tables("task"))
    top.done()
    return tasks


def _task(t: Table) -> Task:
    suite = t.text("suite") if t.has("suite") else ""
    made = Task(
        t.text("name"),
        t.text("title"),
        t.text("dataset"),
        t.integer("samples", 1, _MOST),
        t.integers("eps", 1, 255),
        t.texts("attacks"),
        tuple(_entry(entry) for entry in t.tables("network")),
        suite,
        t.integers("suite_eps", 1, 255) if suite else (),
    )
    t.done()
    return made


def _entry(t: Table) -> Entry:
    made = Entry(
        t.text("model"),
        t.text("method"),
        t.text("surrogate") if t.has("surrogate") else "",
        t.text("surrogate_input", "artefact"),
    )
    t.done()
    return made
