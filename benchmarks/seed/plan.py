"""What the table has: its tasks, rows, columns and the paper's claims, from a TOML file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from benchmarks.seed.attacks import ATTACKS, check_settings
from tinyrob.attack.attacks import Ball
from tinyrob.attack.grid import Norm
from tinyrob.errors import DataError, TinyrobError
from tinyrob.files.toml_table import Table, read_toml

MLPERF = "mlperf"
"""The name of the row of MLPerf Tiny's network."""
PRECISIONS: Mapping[str, str | int | None] = {
    "float": None,
    "8-bit": 8,
    "4-bit": 4,
    "ternary": "ternary",
    "stochastic-ternary": "stochastic_ternary",
}
"""Kernels by name, as a recipe has them; None: nothing is quantized."""
DEFENCES: Mapping[str, str] = {
    "none": "none",
    "logits": "JR on the logits",
    "layers": "JR per layer",
    "adversarial": "adversarial training",
}
Numbers = tuple[tuple[str, float], ...]
"""Numbers by name."""
Group = Literal["white-box", "black-box", "strong"]
GROUPS: tuple[Group, ...] = ("white-box", "black-box", "strong")
"""Of columns: the first two have a mean."""
_MOST = 1_000_000
_VERSION = 1
"""Raised where attacks get better: cells of a weaker one are measured again."""


@dataclass(frozen=True)
class Column:
    """An attack, and how many inputs it is made on (None: all of the task's)."""

    name: str
    title: str
    group: Group
    norm: Norm
    settings: Numbers
    samples: int | None = None


@dataclass(frozen=True)
class Row:
    """A precision and a defence; of MLPerf Tiny's network neither."""

    precision: str
    defence: str

    @property
    def name(self) -> str:
        """As --rows has it: ``ternary``, ``ternary-layers``, ``mlperf``."""
        return (
            self.precision if self.defence in ("none", "") else f"{self.precision}-{self.defence}"
        )


@dataclass(frozen=True)
class Task:
    """A table: ``template`` is a shipped recipe, ``seeds`` are of training, ``mlperf`` is "" where
    MLPerf Tiny has no network for it."""

    name: str
    title: str
    template: str
    samples: int
    seeds: tuple[int, ...]
    eps: float
    eps_l2: float
    jacobian: float
    layers: Numbers
    adversarial: float
    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    mlperf: str = ""
    mlperf_title: str = ""
    surrogate: str = ""
    surrogate_input: str = "artefact"

    def ball(self, column: Column) -> Ball:
        """Where the adversarial inputs of a column may lie."""
        return Ball(column.norm, self.eps if column.norm is Norm.LINF else self.eps_l2)

    def inputs(self, column: Column) -> int:
        """How many inputs a column is made on."""
        return min(column.samples or self.samples, self.samples)

    def seeds_of(self, row: Row) -> tuple[int, ...]:
        """MLPerf Tiny's network is there, and was trained once."""
        return (0,) if row.precision == MLPERF else self.seeds

    def columns_of(self, row: Row) -> tuple[Column, ...]:
        """Those that a row can have: nothing transfers from a network to itself."""
        alone = row.precision == MLPERF or not self.mlperf
        return tuple(c for c in self.columns if not (alone and c.name == "transfer"))

    def settings(self, column: Column) -> str:
        """A short digest of all that a cell depends on beside the network."""
        ball = self.ball(column)
        of = [_VERSION, column.name, column.settings, ball.norm.value, ball.eps]
        of += [self.inputs(column), self.samples, self.mlperf if column.name == "transfer" else ""]
        return hashlib.sha256(json.dumps(of).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Claim:
    """By how many points of accuracy the paper's network leads, averaged over a group's attacks."""

    task: str
    group: Group
    points: float


@dataclass(frozen=True)
class Plan:
    """All that the page has."""

    tasks: tuple[Task, ...]
    claims: tuple[Claim, ...] = field(default=())


def load(path: Path) -> Plan:
    """The plan in a file. Raises DataError that names file and key."""
    top = read_toml(path, DataError)
    precisions, defences = top.texts("precisions"), top.texts("defences")
    for key, found, known in (
        ("precisions", precisions, PRECISIONS),
        ("defences", defences, DEFENCES),
    ):
        for name in found:
            if name not in known:
                raise top.wrong(key, f"{name!r} is none", f"known: {', '.join(known)}")
    rows = tuple(Row(p, d) for p in precisions for d in defences)
    columns = tuple(_column(t) for t in top.tables("column"))
    tasks = tuple(_task(t, rows, columns) for t in top.tables("task"))
    claims = tuple(_claim(t, tasks) for t in top.tables("claim"))
    top.done()
    return Plan(tasks, claims)


def _column(t: Table) -> Column:
    name = t.choice("name", tuple(ATTACKS))
    settings = t.optional_table("settings")
    given = {} if settings is None else _numbers(settings, 1e9)
    try:
        check_settings(name, given)
    except TinyrobError as error:
        raise t.wrong("settings", error.message, error.hint or "") from None
    made = Column(
        name,
        t.text("title"),
        t.choice("group", GROUPS),
        Norm(t.choice("norm", (Norm.LINF.value, Norm.L2.value))),
        tuple(given.items()),
        t.integer("samples", 1, _MOST) if t.has("samples") else None,
    )
    t.done()
    return made


def _numbers(t: Table, most: float) -> dict[str, float]:
    found = {key: t.number(key, 0, most) for key in t.keys()}  # noqa: SIM118 - not a dict
    t.done()
    return found


def _task(t: Table, rows: tuple[Row, ...], columns: tuple[Column, ...]) -> Task:
    layers = t.table("layers")
    mlperf = t.text("mlperf") if t.has("mlperf") else ""
    made = Task(
        t.text("name"),
        t.text("title"),
        t.text("template"),
        t.integer("samples", 1, _MOST),
        t.integers("seeds", 0, 2**31 - 1),
        t.number("eps", 1, 255),
        t.number("eps_l2", 1, 1e6),
        t.number("jacobian", 0, 1e6),
        tuple(_numbers(layers, 1e6).items()),
        t.number("adversarial", 0.01, 255),
        (Row(MLPERF, ""), *rows) if mlperf else rows,
        columns,
        mlperf,
        t.text("mlperf_title") if mlperf else "",
        t.text("surrogate") if t.has("surrogate") else "",
        t.text("surrogate_input", "artefact"),
    )
    t.done()
    return made


def _claim(t: Table, tasks: tuple[Task, ...]) -> Claim:
    task = t.choice("task", tuple(task.name for task in tasks))
    made = Claim(task, t.choice("group", GROUPS), t.number("points", -100, 100))
    t.done()
    return made
