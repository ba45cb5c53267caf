"""``make seed-table``: trains and attacks what the tables lack, and writes them into their page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

import click

from benchmarks.comparison.measure import Place, place_of
from benchmarks.kept import check_known, write_placed
from benchmarks.seed import cells, render
from benchmarks.seed.cells import Cell
from benchmarks.seed.figures import CLEAN, Figures, lacking
from benchmarks.seed.network import Run
from benchmarks.seed.plan import Plan, load
from tinyrob.cli import main
from tinyrob.cli._common import FOLDER, console, data_dir_option, workers_option
from tinyrob.cluster.choose import workers as opened
from tinyrob.cluster.workers import Workers
from tinyrob.errors import TinyrobError

PLAN, FIGURES = "seed.toml", "seed.json"


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--task", "tasks", multiple=True, metavar="T", help="Only this task (repeatable).")
@click.option("--rows", multiple=True, metavar="R", help="Only these rows: ternary* (repeatable).")
@click.option("--seeds", metavar="LIST", help="Only these seeds: 0,1.")
@click.option("--column", "columns", multiple=True, metavar="C", help="Only this (repeatable).")
@click.option("--render", "only_render", is_flag=True, help="Measure nothing, write the page.")
@click.option("--list", "only_list", is_flag=True, help="Say what is lacking, and stop.")
@data_dir_option
@click.option("--runs", type=FOLDER, default=Path("runs/seed"), help="Where networks are trained.")
@workers_option
def command(
    folder: Path,
    page: Path,
    tasks: tuple[str, ...],
    rows: tuple[str, ...],
    seeds: str | None,
    columns: tuple[str, ...],
    only_render: bool,
    only_list: bool,
    data_dir: Path | None,
    runs: Path,
    workers: str | None,
) -> None:
    """Measures what of FOLDER/seed.toml is lacking in seed.json, all rows of a seed at a time.

    A network is trained, frozen and attacked a column at a time; each cell is kept as it is there.
    MLPerf Tiny's models are taken from the folder TINYROB_MODELS, else ../shared/models. A stopped
    run goes on where it was.
    """
    plan, kept = load(folder / PLAN), folder / FIGURES
    figures = Figures.load(kept)
    place = place_of(folder, data_dir, runs)
    todo = list(_runs(plan, figures, place, tasks, rows, _numbers(seeds), columns))
    if only_list:
        for run in todo:
            record = figures.record(run.task, run.row, run.seed)
            lack = ", ".join(lacking(run.task, run.row, record, columns))
            click.echo(f"{run.task.name} {run.row.name} seed {run.seed}: {lack}")
        return
    with opened(workers) as spread:
        for start in range(0, 0 if only_render else len(todo), spread.count):
            _measure(todo[start : start + spread.count], columns, figures, kept, spread)
    text = render.page(plan, figures)
    write_placed(page, text, render.PLACE)
    click.echo(text)


def _runs(
    plan: Plan,
    figures: Figures,
    place: Place,
    tasks: Sequence[str],
    rows: Sequence[str],
    seeds: Sequence[int],
    columns: Sequence[str],
) -> Iterator[Run]:
    """Those that lack a cell, seed by seed. Raises TinyrobError for a name that is none."""
    check_known("task", tasks, [task.name for task in plan.tasks], PLAN)
    chosen = [task for task in plan.tasks if not tasks or task.name in tasks]
    known = list(dict.fromkeys(row.name for task in chosen for row in task.rows))
    for pattern in rows:
        if not any(fnmatch(name, pattern) for name in known):
            check_known("rows", [pattern], known, PLAN)
    every = [CLEAN, *(c.name for task in chosen for c in task.columns)]
    check_known("column", columns, every, PLAN)
    for task in chosen:
        for seed in sorted({s for row in task.rows for s in task.seeds_of(row)}):
            if seeds and seed not in seeds:
                continue
            for row in task.rows:
                if rows and not any(fnmatch(row.name, pattern) for pattern in rows):
                    continue
                record = figures.record(task, row, seed)
                if seed in task.seeds_of(row) and lacking(task, row, record, columns):
                    yield Run(task, row, seed, place)


def _measure(
    runs: Sequence[Run],
    columns: Sequence[str],
    figures: Figures,
    kept: Path,
    spread: Workers,
) -> None:
    """As many runs as there are workers: they are trained, then all their cells are measured."""
    todo: list[Cell] = []
    for number, found in spread.each(cells.trained, runs):
        run = runs[number]
        record = figures.begin(run.task, run.row, run.seed, found["network"], found["seconds"])
        named = {c.name: c for c in run.task.columns}
        lack = lacking(run.task, run.row, record, columns)
        todo += [Cell(run, named.get(name), found["network"]) for name in lack]
        console().print(f"{_named(run)}: a network, {found['seconds']:.0f} s")
    for number, found in spread.each(cells.measured, todo):
        run, column = todo[number].run, todo[number].column
        name = column.name if column else CLEAN
        figures.keep(run.task, run.row, run.seed, name, found)
        figures.save(kept)
        console().print(f"{_named(run)}: {name} {100 * found['accuracy']:.1f}")


def _named(run: Run) -> str:
    return f"{run.task.name} {run.row.name} seed {run.seed}"


def _numbers(text: str | None) -> tuple[int, ...]:
    if text is None:
        return ()
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise TinyrobError(f"--seeds {text}: no list of numbers", "such as 0,1,2") from None


if __name__ == "__main__":
    main(None, command)
