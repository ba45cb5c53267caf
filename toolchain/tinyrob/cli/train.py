"""``tinyrob train``: from a recipe to a frozen model."""

from __future__ import annotations

from pathlib import Path

import click

from tinyrob.cli._common import emit_json, json_option


@click.command()
@click.argument("recipe")
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of datasets (default: TINYROB_DATA, else ~/.cache/tinyrob/data).",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="The run's folder (default: runs/<recipe>).",
)
@click.option("--epochs", type=click.IntRange(min=1), help="In place of the recipe's number.")
@click.option("--resume", is_flag=True, help="Go on from the folder's newest checkpoint.")
@json_option
def command(
    recipe: str,
    data_dir: Path | None,
    out: Path | None,
    epochs: int | None,
    resume: bool,
    as_json: bool,
) -> None:
    """Train RECIPE's network: a shipped recipe's name, or a .toml file of your own.

    The folder gets a checkpoint each epoch, recipe.toml, history.json and, at the end, frozen.npz.
    """
    from tinyrob.train import session

    done = session.train(recipe, data_dir, out, epochs, resume)
    if as_json:
        emit_json(
            {
                "recipe": done.recipe.name,
                "epochs": done.epochs,
                "clean_accuracy": done.clean_accuracy,
                "seconds": round(done.seconds, 1),
                "out": str(done.out),
            }
        )
        return
    click.echo(
        f"{done.recipe.name}: {100 * done.clean_accuracy:.2f} % of the test split after "
        f"{done.epochs} epochs, {done.seconds:.0f} s; frozen in {done.out}"
    )
