"""``tinyrob train``: from a recipe to a frozen model."""

from __future__ import annotations

from pathlib import Path

import click

from tinyrob.cli._common import FOLDER, data_dir_option, emit_json, json_option
from tinyrob.files.screen import say


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
@json_option
def command(
    recipe: str | None,
    data_dir: Path | None,
    out: Path | None,
    epochs: int | None,
    resume: bool,
    fresh: bool,
    status_of: Path | None,
    as_json: bool,
) -> None:
    """Train RECIPE's network: a shipped recipe's name, or a .toml file of your own.

    The folder gets a checkpoint each epoch, recipe.toml, history.json and, at the end, frozen.npz.
    """
    if status_of is not None:
        if recipe is not None or resume or fresh or epochs is not None or out is not None:
            raise click.UsageError("--status DIR stands alone: it trains nothing")
        _status(status_of, as_json)
        return
    if recipe is None:
        raise click.UsageError("Missing argument 'RECIPE'.")
    if resume and fresh:
        raise click.UsageError("--resume goes on, --fresh begins again: give one of the two")
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
