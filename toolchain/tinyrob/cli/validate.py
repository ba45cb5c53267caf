"""``tinyrob validate``: every runner against the reference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tinyrob.cli._common import (
    FILE,
    data_dir_option,
    emit_json,
    gate_options,
    json_option,
    progress,
    serial_options,
    stdout,
)

if TYPE_CHECKING:
    from tinyrob.validate.validation import Validation


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--on",
    metavar="R,R…",
    help="keras, tflm, host, qemu, serial, … (default: all that need no board).",
)
@click.option("--vectors", "count", type=click.IntRange(min=1), help="How many inputs.")
@click.option(
    "--input",
    "input_file",
    type=FILE,
    help="An .npy of int8 inputs (N, ...).",
)
@click.option("--labels", type=FILE, help="Their class numbers, an .npy: accuracy on every runner.")
@click.option(
    "--dataset",
    help="The test split of this dataset, or of a recipe's file (--vectors limits it).",
)
@click.option(
    "--images",
    type=click.Path(file_okay=False, exists=True),
    help="Pictures in a folder, or in a folder a class: cut and scaled as the firmware does it.",
)
@click.option(
    "--sequence",
    type=click.IntRange(min=1),
    metavar="STEPS",
    help="Of a model that keeps a state: so many inputs are a sequence, and the state is reset in "
    "front of each (default: two halves).",
)
@data_dir_option
@gate_options("clean, exact")
@serial_options
@json_option
def command(
    folder: Path,
    on: str | None,
    count: int | None,
    input_file: Path | None,
    labels: Path | None,
    dataset: str | None,
    images: str | None,
    sequence: int | None,
    data_dir: Path | None,
    gate_file: Path | None,
    junit: Path | None,
    port: str | None,
    baud: int | None,
    as_json: bool,
) -> None:
    """Compare every runner of the build folder DIR with the reference, bit for bit.

    The reference is the frozen model where there is an exact one, else TFLite Micro. Inputs are
    the model's own dataset where it is there, else random ones. Exits 1 on any mismatch.
    """
    from tinyrob.pipeline import Build

    if input_file and (dataset or count):
        raise click.UsageError("--input comes without --dataset and --vectors")
    if images and (input_file or dataset):
        raise click.UsageError("--images comes without --input and --dataset")
    if labels and not input_file:
        raise click.UsageError("--labels comes with --input, whose class numbers they are")
    names = [name.strip() for name in on.split(",") if name.strip()] if on else []
    if on is not None and not names:
        raise click.UsageError("--on names no runner")
    result = Build.open(folder).validate(
        names,
        input_file,
        labels=labels,
        dataset=images or dataset,
        count=count,
        data_dir=data_dir,
        sequence=sequence,
        gate=gate_file,
        junit=junit,
        port=port,
        baud=baud,
        progress=progress,
    )
    if as_json:
        emit_json(result.to_dict())
    else:
        _print(result)
    result.check()


def _print(result: Validation) -> None:
    from rich.table import Table

    from tinyrob.validate.validation import cells

    table = Table(title=f"{result.model} on {result.board}: {result.source}")
    table.add_column("runner")
    for title in ("max LSB", "mismatches", "same class", "accuracy", "instructions"):
        table.add_column(title, justify="right")
    table.add_column("verdict")
    for name, compared in result.runners.items():
        table.add_row(name, *cells(compared), result.verdict(name))
    console = stdout()
    console.print(table)
    for name, compared in result.runners.items():
        first = compared.first_divergence
        if first is not None:
            console.print(
                f"{name} first differs in layer {first.layer}, index {first.index}: expected "
                f"{first.expected}, got {first.got} (input {first.input})",
                soft_wrap=True,
                markup=False,
            )
    if result.windows is not None:
        console.print(
            f"against the whole network, window by window: {result.windows.compared:,} outputs, "
            f"{result.windows.mismatches:,} differ",
            soft_wrap=True,
        )
    for name, why in result.left_out.items():
        console.print(f"left out: {name}: {why}", soft_wrap=True, markup=False)
    console.print(f"exact: {'yes' if result.exact else 'no'}")
