"""``tinyrob search``: the best trades of robust accuracy, flash and instructions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tinyrob.cli._common import (
    FILE,
    FOLDER,
    console,
    data_dir_option,
    emit_json,
    json_option,
    seed_option,
    stdout,
    workers_option,
)


@click.command()
@click.argument("space", type=FILE)
@click.option("--trials", type=int, default=50, show_default=True, help="The study's budget.")
@click.option("--minutes", type=float, help="Start no trial later than this.")
@click.option(
    "--storage", metavar="URL", help="A database (default: sqlite, study.db in the folder)."
)
@click.option("--study", metavar="NAME", help="Its name there (default: the recipe's).")
@click.option("--sampler", type=click.Choice(("nsga2", "tpe")), default="nsga2", show_default=True)
@click.option("--target", default="stm32", show_default=True, help="An emulated board.")
@seed_option
@workers_option
@data_dir_option
@click.option(
    "--out",
    type=FOLDER,
    help="The search's folder (default: runs/search/<space>).",
)
@json_option
def command(space: Path, out: Path | None, as_json: bool, **options: Any) -> None:
    """Search the bits and Jacobian weights of each layer that SPACE (a TOML file) allows.

    Each trial trains a network, attacks it on held-out training inputs, builds it and counts its
    instructions. The same command goes on where a killed one was; the same --storage and --study
    on several machines share the work; so do --workers, which must see --out and the storage.
    --trials counts the whole study's. Each trial on the Pareto front is written as a recipe for
    `tinyrob train`.

    SPACE: recipe = "digits-stq-jr" (or a file beside it), epochs, validation (inputs held out),
    [pgd] eps, images, steps, and the choices: [kernel] and [jacobian] with a list for each layer,
    width = [0.5, 1] for factors on all filters.
    """
    from tinyrob.search import space as spaces
    from tinyrob.search import study

    settings = study.Settings(out=out or Path("runs") / "search" / space.stem, **options)
    screen = console()

    def watch(done: int, text: str) -> None:
        screen.print(f"trial {done + 1} of {settings.trials}: {text}", markup=False)

    found = study.search(spaces.read(space), settings, watch)
    if as_json:
        emit_json(found)
    else:
        _print(found)


def _print(found: dict[str, Any]) -> None:
    from rich.table import Table

    counts = ", ".join(f"{n} {state}" for state, n in found["trials"].items() if n)
    table = Table(title=f"{found['study']} on {found['target']}: Pareto front ({counts})")
    for name in ("trial", "robust", "clean", "flash", "RAM", "instructions"):
        table.add_column(name, justify="right")
    table.add_column("chosen", overflow="fold")
    for row in found["front"]:
        table.add_row(
            str(row["trial"]),
            f"{row['robust_accuracy']:.1%}",
            f"{row['clean_accuracy']:.1%}",
            f"{row['flash_bytes']:,}",
            f"{row['ram_bytes']:,}",
            f"{row['instructions']:,}",
            " ".join(f"{key}={value}" for key, value in row["chosen"].items()),
        )
    stdout().print(table)
    stdout().print(
        f"robust: PGD within L-inf {found['eps']:g} int8 steps, on held-out training inputs; "
        f"recipes in {found['out']}/pareto"
    )
