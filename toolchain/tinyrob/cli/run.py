"""``tinyrob run``: inputs through one runner."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tinyrob.cli._common import (
    FILE,
    MADE_FILE,
    data_dir_option,
    emit_json,
    json_option,
    progress,
    serial_options,
    stdout,
)
from tinyrob.files.screen import say

if TYPE_CHECKING:
    from tinyrob.timing.estimate import Estimate

_SHOWN = 10  # predictions on the screen


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--on",
    "runner_name",
    required=True,
    metavar="R",
    help="A runner: `tinyrob validate` lists them.",
)
@click.option(
    "--input",
    "input_file",
    type=FILE,
    help="An .npy of inputs (N, ...), int8 or of the model's own type; of several inputs an .npz "
    "with an array each. Where the model keeps a state they are one sequence (default: the test "
    "split of the recipe's own data, else as many random ones as fit half a minute).",
)
@click.option("--labels", type=FILE, help="Their class numbers, an .npy.")
@click.option("--dataset", help="The test split of this dataset, or of a recipe's file.")
@click.option("--vectors", "count", type=click.IntRange(min=1), help="The first so many inputs.")
@click.option(
    "--sequence",
    type=click.IntRange(min=1),
    metavar="STEPS",
    help="Of a model that keeps a state: so many inputs are a sequence, and the state is reset in "
    "front of each (default: all are one).",
)
@data_dir_option
@click.option(
    "--output",
    "output_file",
    type=MADE_FILE,
    help="Where the outputs (N, ...) go, as an .npy; several outputs as records, a field each.",
)
@click.option(
    "--profile",
    "profiled",
    is_flag=True,
    help="Also what each layer costs, for the first input (an emulator or a board that counts).",
)
@click.option(
    "--why",
    is_flag=True,
    help="With --profile on the emulator: what the estimated cycles go to.",
)
@serial_options
@json_option
def command(
    folder: Path,
    runner_name: str,
    input_file: Path | None,
    labels: Path | None,
    dataset: str | None,
    count: int | None,
    sequence: int | None,
    data_dir: Path | None,
    output_file: Path | None,
    profiled: bool,
    why: bool,
    port: str | None,
    baud: int | None,
    as_json: bool,
) -> None:
    """Run inputs through one runner of the build folder DIR."""
    from tinyrob.boards.read import find_board
    from tinyrob.pipeline import Build
    from tinyrob.run.profile import render
    from tinyrob.validate.vectors import write_outputs

    build = Build.open(folder)
    result = build.run(
        input_file,
        runner_name,
        labels=labels,
        dataset=dataset,
        count=count,
        data_dir=data_dir,
        sequence=sequence,
        profiled=profiled,
        port=port,
        baud=baud,
        progress=progress,
        why=why,
    )
    if output_file:
        write_outputs(output_file, result.outputs)
    if result.no_estimate is not None:
        click.echo(f"no estimate of cycles: {result.no_estimate}", err=True)
    if as_json:
        emit_json(result.to_dict())
        return
    say(f"{result.runner}: {result.source}, {result.n:,} outputs")
    for number, name in enumerate((result.predictions or ())[:_SHOWN]):
        told = "" if result.scores is None else f", score {result.scores[number]:,}"
        say(f"input {number}: {name}{told}")
    if result.predictions is not None and result.n > _SHOWN:
        say(f"... and {result.n - _SHOWN:,} more (--json has all)")
    if result.accuracy is not None:
        say(f"{result.accuracy:.2%} of them right")
    if result.auc is not None:
        say(f"AUC {result.auc:.4f}")
    if result.instructions_per_inference is not None:
        say(f"{result.instructions_per_inference:,} instructions an inference")
    if result.cycles_per_inference is not None:
        hertz, cycles = find_board(build.manifest.board).clock.cpu_hz, result.cycles_per_inference
        say(f"{cycles:,} cycles an inference, {1e3 * cycles / hertz:.2f} ms at {hertz / 1e6:g} MHz")
    if result.layers is not None:
        found = result.estimate
        layers = () if found is None or len(found.layers) != len(result.layers) else found.layers
        stdout().print(render(result.layers, [one.cycles for one in layers]))
    if result.estimate is not None:
        _print_estimate(result.estimate, why)


def _print_estimate(found: Estimate, why: bool) -> None:
    total = found.total
    click.echo(found.sentence)
    if why:
        for reason, cycles in total.causes.most_common():
            click.echo(f"{100 * cycles / total.cycles:5.1f} %  {cycles:>14,}  {reason}")
