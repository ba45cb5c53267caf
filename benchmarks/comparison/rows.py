"""Rows of the tables that lack figures, and what measures one of them, in any process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.comparison import entries
from benchmarks.comparison.measure import Place, costs, digest_of, row, suite
from tinyrob.cluster.workers import Tell


@dataclass(frozen=True)
class Wanted:
    """Which rows, all where none is named; ``again``: with figures or without."""

    tasks: tuple[str, ...]
    models: tuple[str, ...]
    again: bool
    only_costs: bool

    def has(self, task: str, model: str) -> bool:
        """Whether this row is wanted."""
        return (not self.tasks or task in self.tasks) and (not self.models or model in self.models)


@dataclass(frozen=True)
class Lack:
    """A row that is to be measured: ``kept`` are figures of it that are still right."""

    task: entries.Task
    entry: entries.Entry
    place: Place
    kept: dict[str, Any] | None
    only_costs: bool


def answers(row: Mapping[str, Any], task: entries.Task, digest: str) -> bool:
    """Whether a row is of this network (SHA-256 of its .tflite), on as many inputs as the task
    says, with its attacks and radii, and not with others."""
    if row["digest"] != digest or row["samples"] != task.samples:
        return False
    wanted = {name: {f"{eps:g}" for eps in task.eps} for name in task.attacks}
    return {name: set(shares) for name, shares in row["attacks"].items()} == wanted


def answers_suite(row: Mapping[str, Any], task: entries.Task) -> bool:
    """Whether a row that ``answers`` has the task's suite at its radii, or the task has none."""
    found = row.get("suite") or {"name": "", "worst": {}}
    radii = {f"{eps:g}" for eps in task.suite_eps}
    return found["name"] == task.suite and set(found["worst"]) == radii


def lacks(
    tasks: Sequence[entries.Task], figures: Mapping[str, Any], place: Place, wanted: Wanted
) -> list[Lack]:
    """Rows without figures, or, where they are asked for, all of them."""
    found = []
    for task in tasks:
        rows = {row["model"]: row for row in figures.get(task.name, [])}
        for entry in task.entries:
            if not wanted.has(task.name, entry.model):
                continue
            kept = rows.get(entry.model)
            if wanted.only_costs:
                if kept is not None:
                    found.append(Lack(task, entry, place, kept, True))
                continue
            if kept is not None and (
                wanted.again or not answers(kept, task, digest_of(entry, place))
            ):
                kept = None
            if kept is None or not answers_suite(kept, task):
                found.append(Lack(task, entry, place, kept, False))
    return found


def measured(lack: Lack, _tell: Tell) -> dict[str, Any]:
    """The row. Rows are told of one by one; the attacks in them are not."""

    def unwatched(_label: str, _share: float) -> None:
        pass

    if lack.only_costs:
        return {**(lack.kept or {}), **costs(lack.entry, lack.place)}
    made = lack.kept or row(lack.task, lack.entry, lack.place, unwatched)
    if lack.task.suite:
        made = {**made, "suite": suite(lack.task, lack.entry, lack.place, unwatched)}
    return made
