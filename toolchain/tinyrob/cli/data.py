"""``tinyrob data``: fetch, list and show datasets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tinyrob.cli._common import MADE_FILE, console, data_dir_option, emit_json, json_option, stdout
from tinyrob.files.screen import say

if TYPE_CHECKING:
    from tinyrob.data.look import Look

_CHANNELS = 16  # of ranges on the screen


@click.group()
def command() -> None:
    """Fetch, list and show datasets."""


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


@command.command()
@click.argument("name", metavar="RECIPE|NAME")
@data_dir_option
@click.option("--png", type=MADE_FILE, help="Write a sheet of ten examples to this file.")
@json_option
def show(name: str, data_dir: Path | None, png: Path | None, as_json: bool) -> None:
    """Show the data of RECIPE (a .toml file, or a shipped recipe), or the dataset NAME.

    Counts by class and split, shapes, ranges and the int8 grid, and ten examples.
    """
    from tinyrob import data
    from tinyrob.data.look import drawn, examples, look
    from tinyrob.models import recipe_file

    named: data.Data = name
    features = None
    if name in recipe_file.names():
        shipped = recipe_file.load(name)
        named, features = shipped.dataset, shipped.features
    dataset = data.load(named, data_dir, features)
    found, shown = look(dataset), examples(dataset)
    if png is not None:
        from tinyrob.files.whole import write_atomically
        from tinyrob.report.png import png as encoded
        from tinyrob.report.sheet import sheet

        png.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(png, encoded(sheet([q for _, q in shown], dataset.form)))
    if as_json:
        emit_json(found.to_dict())
        return
    _print(found)
    if png is not None:
        say(f"{len(shown)} examples: {png}")
        return
    for label, q in shown:
        say(f"\n{label}")
        for line in drawn(q, dataset.form):
            say(f"  {line}")


def _print(found: Look) -> None:
    from rich.table import Table

    shape = " x ".join(map(str, found.shape))
    table = Table(title=f"{found.name}: {found.form}, inputs of {shape}")
    table.add_column("class")
    for split in found.counts:
        table.add_column(split, justify="right")
    if found.weights is not None:
        table.add_column("weight", justify="right")
    for number, label in enumerate(found.classes):
        counts = [f"{of[number]:,}" for of in found.counts.values()]
        weight = [] if found.weights is None else [f"{found.weights[number]:.3g}"]
        table.add_row(label, *counts, *weight)
    total = [f"{sum(of):,}" for of in found.counts.values()]
    table.add_row("all", *total, *([] if found.weights is None else [""]), style="bold")
    stdout().print(table)
    ranges = Table("channel", "from", "to", "an int8 step", box=None, pad_edge=False)
    for one in found.ranges[:_CHANNELS]:
        unit = f" {one.unit}" if one.unit else ""
        row = (f"{one.low:g}{unit}", f"{one.high:g}{unit}", f"{one.step:g}{unit}")
        ranges.add_row(one.name, *row)
    stdout().print(ranges)
    if len(found.ranges) > _CHANNELS:
        say(f"... and {len(found.ranges) - _CHANNELS} more channels (--json has all)")
    if found.saturated:
        say(f"{found.saturated:.2%} of the test split's values lie at the grid's ends")
