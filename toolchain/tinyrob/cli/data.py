"""``tinyrob data``: fetch and list datasets."""

from __future__ import annotations

from pathlib import Path

import click

from tinyrob.cli._common import console, data_dir_option, emit_json, json_option, stdout
from tinyrob.files.screen import say


@click.group()
def command() -> None:
    """Fetch and list datasets."""


@command.command()
@click.argument("name")
@data_dir_option
@json_option
def fetch(name: str, data_dir: Path | None, as_json: bool) -> None:
    """Download dataset NAME from its official address and check its sum.

    A download that was cut short continues.
    """
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    from tinyrob.data import default_root
    from tinyrob.data import fetch as fetching

    columns = ("{task.description}", BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(), transient=True) as bar:
        task = bar.add_task(name, total=None)
        folder = fetching.fetch(
            name,
            data_dir or default_root(),
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    if as_json:
        emit_json({"dataset": name, "folder": str(folder)})
    else:
        say(f"{name}: {folder}")


@command.command(name="list")
@data_dir_option
@json_option
def list_(data_dir: Path | None, as_json: bool) -> None:
    """List the datasets that tinyrob knows, and where they are on this machine."""
    from tinyrob.data import inventory

    rows = inventory(data_dir)
    if as_json:
        emit_json({"datasets": rows})
        return
    from rich.table import Table

    table = Table("dataset", "what", "state", box=None, pad_edge=False)
    for row in rows:
        table.add_row(row["name"], row["summary"], row["state"])
    stdout().print(table)
