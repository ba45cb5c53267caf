"""``make table``: measures what the tables lack, keeps the figures, writes them into a page."""

from __future__ import annotations

from pathlib import Path

import click

from benchmarks.comparison import entries, render
from benchmarks.comparison.measure import place_of
from benchmarks.comparison.rows import Wanted, lacks, measured
from benchmarks.kept import check_known, load_tasks, replaced, save_tasks, write_placed
from tinyrob.cli import main
from tinyrob.cli._common import console, workers_option
from tinyrob.cluster.choose import workers as opened

TASKS, FIGURES = "robustness.toml", "robustness.json"


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
    figures = load_tasks(folder / FIGURES)
    place = place_of(folder, data_dir, runs)
    check_known("task", tasks, [task.name for task in chosen], TASKS)
    check_known("model", models, [e.model for task in chosen for e in task.entries], TASKS)
    wanted = Wanted(tasks, models, again, only_costs)
    todo = [] if only_render else lacks(chosen, figures, place, wanted)
    with opened(workers) as spread:
        for number, found in spread.each(measured, todo):
            task, model = todo[number].task, todo[number].entry.model
            console().print(f"{task.name}: {model}")
            order = [entry.model for entry in task.entries]
            known = figures.get(task.name, [])
            figures[task.name] = replaced(known, found, lambda row: row["model"], order)
            save_tasks(folder / FIGURES, figures)
    text = render.tables(chosen, figures)
    write_placed(readme, text)
    click.echo(text)


if __name__ == "__main__":
    main(None, command)
