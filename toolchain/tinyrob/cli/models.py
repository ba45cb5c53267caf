"""``tinyrob models``: list the zoo, and add to it."""

from __future__ import annotations

from pathlib import Path

import click

from tinyrob.cli._common import data_dir_option, emit_json, json_option, stdout
from tinyrob.files.screen import say


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the zoo's networks and their measured figures."""
    if ctx.invoked_subcommand is not None:
        return
    from dataclasses import asdict

    from tinyrob.models import zoo

    cards = [zoo.card(name) for name in zoo.names()]
    if as_json:
        emit_json({"models": [asdict(card) for card in cards]})
        return
    from rich.table import Table

    table = Table("model", "dataset", "clean accuracy", "parameters", box=None, pad_edge=False)
    for card in cards:
        table.add_row(
            card.name, card.dataset, f"{100 * card.clean_accuracy:.2f} %", f"{card.parameters:,}"
        )
    stdout().print(table)


@command.command()
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--name", help="The entry's name (default: the run's recipe).")
@data_dir_option
@click.option(
    "--note", "notes", multiple=True, help="What a reader of the figures must know; repeatable."
)
@json_option
def add(
    run: Path, name: str | None, data_dir: Path | None, notes: tuple[str, ...], as_json: bool
) -> None:
    """Measure a finished training RUN on its whole test split and make it a zoo entry."""
    from dataclasses import asdict

    from tinyrob.training import to_zoo

    card = to_zoo.add(run, name, data_dir, notes=notes)
    if as_json:
        emit_json(asdict(card))
    else:
        say(f"{card.name}: {100 * card.clean_accuracy:.2f} % of {card.test_images:,} test images")
