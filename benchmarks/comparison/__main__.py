"""``make table``: measures what the tables lack, keeps the figures, writes them into a page."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.comparison import entries, render
from benchmarks.comparison.measure import Place, costs, digest_of, row, suite
from tinyrob.cli import main
from tinyrob.cli._common import console
from tinyrob.errors import DataError, TinyrobError
from tinyrob.files.whole import write_atomically

TASKS, FIGURES = "robustness.toml", "robustness.json"
VERSION = 1


def load_figures(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Rows by task; nothing where there is no file yet. Raises DataError where it is damaged."""
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != VERSION:
            raise ValueError(f"format {content['format']}, not {VERSION}")
        tasks: dict[str, list[dict[str, Any]]] = content["tasks"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} holds no figures: {error}", "delete it and measure") from None
    return tasks


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


def _write(folder: Path, figures: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    text = json.dumps({"format": VERSION, "tasks": figures}, indent=1)
    write_atomically(folder / FIGURES, (text + "\n").encode())


def _unwatched(_label: str, _share: float) -> None:
    """Rows are told of one by one; the attacks in them are not."""


def _check_known(option: str, asked: Sequence[str], known: Sequence[str]) -> None:
    for name in asked:
        if name not in known:
            raise TinyrobError(f"--{option} {name}: not in {TASKS}", f"known: {', '.join(known)}")


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--readme", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--task", "tasks", multiple=True, metavar="T", help="Only this task (repeatable).")
@click.option("--model", "models", multiple=True, metavar="M", help="Only this row (repeatable).")
@click.option("--again", is_flag=True, help="Measure rows that have figures already, too.")
@click.option(
    "--costs", "only_costs", is_flag=True, help="Only flash, RAM and instructions, of every row."
)
@click.option("--render", "only_render", is_flag=True, help="Measure nothing, write the README.")
@click.option("--data-dir", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--runs", type=click.Path(file_okay=False, path_type=Path), default=Path("runs/table")
)
def command(
    folder: Path,
    readme: Path,
    tasks: tuple[str, ...],
    models: tuple[str, ...],
    again: bool,
    only_costs: bool,
    only_render: bool,
    data_dir: Path | None,
    runs: Path,
) -> None:
    """Measures what of FOLDER/robustness.toml is lacking in robustness.json.

    MLPerf Tiny's models are taken from the folder TINYROB_MODELS, else ../shared/models. A stopped
    run goes on where it was.
    """
    chosen = entries.load(folder / TASKS)
    figures = load_figures(folder / FIGURES)
    where = Path(os.environ.get("TINYROB_MODELS", folder.resolve().parents[1] / "shared/models"))
    place = Place(where, data_dir, runs)
    _check_known("task", tasks, [task.name for task in chosen])
    _check_known("model", models, [entry.model for task in chosen for entry in task.entries])
    for task in chosen if not only_render else ():
        if tasks and task.name not in tasks:
            continue
        rows = {r["model"]: r for r in figures.get(task.name, [])}
        for entry in task.entries:
            if models and entry.model not in models:
                continue
            kept = rows.get(entry.model)
            if only_costs:
                if kept is not None:
                    rows[entry.model] = {**kept, **costs(entry, place)}
                    figures[task.name] = [rows[r["model"]] for r in figures[task.name]]
                    _write(folder, figures)
                continue
            fits = kept and not again and answers(kept, task, digest_of(entry, place))
            if fits and answers_suite(rows[entry.model], task):
                continue
            console().print(f"{task.name}: {entry.model}")
            if not fits:
                rows[entry.model] = row(task, entry, place, _unwatched)
            if task.suite:
                rows[entry.model]["suite"] = suite(task, entry, place, _unwatched)
            order = [e.model for e in task.entries]
            figures[task.name] = [rows[name] for name in order if name in rows]
            _write(folder, figures)
    text = render.tables(chosen, figures)
    placed = render.placed(readme.read_text(encoding="utf-8"), text)
    write_atomically(readme, placed.encode())
    click.echo(text)


if __name__ == "__main__":
    main(None, command)
