"""``tinyrob validate``: every runner against the reference."""

from __future__ import annotations

import dataclasses
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
    from tinyrob.project.manifest import Manifest
    from tinyrob.validate.compare import Comparison, Validation
    from tinyrob.validate.vectors import Vectors


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
@click.option("--dataset", help="The test split of this dataset (--vectors limits it).")
@data_dir_option
@gate_options("clean, exact")
@serial_options
@json_option
def command(
    folder: Path,
    on: str | None,
    count: int | None,
    input_file: Path | None,
    dataset: str | None,
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
    from tinyrob.errors import CheckFailed
    from tinyrob.project.manifest import SerialOptions, open_build
    from tinyrob.validate import gate as gates
    from tinyrob.validate.compare import validate

    if input_file and (dataset or count):
        raise click.UsageError("--input comes without --dataset and --vectors")
    gate = gates.open_gate(gate_file, junit)
    build = dataclasses.replace(open_build(folder), serial=SerialOptions(port, baud))
    names = [name.strip() for name in on.split(",") if name.strip()] if on else []
    if on is not None and not names:
        raise click.UsageError("--on names no runner")
    inputs = _inputs(build.manifest, count, input_file, dataset, data_dir)
    result = validate(build, inputs, names, progress)
    shares = {n: c.accuracy for n, c in result.runners.items() if c.accuracy is not None}
    checks = gates.check_validation(gate, shares, result.exact) if gate else []
    if junit is not None:
        gates.write_junit(junit, f"tinyrob validate {build.manifest.model}", checks, 0.0)
    if as_json:
        emit_json(
            _as_json(result, build.manifest)
            | ({"gate": gates.summary(gate, checks)} if gate else {})
        )
    else:
        _print(result, build.manifest)
    if not result.exact:
        raise CheckFailed(*_failure(result))
    if gate is not None:
        gates.demand_passed(gate, checks)


def _inputs(
    manifest: Manifest,
    count: int | None,
    input_file: Path | None,
    dataset: str | None,
    data_dir: Path | None,
) -> Vectors:
    from tinyrob.validate import vectors

    if input_file:
        return vectors.from_file(input_file, manifest)
    if dataset:
        return vectors.from_dataset(dataset, manifest, count, data_dir)
    return vectors.default(manifest, count, data_dir)


def _as_json(result: Validation, manifest: Manifest) -> dict[str, object]:
    return {
        "model": manifest.model,
        "model_digest": manifest.model_digest,
        "elf_digest": manifest.elf_digest,
        "reference": result.reference,
        "vectors": result.vectors,
        "source": result.source,
        "runners": {name: dataclasses.asdict(c) for name, c in result.runners.items()},
        "left_out": dict(result.left_out),
        "exact": result.exact,
    }


def _print(result: Validation, manifest: Manifest) -> None:
    from rich.table import Table

    table = Table(title=f"{manifest.model} on {manifest.board}: {result.source}")
    table.add_column("runner")
    for title in ("max LSB", "mismatches", "same class", "accuracy", "instructions"):
        table.add_column(title, justify="right")
    table.add_column("verdict")
    for name, compared in result.runners.items():
        table.add_row(name, *_row(compared), _verdict(name, compared, result))
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
    for name, why in result.left_out.items():
        console.print(f"left out: {name}: {why}", soft_wrap=True, markup=False)
    console.print(f"exact: {'yes' if result.exact else 'no'}")


def _row(compared: Comparison) -> tuple[str, ...]:
    cost, accuracy = compared.instructions_per_inference, compared.accuracy
    return (
        str(compared.max_lsb),
        f"{compared.mismatches:,}",
        f"{100 * compared.argmax_agreement:.2f} %",
        "" if accuracy is None else f"{100 * accuracy:.2f} %",
        "" if cost is None else f"{cost:,}",
    )


def _verdict(name: str, compared: Comparison, result: Validation) -> str:
    if name == result.reference:
        return "reference"
    if name in result.measured:
        return "measured"
    if compared.mismatches:
        return "differs"
    return "differs inside" if compared.first_divergence else "exact"


def _failure(result: Validation) -> tuple[str, str]:
    wrong = result.failed
    first = result.runners[wrong[0]].first_divergence
    where = f", first in layer {first.layer}" if first else ""
    return (
        f"{', '.join(wrong)} differ{'s' if len(wrong) == 1 else ''} from {result.reference}{where}",
        "build again; if it stays, the layer's kernel, or what compiled it, is wrong",
    )
