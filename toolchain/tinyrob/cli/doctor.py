"""``tinyrob doctor``: what is installed, what that enables, what to install."""

from __future__ import annotations

import dataclasses
import os

import click

from tinyrob.cli._common import emit_json, json_option, stdout


@click.command()
@json_option
def command(as_json: bool) -> None:
    """Say what is installed, what that enables, and how to get the rest."""
    from tinyrob.doctor import completion, examine, rest

    tools = examine()
    if as_json:
        emit_json({"tools": [dataclasses.asdict(tool) for tool in tools]})
        return

    from rich.table import Table
    from rich.text import Text

    table = Table()
    for title in ("", "version", "enables", "to install"):
        table.add_column(title)
    for tool in tools:
        state = (tool.version or "found") if tool.found else Text("missing", style="red")
        table.add_row(tool.name, state, tool.enables, tool.hint or "")
    stdout().print(table)
    missing = [tool.name for tool in tools if not tool.found]
    click.echo(f"missing: {', '.join(missing)}" if missing else "everything is there")
    command = rest(tools)
    if command:
        click.echo(f"to get the rest: {command}")
    click.echo(f"shell completion: {completion(os.environ.get('SHELL', ''))}")
