"""``tinyrob train``: from a recipe to a frozen model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from tinyrob.cli._common import FOLDER, data_dir_option, emit_json, json_option, workers_option
from tinyrob.files.screen import say


def numbers(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[int, ...]:
    """Whole numbers of at least 0 with commas between them."""
    parts = [part.strip() for part in (value or "").split(",") if part.strip()]
    if not all(part.isdecimal() for part in parts):
        raise click.BadParameter(
            f"{value!r} is not a list of numbers such as 0,1,2", context, parameter
        )
    return tuple(map(int, parts))


@click.command()
@click.argument("recipe", required=False)
@data_dir_option
@click.option(
    "--out",
    type=FOLDER,
    help="The run's folder (default: runs/<recipe>).",
)
@click.option("--epochs", type=click.IntRange(min=1), help="In place of the recipe's number.")
@click.option("--resume", is_flag=True, help="Go on from the folder's newest checkpoint.")
@click.option(
    "--fresh", is_flag=True, help="Begin again; an earlier run in the folder is kept as OUT-N."
)
@click.option(
    "--status",
    "status_of",
    metavar="DIR",
    type=FOLDER,
    help="Train nothing: say where the run in DIR stands.",
)
@click.option(
    "--seeds", callback=numbers, metavar="N,N…", help="A run for each seed, in OUT/seed-N."
)
@workers_option
@json_option
def command(
    recipe: str | None,
    data_dir: Path | None,
    out: Path | None,
    epochs: int | None,
    resume: bool,
    fresh: bool,
    status_of: Path | None,
    seeds: tuple[int, ...],
    workers: str | None,
    as_json: bool,
) -> None:
    """Train RECIPE's network: a shipped recipe's name, or a .toml file of your own.

    The folder gets a checkpoint each epoch, recipe.toml, history.json and, at the end, frozen.npz.
    """
    if status_of is not None:
        others = (recipe, resume, fresh, epochs, out, seeds, workers)
        if any(other not in (None, False, ()) for other in others):
            raise click.UsageError("--status DIR stands alone: it trains nothing")
        _status(status_of, as_json)
        return
    if recipe is None:
        raise click.UsageError("Missing argument 'RECIPE'.")
    if resume and fresh:
        raise click.UsageError("--resume goes on, --fresh begins again: give one of the two")
    if seeds:
        _train_seeds(
            recipe,
            seeds,
            as_json,
            data_dir=data_dir,
            out=out,
            epochs=epochs,
            resume=resume,
            fresh=fresh,
            where=workers,
        )
        return
    if workers is not None:
        raise click.UsageError("--workers share the runs of --seeds: give some")
    from tinyrob.pipeline import train

    done = train(recipe, data_dir=data_dir, out=out, epochs=epochs, resume=resume, fresh=fresh)
    if as_json:
        emit_json(done.to_dict())
        return
    say(
        f"{done.recipe.name}: {100 * done.clean_accuracy:.2f} % of the test split"
        + ("" if done.auc is None else f", AUC {done.auc:.4f},")
        + " after "
        f"{done.epochs} epochs, {done.seconds:.0f} s; "
        + (f"frozen in {done.out}" if done.frozen else f"a float network in {done.out}")
    )


def _train_seeds(recipe: str, seeds: Sequence[int], as_json: bool, **options: Any) -> None:
    from tinyrob.training.seeds import train

    done = train(recipe, seeds, **options)
    if as_json:
        emit_json(done.to_dict())
        return
    for run in done.runs:
        say(f"seed {run.recipe.seed}: {100 * run.clean_accuracy:.2f} %, in {run.out}")
    say(
        f"{done.runs[0].recipe.name}: {100 * done.mean:.2f} % of the test split in the mean of "
        f"{len(done.runs)} seeds, standard deviation {100 * done.spread:.2f}"
    )


def _status(folder: Path, as_json: bool) -> None:
    from dataclasses import asdict

    from tinyrob.training.status import status

    found = status(folder)
    if as_json:
        emit_json(asdict(found))
        return
    parts = [f"train {100 * found.train_accuracy:.2f} %", f"test {100 * found.test_accuracy:.2f} %"]
    if found.validation_accuracy is not None:
        parts.append(f"validation {100 * found.validation_accuracy:.2f} %")
    if found.pgd_accuracy is not None:
        parts.append(f"PGD at {found.pgd_eps:g}: {100 * found.pgd_accuracy:.2f} %")
    say(
        f"{found.recipe}: epoch {found.epoch} of {found.epochs} ({found.phase}), "
        f"loss {found.loss:.4f}"
    )
    say("accuracy: " + ", ".join(parts))
    if found.undone:
        say(f"{found.undone} epochs undone: accuracy under PGD had collapsed")
    if found.finished:
        say("finished and frozen")
    elif found.seconds_left is None:
        say("time left: unknown after one epoch")
    else:
        minutes, seconds = divmod(round(found.seconds_left), 60)
        say(f"about {minutes} min {seconds:02d} s left at the last epoch's pace")
