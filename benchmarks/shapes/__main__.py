"""``make bench-shapes``: prints the worst instructions a MAC by kind; exits 1 above a bar."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from benchmarks.shapes.drawn import KINDS, Shape, graph, shapes
from tinyrob.boards.read import Board, find_board
from tinyrob.build.measure import measure
from tinyrob.cli._common import console
from tinyrob.deployable import Deployable
from tinyrob.errors import DoesNotFit, TinyrobError
from tinyrob.ir.tflite_write import write_tflite

Row = tuple[Shape, float]


def cost(shape: Shape, board: Board, seed: int) -> float | None:
    """Instructions a MAC, all in; None where the layer does not fit the board."""
    network = graph(shape, seed)
    try:
        found = measure("shape", Deployable("shape", network, write_tflite(network)), board)
    except DoesNotFit:
        return None
    return found.instructions_per_mac


def chosen(count: int, kinds: Sequence[str], only: Sequence[str]) -> list[tuple[int, Shape]]:
    """Drawn shapes with the seeds of their weights; of these kinds, and whose names begin with one
    of ``only``, where there are any."""
    return [
        (seed, shape)
        for seed, shape in enumerate(shapes(count))
        if (not kinds or shape.kind in kinds) and (not only or str(shape).startswith(tuple(only)))
    ]


def worst(rows: Iterable[Row], count: int) -> dict[str, list[Row]]:
    """For each kind its costliest shapes."""
    by_kind: dict[str, list[Row]] = {kind: [] for kind in KINDS}
    for shape, each in rows:
        by_kind[shape.kind].append((shape, each))
    return {k: sorted(v, key=lambda row: -row[1])[:count] for k, v in by_kind.items() if v}


def above(rows: Iterable[Row], bars: dict[str, float]) -> list[str]:
    """A sentence for each kind whose worst shape is over its bar."""
    return [
        f"{kind}: {top[0][1]:.2f} instructions a MAC ({top[0][0]}) are over {bars[kind]}"
        for kind, top in worst(rows, 1).items()
        if kind in bars and top[0][1] > bars[kind]
    ]


@click.command()
@click.argument("bars", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--target", default="stm32f405", show_default=True, metavar="T", help="A board.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Only this.")
@click.option("--only", multiple=True, metavar="TEXT", help="Shapes whose names begin so.")
@click.option("--count", default=72, show_default=True, help="Shapes of each kind.")
@click.option("--top", default=3, show_default=True, help="How many to show of each kind.")
def command(
    bars: Path, target: str, kinds: tuple[str, ...], only: tuple[str, ...], count: int, top: int
) -> None:
    """Measures layers of drawn shapes; BARS is a file of {board: {kind: instructions a MAC}}."""
    try:
        board = find_board(target)
        allowed = json.loads(bars.read_text(encoding="utf-8")).get(board.name, {})
        drawn = chosen(count, kinds, only)
        with ThreadPoolExecutor(2) as pool:
            costs = list(pool.map(lambda one: cost(one[1], board, one[0]), drawn))
    except TinyrobError as error:
        raise click.ClickException(str(error)) from None
    rows = [(x, each) for (_, x), each in zip(drawn, costs, strict=True) if each is not None]
    for kind, found in worst(rows, top).items():
        mean = [each for shape, each in rows if shape.kind == kind]
        click.echo(f"{kind}: {len(mean)} shapes, {sum(mean) / len(mean):.2f} on average")
        for shape, each in found:
            click.echo(f"  {each:6.2f}  {shape}")
    over = above(rows, allowed)
    for line in over:
        console().print(f"error: {line}", soft_wrap=True)
    sys.exit(1 if over else 0)


if __name__ == "__main__":
    command()
