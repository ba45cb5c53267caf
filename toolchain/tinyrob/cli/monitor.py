"""``tinyrob monitor``: a board's console."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tinyrob.cli._common import FILE, serial_options


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@serial_options
@click.option("--reset/--no-reset", default=False, help="Reset the board first, by a break.")
@click.option(
    "--seconds", type=click.FloatRange(min=0), help="End after this long (default: never)."
)
@click.option("--log", type=FILE, help="Write what comes to this file as well, byte for byte.")
def command(
    folder: Path,
    port: str | None,
    baud: int | None,
    reset: bool,
    seconds: float | None,
    log: Path | None,
) -> None:
    """Show the console of the board that runs the build folder DIR; lines typed are sent to it.

    What a firmware of --app validate says are frames: each is shown as what it means. Ctrl-C or the
    end of the input ends it.
    """
    from tinyrob.project.build_folder import BuildFolder, SerialOptions, open_build
    from tinyrob.run.monitor import monitor

    build = open_build(folder)
    chosen = BuildFolder(build.path, build.manifest, SerialOptions(port, baud))
    typed = sys.stdin.buffer if not sys.stdin.closed else None
    try:
        monitor(chosen, sys.stdout, typed, reset=reset, seconds=seconds, log=log)
    except KeyboardInterrupt:
        click.echo(err=True)
