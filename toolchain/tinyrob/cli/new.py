"""``tinyrob new``: a project for one's own data."""

from __future__ import annotations

from pathlib import Path

import click

from tinyrob.cli._common import FOLDER, emit_json, json_option
from tinyrob.files.screen import say


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option(
    "--data",
    "source",
    required=True,
    type=click.Path(path_type=Path),
    help="Pictures or recordings in a folder a class, tables of sensor channels, an .npz.",
)
@click.option("--board", help="The board that the network is for (default: stm32f405).")
@click.option(
    "--keras",
    metavar="MODEL",
    help="A float Keras model of your own for these data (.h5, .keras, a SavedModel of Keras 2, or "
    "net.py:build): the recipe begins with its layers and weights.",
)
@click.option(
    "--normal",
    metavar="CLASS",
    help="Detect anomalies: learn this class alone, all others are what it is not (default, where "
    "the data have one class: that one).",
)
@json_option
def command(
    folder: Path,
    source: Path,
    board: str | None,
    keras: str | None,
    normal: str | None,
    as_json: bool,
) -> None:
    """Look at data of your own and write a project into DIR that trains on them.

    DIR gets a commented recipe.toml, gate.toml, README.md and a CI workflow. Data are read whole,
    so what is wrong with them is said at once; they stay where they are.
    """
    from tinyrob.start.project import new

    made = new(folder, source, board, keras, normal)
    if as_json:
        emit_json(made.to_dict())
        return
    counts = ", ".join(f"{count:,} {split}" for split, count in made.splits.items())
    say(f"{made.recipe}: {made.kind}, {len(made.classes)} classes ({counts}), for {made.board}")
    say(f"next: tinyrob train {made.recipe}; {made.recipe.parent}/README.md has all steps")
