"""``tinyrob fit``: a model on every board."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from tinyrob.cli._common import emit_json, json_option, progress, stdout

if TYPE_CHECKING:
    from tinyrob.build.survey import BoardFit


@click.command()
@click.argument("model", required=False)
@click.option(
    "--target", "targets", multiple=True, metavar="BOARD", help="Only this board; repeatable."
)
@json_option
def command(model: str | None, targets: tuple[str, ...], as_json: bool) -> None:
    """Build MODEL for every board: does it fit, flash, RAM, about how many milliseconds.

    MODEL is as `tinyrob build` takes it. Flash and RAM are of the whole firmware (app validate);
    cycles and milliseconds are estimates, from the emulator's exact counts and the tables of the
    core's manual, shown where there is a table; energy is theirs times the current that the part's
    data sheet gives, where the board file has it. Exits 1 where MODEL fits no board.
    """
    from tinyrob.boards.read import all_boards, find_board
    from tinyrob.build.survey import best_first, survey
    from tinyrob.deployable import load_model
    from tinyrob.errors import DoesNotFit

    boards = tuple(map(find_board, targets)) or all_boards()
    loaded, found = load_model(model), []
    with progress("boards", len(boards)) as more:
        for one in survey(loaded, boards):
            found.append(one)
            more(1)
    found = best_first(found)
    if as_json:
        emit_json({"model": loaded.name, "boards": [asdict(one) for one in found]})
    else:
        _print(loaded.name, found)
    if not any(one.fits for one in found):
        raise DoesNotFit(
            f"{loaded.name} fits none of {len(found)} boards",
            "the reasons are above; fewer channels, a smaller input, or a board of your own",
        )


def _print(name: str, found: list[BoardFit]) -> None:
    from rich.table import Table

    table = Table(title=f"{name} on {len(found)} boards")
    for heading in ("board", "fits"):
        table.add_column(heading)
    for heading in ("flash, B", "RAM, B", "cycles (estimate)", "ms (estimate)", "uJ (estimate)"):
        table.add_column(heading, justify="right")
    table.add_column("", overflow="fold")
    for one in found:
        table.add_row(
            one.name,
            "yes" if one.fits else "no",
            _number(one.flash_bytes),
            _number(one.ram_bytes),
            _number(one.cycles_estimate),
            "" if one.ms_estimate is None else f"{one.ms_estimate:,.2f}",
            "" if one.uj_estimate is None else f"{one.uj_estimate:,.0f}",
            one.why or _error(one),
        )
    console = stdout()
    console.print(table)
    for about in dict.fromkeys(one.about for one in found if one.about):
        console.print(f"estimates, {about}", soft_wrap=True)
    for one in found:
        if one.uj_estimate is not None:
            console.print(f"energy on {one.name}: of the part, {one.power}", soft_wrap=True)


def _error(one: BoardFit) -> str:
    if one.error_percent is not None:
        return f"error seen: {one.error_percent:g} %"
    return "" if one.ms_estimate is None else "a lower bound: its flash waits"


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
