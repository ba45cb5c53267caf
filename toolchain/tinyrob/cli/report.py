"""``tinyrob report``: one HTML page and one JSON file."""

from __future__ import annotations

from pathlib import Path

import click

from tinyrob.cli._common import FILE, data_dir_option, emit_json, json_option
from tinyrob.files.screen import say


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--baseline",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Another network's attack folder (or attack.json), shown beside. Repeatable.",
)
@click.option(
    "--validation",
    type=FILE,
    help="What `tinyrob validate --json` printed (default: validate.json in DIR).",
)
@click.option(
    "--live",
    is_flag=True,
    help="The page also runs the build's own C, as WebAssembly: draw an input, attack it.",
)
@data_dir_option
@json_option
def command(
    folder: Path,
    baseline: tuple[Path, ...],
    validation: Path | None,
    live: bool,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Make DIR/report.html and DIR/report.json from what `attack` and `build` left in DIR.

    The page is one file: it loads nothing, and can be mailed or printed.
    """
    from tinyrob.report.page import report

    html, values = report(folder, baseline, validation, live=live, data_dir=data_dir)
    if as_json:
        emit_json({"html": str(html), "json": str(values)})
        return
    say(f"{html}; its numbers are in {values}")
