"""``make table``: measures what the tables lack, keeps the figures, writes them into a page."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.comparison import entries, render
from benchmarks.comparison.measure import Place
from benchmarks.comparison.rows import Wanted, lacks, measured
from tinyrob.cli import main
from tinyrob.cli._common import console, workers_option
from tinyrob.cluster.choose import workers as opened
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


def _write(folder: Path, figures: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    text = json.dumps({"format": VERSION, "tasks": figures}, indent=1)
    write_atomically(folder / FIGURES, (text + "\n").encode())


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
@workers_option
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
    workers: str | None,
) -> None:
    """Measures what of FOLDER/robustness.toml is lacking in robustness.json.

    MLPerf Tiny's models are taken from the folder TINYROB_MODELS, else ../shared/models. A stopped
    run goes on where it was.
    """
    chosen = entries.load(folder / TASKS)
    figures = load_figures(folder / FIGURES)
    where = Path(os.environ.get("TINYROB_MODELS", folder.resolve().parents[1] / "shared/models"))
    place = Place(where, data_dir and data_dir.absolute(), runs.absolute())
    _check_known("task", tasks, [task.name for task in chosen])
    _check_known("model", models, [entry.model for task in chosen for entry in task.entries])
    wanted = Wanted(tasks, models, again, only_costs)
    todo = [] if only_render else lacks(chosen, figures, place, wanted)
    with opened(workers) as spread:
        for number, found in spread.each(measured, todo):
            task, model = todo[number].task, todo[number].entry.model
            console().print(f"{task.name}: {model}")
            rows = {**{r["model"]: r for r in figures.get(task.name, [])}, model: found}
            figures[task.name] = [rows[e.model] for e in task.entries if e.model in rows]
            _write(folder, figures)
    text = render.tables(chosen, figures)
    placed = render.placed(readme.read_text(encoding="utf-8"), text)
    write_atomically(readme, placed.encode())
    click.echo(text)


if __name__ == "__main__":
    main(None, command)
