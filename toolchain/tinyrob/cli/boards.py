"""``tinyrob boards``: what can be built for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tinyrob.cli._common import emit_json, json_option, stdout

if TYPE_CHECKING:
    from rich.table import Table

    from tinyrob.boards.lattice import LatticeBoard
    from tinyrob.boards.read import Board
    from tinyrob.hls.boards import FpgaBoard


@click.command()
@click.argument("board", required=False)
@click.option(
    "--driver",
    type=click.Choice(["microphone", "camera"]),
    help="Print the C source of a driver for BOARD, to wire, fill in, and build with --driver.",
)
@json_option
def command(board: str | None, driver: str | None, as_json: bool) -> None:
    """List the boards: microcontrollers for build, FPGAs for export-hls and for export-rtl."""
    if (board is None) != (driver is None):
        raise click.UsageError("BOARD and --driver go together")
    if board is not None and driver is not None:
        _driver(board, driver, as_json)
        return
    from tinyrob.boards.generic import GENERIC
    from tinyrob.boards.lattice import lattice_boards
    from tinyrob.boards.read import all_boards
    from tinyrob.hls.boards import fpga_boards

    chips, fpgas, lattice = all_boards(), fpga_boards(), lattice_boards()
    if as_json:
        generic = [{"name": name, "title": made.title} for name, made in GENERIC.items()]
        found = [
            *map(_mcu, chips),
            *(_fpga(board, board.block_ram_bytes) for board in fpgas),
            *(_fpga(board, board.ram_bytes) for board in lattice),
        ]
        emit_json({"boards": found, "generic": generic})
        return
    stdout().print(_mcu_table(chips))
    stdout().print(f"and without a board file, for a library: {', '.join(GENERIC)}")
    stdout().print(_fpga_table(fpgas))
    stdout().print(_lattice_table(lattice))


def _driver(name: str, sensor: str, as_json: bool) -> None:
    from tinyrob.boards.drivers import source_of
    from tinyrob.boards.read import find_board

    board = find_board(name)
    source = source_of(board, sensor).decode()
    if as_json:
        emit_json({"board": board.name, "sensor": sensor, "source": source})
    else:
        click.echo(source, nl=False)


def _mcu(board: Board) -> dict[str, Any]:
    return {
        "name": board.name,
        "aliases": list(board.aliases),
        "title": board.title,
        "kind": board.kind,
        "cpu": board.cpu.core,
        "flash_bytes": board.flash_bytes,
        "ram_bytes": board.ram_bytes,
        "emulated": board.emulator is not None,
    }


def _fpga(board: FpgaBoard | LatticeBoard, ram_bytes: int) -> dict[str, Any]:
    """``cpu`` and ``flash_bytes`` are null: an FPGA has neither; its RAM is its block RAM."""
    return {
        "name": board.name,
        "aliases": list(board.aliases),
        "title": board.title,
        "kind": board.kind,
        "cpu": None,
        "flash_bytes": None,
        "ram_bytes": ram_bytes,
        "emulated": False,
        "part": board.part,
    }


def _mcu_table(boards: tuple[Board, ...]) -> Table:
    from rich.table import Table

    table = Table(title="microcontrollers (tinyrob build --target NAME)")
    for title in ("name", "also", "board", "CPU"):
        table.add_column(title)
    for title in ("flash", "RAM"):
        table.add_column(title, justify="right")
    table.add_column("emulated by")
    for board in boards:
        table.add_row(
            board.name,
            ", ".join(board.aliases),
            board.title,
            board.cpu.core,
            f"{board.flash_bytes // 1024:,} KB",
            f"{board.ram_bytes // 1024:,} KB",
            f"{board.emulator.program} {board.emulator.machine}" if board.emulator else "",
        )
    return table


def _fpga_table(boards: tuple[FpgaBoard, ...]) -> Table:
    from rich.table import Table

    table = Table(title="FPGAs (tinyrob export-hls --board NAME)")
    for title in ("name", "board", "part"):
        table.add_column(title)
    for title in ("clock", "LUT", "FF", "DSP", "block RAM"):
        table.add_column(title, justify="right")
    for board in boards:
        have = board.available
        table.add_row(
            board.name,
            board.title,
            board.part,
            f"{board.clock_mhz} MHz",
            f"{have.lut:,}",
            f"{have.ff:,}",
            f"{have.dsp:,}",
            f"{board.block_ram_bytes // 1024:,} KB",
        )
    return table


def _lattice_table(boards: tuple[LatticeBoard, ...]) -> Table:
    from rich.table import Table

    table = Table(title="FPGAs for the open tools (tinyrob export-rtl --board NAME)")
    for title in ("name", "also", "board", "part"):
        table.add_column(title)
    for title in ("clock", "LUT", "DSP", "block RAM"):
        table.add_column(title, justify="right")
    for board in boards:
        table.add_row(
            board.name,
            ", ".join(board.aliases),
            board.title,
            board.part,
            f"{board.hz / 1e6:g} MHz",
            f"{board.lut:,}",
            f"{board.dsp:,}",
            f"{board.ram_bytes // 1024:,} KB",
        )
    return table
