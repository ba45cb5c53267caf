"""The plan's tables as Markdown, with what was measured and a dash where nothing was."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.comparison.render import markdown
from benchmarks.seed.claims import texts
from benchmarks.seed.figures import (
    CLEAN,
    Estimate,
    Figures,
    Record,
    accuracy,
    estimate,
    mean,
    of_runs,
    worst,
)
from benchmarks.seed.plan import DEFENCES, MLPERF, Column, Plan, Row, Task

PLACE = "seed"
"""The mark of the tables in their page."""
NONE = "–"


def page(plan: Plan, figures: Figures) -> str:
    """What stands between the marks."""
    parts = [table(task, figures) for task in plan.tasks]
    claims, hides = texts(plan, figures)
    parts += ["## The paper's claims", *(f"- {said}" for said in claims)]
    parts += ["## What the averages hide"]
    parts += [f"- {told}" for told in hides] or ["No row is measured whole yet."]
    return "\n\n".join(parts)


def table(task: Task, figures: Figures) -> str:
    """A task's heading, table and notes."""
    heading = f"## {task.title}"
    runs = {row: of_runs(task, row, figures) for row in task.rows}
    if not any(runs.values()):
        return f"{heading}\n\nNot measured yet: `make seed-table ONLY='--task {task.name}'`."
    head = ["network", "defence", "seeds", "clean"]
    for group in ("white-box", "black-box"):
        head += [_title(task, c) for c in task.columns if c.group == group]
        head.append(f"{group} mean")
    head += [_title(task, c) for c in task.columns if c.group == "strong"]
    head += ["worst case", "flash"]
    body = [_line(task, row, list(found.values())) for row, found in runs.items()]
    note = (
        f"{task.samples:,} test inputs, but where a column says how many; L-inf {task.eps:g}, "
        f"L2 {task.eps_l2:g} int8 steps of the input. Black-box queries an input, at most: "
        f"{_queries(task, runs)}."
    )
    return "\n".join([heading, "", *markdown(head, body), "", note])


def _title(task: Task, column: Column) -> str:
    count = task.inputs(column)
    return column.title if count == task.samples else f"{column.title} ({count})"


def _line(task: Task, row: Row, records: list[Record]) -> list[str]:
    def shown(value: Callable[[Record], float | None]) -> str:
        found = [v for record in records if (v := value(record)) is not None]
        return cell(estimate([100 * v for v in found]))

    names = {c.name for c in task.columns_of(row)}

    def of(column: Column) -> str:
        return shown(lambda r: accuracy(r, column.name)) if column.name in names else ""

    network = task.mlperf_title if row.precision == MLPERF else row.precision.replace("-t", " t")
    line = [network, DEFENCES.get(row.defence, ""), str(len(records) or NONE)]
    line.append(shown(lambda r: accuracy(r, CLEAN)))
    line += [of(c) for c in task.columns if c.group == "white-box"]
    line.append(shown(lambda r: mean(task, row, r, "white-box")))
    line += [of(c) for c in task.columns if c.group == "black-box"]
    line.append(shown(lambda r: mean(task, row, r, "black-box")))
    line += [of(c) for c in task.columns if c.group == "strong"]
    line += [shown(lambda r: worst(task, row, r)), _flash(records)]
    return line


def cell(found: Estimate | None) -> str:
    """Percent, with half the width of the interval where there are several seeds."""
    if found is None:
        return NONE
    return f"{found.mean:.1f}" + ("" if found.half is None else f" ± {found.half:.1f}")


def _flash(records: list[Record]) -> str:
    """The largest of the seeds'."""
    clean = [r["cells"].get(CLEAN, {}) for r in records]
    sizes = [one["flash_bytes"] for one in clean if "flash_bytes" in one]
    return f"{max(sizes):,}" if sizes else NONE


def _queries(task: Task, runs: dict[Row, dict[int, Record]]) -> str:
    told = []
    for column in task.columns:
        if column.group != "black-box" or column.name == "transfer":
            continue
        cells = [r["cells"].get(column.name) for found in runs.values() for r in found.values()]
        most = max((c["queries"] for c in cells if c is not None), default=None)
        told.append(f"{column.title} {NONE if most is None else f'{most:,}'}")
    return ", ".join(told)
