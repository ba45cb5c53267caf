"""``tinyrob flash``: programs a board."""

from __future__ import annotations

from pathlib import Path

import click

from tinyrob.cli._common import console, emit_json, json_option
from tinyrob.files.screen import say


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--board", metavar="B", help="Must be the one that DIR was built for.")
@click.option(
    "--probe",
    metavar="P",
    help="The debug probe's serial number, or where the board's drive is mounted, if several are.",
)
@click.option(
    "--tool",
    metavar="T",
    help="pyocd, openocd, st-flash, stm32cubeprogrammer, jlink, probe-rs, picotool, uf2 (a copy to "
    "the board's drive), openFPGALoader (default: the first that is there and knows the board).",
)
@click.option("--dry-run", is_flag=True, help="Print the exact command, and call nothing.")
@json_option
def command(
    folder: Path,
    board: str | None,
    probe: str | None,
    tool: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Program a board with the firmware of the build folder DIR, or an FPGA with the bitstream of
    an RTL project made with --board, and verify it.

    A part that does not answer is tried once more with its reset held.
    """
    from tinyrob.pipeline import Build

    build = Build.open(folder)
    done = build.flash(board=board, probe=probe, tool=tool, dry_run=dry_run, watch=console().status)
    if as_json:
        emit_json({"command": done.command, "probe": done.probe, "verified": done.verified})
    elif dry_run:
        say(done.command)
    else:
        how = f"and verified with {done.tool}"
        if not done.verified:
            how = f"{'by its drive' if done.tool == 'uf2' else f'with {done.tool}'}, not read back"
        say(f"{build.manifest.board}: programmed {how}")
        if build.manifest.app == "validate":
            say(f"next: tinyrob validate {folder} --on serial")
