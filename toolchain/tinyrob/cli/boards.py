"""``tinyrob boards``: what can be built for."""

from __future__ import annotations

import click

from tinyrob.cli._common import emit_json, json_option, stdout


@click.command()
@json_option
def command(as_json: bool) -> None:
    """List the boards that can be built for."""
    from tinyrob.boards import all_boards

    boards = all_boards()
    if as_json:
        rows = [
            {
                "name": board.name,
                "aliases": list(board.aliases),
                "title": board.title,
                "kind": board.kind,
                "cpu": board.cpu.core,
                "flash_bytes": board.flash_bytes,
                "ram_bytes": board.ram_bytes,
                "emulated": board.emulator is not None,
            }
            for board in boards
        ]
        emit_json({"boards": rows})
        return

    from rich.table import Table

    table = Table()
    for title in ("name", "also", "board", "kind", "CPU"):
        table.add_column(title)
    for title in ("flash", "RAM"):
        table.add_column(title, justify="right")
    table.add_column("emulated by")
    for board in boards:
        table.add_row(
            board.name,
            ", ".join(board.aliases),
            board.title,
            board.kind,
            board.cpu.core,
            f"{board.flash_bytes // 1024:,} KB",
            f"{board.ram_bytes // 1024:,} KB",
            f"{board.emulator.program} {board.emulator.machine}" if board.emulator else "",
        )
    stdout().print(table)
