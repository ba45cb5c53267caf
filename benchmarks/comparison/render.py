"""Rows as Markdown, and their place in a README: between two markers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.comparison.entries import Task
from tinyrob.errors import DataError

BEGIN, END = "<!-- table:begin -->", "<!-- table:end -->"
LABELS = {"fgsm": "FGSM", "pgd-20": "PGD-20", "pgd-100": "PGD-100"}

Row = Mapping[str, Any]


def table(task: Task, rows: Sequence[Row]) -> str:
    """A heading, the table, and a note for each flag; accuracies in percent.

    Rows stand in the order of the task's entries; those not measured yet are left out.
    """
    by_model = {row["model"]: row for row in rows}
    methods = {entry.model: entry.method for entry in task.entries if entry.model in by_model}
    columns = [(name, eps) for name in task.attacks for eps in task.eps]
    suite = [(task.suite, eps) for eps in task.suite_eps]
    head = ["network", "method", "clean"]
    head += [f"{LABELS.get(name, name)} {eps}" for name, eps in columns]
    head += [f"{name} {eps}" for name, eps in suite]
    head += ["flash", "RAM", "instructions"]
    notes: list[str] = []
    body: list[list[str]] = []
    for model, method in methods.items():
        row = by_model[model]
        cells = [_short(model), method, _percent(row["clean"])]
        cells += [_attacked(row, row["attacks"], row["flags"], n, e, notes) for n, e in columns]
        whole = row.get("suite") or {"worst": {}, "flags": []}
        worst = {task.suite: whole["worst"]}
        cells += [_attacked(row, worst, whole["flags"], n, e, notes) for n, e in suite]
        cells += [f"{row[key]:,}" for key in ("flash_bytes", "ram_bytes", "instructions")]
        body.append(cells)
    samples = sorted({by_model[model]["samples"] for model in methods})
    counted = " and ".join(f"{n:,}" for n in samples)
    heading = f"**{task.title}**, {counted} test inputs, L-inf eps in int8 steps of the input"
    return "\n".join([heading, "", *markdown(head, body), *(["", *notes] if notes else [])])


def tables(tasks: Sequence[Task], figures: Mapping[str, Sequence[Row]]) -> str:
    """Every task that has rows, one table after the other."""
    return "\n\n".join(table(t, figures[t.name]) for t in tasks if figures.get(t.name))


def placed(readme: str, text: str, name: str = "table") -> str:
    """``readme`` with ``text`` between its markers. Raises DataError where they are missing."""
    first, last = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    head, begin, rest = readme.partition(first)
    _, end, tail = rest.partition(last)
    if not begin or not end:
        raise DataError(
            f"the README has no place for the tables: {first} … {last}", "put the two markers back"
        )
    return f"{head}{first}\n\n{text}\n\n{last}{tail}"


def _attacked(
    row: Row,
    shares: Mapping[str, Mapping[str, float]],
    flags: Sequence[Mapping[str, Any]],
    name: str,
    eps: int,
    notes: list[str],
) -> str:
    share = shares.get(name, {}).get(f"{eps:g}")
    if share is None:
        return ""
    tainted = [
        flag
        for flag in flags
        if flag["norm"] == "linf"
        and flag["eps"] == eps
        and (
            flag["taints"] == name
            or name not in row["attacks"]
            or flag["flag"] == "large-eps-survives"  # no white-box figure can be trusted then
        )
    ]
    marks = []
    for flag in tainted:
        note = f"{_short(row['model'])}, {LABELS.get(name, name)} at {eps}: {flag['text']}"
        notes.append(f"- \\*{len(notes) + 1} {note}")
        marks.append(f"\\*{len(notes)}")
    return " ".join([_percent(share), *marks])


def _short(model: str) -> str:
    return {"pretrainedResnet_quant.tflite": "MLPerf Tiny ResNet-8"}.get(model, model)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table's lines: the first two columns hold texts, the others numbers."""
    rule = ["---", "---", *["---:"] * (len(head) - 2)]
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)]
