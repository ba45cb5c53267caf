"""``tinyrob inspect``: what a model is made of, and what stands in its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tinyrob.cli._common import emit_json, json_option, stdout, tell_rewritten

if TYPE_CHECKING:
    from tinyrob.build.inspection import Inspection


@click.command()
@click.argument("model", required=False)
@click.option("--board", "boards", multiple=True, metavar="B", help="Only this board; repeatable.")
@json_option
def command(model: str | None, boards: tuple[str, ...], as_json: bool) -> None:
    """Show MODEL's operators, shapes, steps, costs, which boards can hold it, every obstacle.

    MODEL is as `tinyrob build` takes it, or a float Keras model (.h5, .keras, of Keras 2 or 3):
    then what a recipe makes of each layer. Nothing is compiled: a board that holds weights and
    arena may lack room for the code (`tinyrob fit` builds). Exits 1 where there are obstacles: they
    are those of `tinyrob build`.
    """
    from tinyrob.boards.read import all_boards, find_board
    from tinyrob.build.inspection import inspect
    from tinyrob.errors import UnsupportedModel

    chosen = tuple(map(find_board, boards)) or all_boards()
    found = inspect(model, chosen)
    if as_json:
        emit_json(found.to_dict())
    else:
        tell_rewritten(found.notes)
        _print(found)
    if found.obstacles:
        raise UnsupportedModel.of(found.obstacles)


def _print(found: Inspection) -> None:
    from rich.table import Table

    console = stdout()
    if found.becomes:
        table = Table(title=f"{found.name}: {found.kind}, as a recipe trains it")
        table.add_column("step")
        table.add_column("what it is")
        for name, what in found.becomes:
            table.add_row(name, what)
        console.print(table)
        console.print(
            f'next: a recipe with topology = {{ keras = "{found.name}" }}, and `tinyrob train`',
            soft_wrap=True,
        )
        return
    if not found.rows:
        return
    table = Table(title=f"{found.name}: {found.kind}")
    for heading in ("operator", "output", "shape"):
        table.add_column(heading, overflow="fold")
    for heading in ("step", "zero", "MACs", "parameters"):
        table.add_column(heading, justify="right")
    for row in found.rows:
        table.add_row(
            row.operator,
            row.name,
            " x ".join(map(str, row.shape)),
            "" if row.step is None else f"{row.step:.6g}",
            "" if row.zero_point is None else str(row.zero_point),
            f"{row.macs:,}" if row.macs else "",
            f"{row.parameters:,}" if row.parameters else "",
        )
    console.print(table)
    console.print(f"{found.macs:,} MACs, {found.parameters:,} parameters")
    floors = Table(title="at least, without code and stack")
    floors.add_column("board")
    floors.add_column("holds it")
    for heading in ("weights, B", "of flash", "arena, B", "of RAM"):
        floors.add_column(heading, justify="right")
    for floor in found.floors:
        floors.add_row(
            floor.board,
            "yes" if floor.holds else "no",
            f"{floor.weights_bytes:,}",
            f"{floor.flash_bytes:,}",
            f"{floor.arena_bytes:,}",
            f"{floor.ram_bytes:,}",
        )
    console.print(floors)
