"""``tinyrob export-tflite``: the network as a .tflite."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tinyrob.cli._common import FILE, emit_json, json_option
from tinyrob.errors import DataError
from tinyrob.files.screen import say
from tinyrob.files.whole import write_atomically

if TYPE_CHECKING:
    from tinyrob.deployable import Deployable


@click.command()
@click.argument("model", required=False)
@click.option(
    "-o",
    "--output",
    type=FILE,
    required=True,
    help="The .tflite to write.",
)
@json_option
def command(model: str | None, output: Path, as_json: bool) -> None:
    """Write MODEL as an int8 .tflite.

    MODEL is a zoo name, a training run's folder, an int8 .tflite, or a QKeras .h5/.keras
    (default: the zoo's default model).
    """
    from tinyrob.deployable import load_model

    deployable = load_model(model)
    write(deployable, output)
    exact = deployable.frozen is not None and deployable.frozen.exact
    operators = sorted({op.kind for op in deployable.graph.ops})
    size = len(deployable.tflite)
    if as_json:
        emit_json({"tflite": str(output), "bytes": size, "exact": exact, "operators": operators})
        return
    say(f"{output}: {size:,} bytes, {', '.join(operators)}")
    if deployable.frozen is not None:
        say(f"exact: {'yes' if exact else 'no: it has kernels of more than 6 bits'}")


def write(model: Deployable, output: Path) -> None:
    """Writes the .tflite to ``output``, whole or not at all. Raises DataError, OSError."""
    if output.is_dir():
        raise DataError(f"{output} is a folder, not a file", "name the .tflite to write")
    output.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(output, model.tflite)
