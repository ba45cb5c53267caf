"""What the verbs share: options, the console on stderr, progress bars."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from tinyrob.files import screen
from tinyrob.files.escape import terminal
from tinyrob.files.screen import say

if TYPE_CHECKING:
    from rich.console import Console

json_option = click.option(
    "--json", "as_json", is_flag=True, help="One JSON object on stdout, nothing else."
)

FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


class _Made(click.Path):
    """A file that the verb makes: whether it can is known before the work."""

    def __init__(self, stream: bool = False) -> None:
        super().__init__(path_type=Path)
        self._stream = stream

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        from tinyrob.files.whole import check_output

        path = cast(Path, super().convert(value, param, ctx))
        check_output(path, self._stream)
        return path


MADE_FILE, MADE_STREAM = _Made(), _Made(stream=True)

data_dir_option = click.option(
    "--data-dir",
    type=FOLDER,
    help="The folder of datasets (default: TINYROB_DATA, else ~/.cache/tinyrob/data).",
)
workers_option = click.option(
    "--workers",
    metavar="W",
    help="Share the work: local:4 (processes here), tcp://host:8786 (a Dask scheduler's workers).",
)
seed_option = click.option("--seed", type=int, default=0, show_default=True)

_F = TypeVar("_F", bound=Callable[..., Any])


def gate_options(demands: str) -> Callable[[_F], _F]:
    """--gate, whose ``demands`` the help names, and --junit."""

    def add(command: _F) -> _F:
        gate = click.option(
            "--gate",
            "gate_file",
            type=FILE,
            help=f"TOML demands ({demands}); exit 1 where one falls.",
        )
        junit = click.option("--junit", type=MADE_STREAM, help="The gate's outcome as JUnit XML.")
        return gate(junit(command))

    return add


def serial_options(command: _F) -> _F:
    """--port and --baud: how the runner ``serial`` reaches a board."""
    baud = click.option(
        "--baud", type=click.IntRange(min=1200), help="Its speed (default: that of the build)."
    )
    port = click.option(
        "--port", metavar="P", help="The board's serial port (default: the only one there is)."
    )
    return port(baud(command))


def tell_rewritten(sentences: Sequence[str]) -> None:
    """Says on stderr what freezing made of a Keras model."""
    for sentence in sentences:
        say(f"note: {sentence}", err=True)


def emit_json(result: Mapping[str, Any]) -> None:
    """Prints a verb's result as one JSON object on stdout."""
    click.echo(json.dumps(result, indent=2, allow_nan=False))


def console() -> Console:
    """The console for logs and progress: stderr, so that stdout stays the result's."""
    return screen.console(stderr=True)


def stdout() -> Console:
    """The console for a verb's tables and text on stdout, never narrower than a table needs."""
    made = screen.console()
    return made if made.is_terminal else screen.console(width=max(made.width, 120))


@contextmanager
def progress(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A progress bar with time left on stderr; yields what is told how many more are done."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(), transient=True) as bar:
        task = bar.add_task(terminal(label), total=total)
        yield lambda more: bar.advance(task, more)
