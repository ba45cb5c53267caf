"""What was measured: kept a cell at a time in a JSON file, and what rows make of their seeds."""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.kept import load_tasks, save_tasks
from benchmarks.seed import recipes
from benchmarks.seed.cells import packed, share, unpacked
from benchmarks.seed.plan import MLPERF, Column, Group, Row, Task

Record = dict[str, Any]
"""Of a run: ``recipe`` and ``network`` (digests), ``seconds`` of training, ``cells`` by column, and
``stands``: which inputs nothing has broken so far."""
CLEAN = "clean"


class Figures:
    """Records by task, row and seed."""

    def __init__(self, tasks: dict[str, dict[str, dict[str, Record]]]) -> None:
        self.tasks = tasks

    @classmethod
    def load(cls, path: Path) -> Figures:
        """None where there is no file yet. Raises DataError where it is damaged."""
        return cls(load_tasks(path))

    def save(self, path: Path) -> None:
        """Whole or not at all."""
        save_tasks(path, self.tasks)

    def record(self, task: Task, row: Row, seed: int) -> Record | None:
        """What is known of a run, if it is of the recipe that the row has now."""
        found = self.tasks.get(task.name, {}).get(row.name, {}).get(str(seed))
        return (
            found if found is not None and found["recipe"] == recipe_of(task, row, seed) else None
        )

    def begin(self, task: Task, row: Row, seed: int, network: str, seconds: float) -> Record:
        """The record of a trained run: the cells that it has stay if they are of this network."""
        known = self.record(task, row, seed)
        if known is None or known["network"] != network:
            known = {"recipe": recipe_of(task, row, seed), "network": network}
            known |= {"seconds": seconds, "cells": {}}
            self.tasks.setdefault(task.name, {}).setdefault(row.name, {})[str(seed)] = known
        return known

    def keep(self, task: Task, row: Row, seed: int, name: str, found: Mapping[str, Any]) -> None:
        """A cell of a record that has begun, and what it leaves standing of the inputs."""
        record, cell = self.tasks[task.name][row.name][str(seed)], dict(found)
        stands = unpacked(cell.pop("stands"), task.samples)
        if "stands" in record:
            stands &= unpacked(record["stands"], task.samples)
        record["stands"] = packed(stands)
        record["cells"][name] = cell


def recipe_of(task: Task, row: Row, seed: int) -> str:
    """A short digest of what a run is trained by (of MLPerf Tiny's network its name), and of what
    inputs count as broken: what one attack breaks stays so when another one's settings change."""
    made = task.mlperf if row.precision == MLPERF else recipes.text(task, row, seed)
    of = f"{made}\n{task.eps:g} {task.eps_l2:g} {task.samples}"
    return hashlib.sha256(of.encode()).hexdigest()[:12]


def lacking(task: Task, row: Row, record: Record | None, names: Sequence[str]) -> list[str]:
    """Cells that a run has to get, of those asked for (all where none is named)."""
    cells = {} if record is None else record["cells"]
    wanted: dict[str, Column | None] = {CLEAN: None} if not names or CLEAN in names else {}
    wanted |= {c.name: c for c in task.columns_of(row) if not names or c.name in names}
    return [n for n, column in wanted.items() if not _right(task, cells.get(n), column)]


def _right(task: Task, cell: Mapping[str, Any] | None, column: Column | None) -> bool:
    if cell is None:
        return False
    if column is None:
        return bool(cell["inputs"] == task.samples)
    return bool(cell["settings"] == task.settings(column))


@dataclass(frozen=True)
class Estimate:
    """A mean over ``seeds`` runs, and half the width of its 95 % interval (None: of one run):
    Student's t with seeds - 1 degrees of freedom."""

    mean: float
    half: float | None
    seeds: int


def estimate(values: Sequence[float]) -> Estimate | None:
    """Of one value a run; None of none."""
    if not values:
        return None
    if len(values) == 1:
        return Estimate(values[0], None, 1)
    from scipy.stats import t

    factor = float(t.ppf(0.975, len(values) - 1)) / len(values) ** 0.5
    return Estimate(statistics.fmean(values), factor * statistics.stdev(values), len(values))


def of_runs(task: Task, row: Row, figures: Figures) -> dict[int, Record]:
    """The row's records by seed, with no cell that is not the plan's."""
    found = {}
    for seed in task.seeds_of(row):
        record = figures.record(task, row, seed)
        if record is not None:
            stale = lacking(task, row, record, ())
            cells = {n: c for n, c in record["cells"].items() if n not in stale}
            found[seed] = {**record, "cells": cells}
    return found


def accuracy(record: Record, name: str) -> float | None:
    """Of a cell, 0 to 1."""
    cell = record["cells"].get(name)
    return None if cell is None else float(cell["accuracy"])


def mean(task: Task, row: Row, record: Record, group: Group, of: Row | None = None) -> float | None:
    """Over a group's attacks that the row has (``of``: that row has, too); None unless all are
    measured."""
    both = {c.name for c in task.columns_of(of or row)}
    names = [c.name for c in task.columns_of(row) if c.group == group and c.name in both]
    values = [accuracy(record, name) for name in names]
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known and len(known) == len(values) else None


def worst(task: Task, row: Row, record: Record) -> float | None:
    """The share of the inputs that no attack of the row breaks; None unless all are measured."""
    if lacking(task, row, record, ()):
        return None
    return share(unpacked(record["stands"], task.samples))
