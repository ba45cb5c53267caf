"""``tinyrob run``: int8 inputs through one runner."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tinyrob.cli._common import FILE, emit_json, json_option, progress, serial_options, stdout
from tinyrob.files.screen import say

if TYPE_CHECKING:
    from tinyrob.project.manifest import BuildFolder
    from tinyrob.run.base import Int8Array
    from tinyrob.timing.estimate import Estimate


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
    help="An .npy of int8 inputs (N, ...) (default: as many random ones as fit half a minute).",
)
@click.option(
    "--output",
    "output_file",
    type=FILE,
    help="Where the int8 outputs (N, ...) go, as an .npy.",
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
    output_file: Path | None,
    profiled: bool,
    why: bool,
    port: str | None,
    baud: int | None,
    as_json: bool,
) -> None:
    """Run int8 inputs through one runner of the build folder DIR."""
    from tinyrob.boards.read import find_board
    from tinyrob.project.manifest import SerialOptions, open_build
    from tinyrob.run.profile import profile, render
    from tinyrob.runners import open_runner
    from tinyrob.validate import vectors
    from tinyrob.validate.vectors import write_outputs

    build = dataclasses.replace(open_build(folder), serial=SerialOptions(port, baud))
    chosen = (
        vectors.from_file(input_file, build.manifest)
        if input_file
        else vectors.random(vectors.default_count(build.manifest), build.manifest)
    )
    with (
        open_runner(runner_name, build) as runner,
        progress(runner_name, len(chosen.inputs)) as more,
    ):
        costs = profile(build, runner, chosen.inputs[0]) if profiled else ()
        cycles = _estimate(build, runner_name, chosen.inputs[0]) if profiled or why else None
        result = runner.run(chosen.inputs, more)
    if output_file:
        write_outputs(output_file, result.outputs)
    if as_json:
        emit_json(
            {
                "runner": runner_name,
                "n": len(result.outputs),
                "instructions_per_inference": result.instructions,
                **({} if result.cycles is None else {"cycles_per_inference": result.cycles}),
                **({"layers": [cost.to_dict() for cost in costs]} if profiled else {}),
                **({} if cycles is None else {"estimate": cycles.to_dict()}),
            }
        )
        return
    say(f"{runner_name}: {chosen.source}, {len(result.outputs):,} outputs")
    if result.instructions is not None:
        say(f"{result.instructions:,} instructions an inference")
    if result.cycles is not None:
        hertz = find_board(build.manifest.board).clock.cpu_hz
        milliseconds = 1e3 * result.cycles / hertz
        say(f"{result.cycles:,} cycles an inference, {milliseconds:.2f} ms at {hertz / 1e6:g} MHz")
    if profiled:
        layers = () if cycles is None or len(cycles.layers) != len(costs) else cycles.layers
        stdout().print(render(costs, [one.cycles for one in layers]))
    if cycles is not None:
        _print_estimate(cycles, why)


def _estimate(build: BuildFolder, runner: str, one: Int8Array) -> Estimate | None:
    """Cycles, where the emulator runs and the core has a table."""
    from tinyrob.boards.read import find_board
    from tinyrob.errors import BoardError
    from tinyrob.timing.estimate import check_timing, estimate

    if runner != "emulator":
        return None
    try:
        check_timing(find_board(build.manifest.board))
    except BoardError as error:
        click.echo(f"no estimate of cycles: {error.message}", err=True)
        return None
    return estimate(build, one)


def _print_estimate(found: Estimate, why: bool) -> None:
    total = found.total
    click.echo(
        f"about {total.cycles:,} cycles an inference, {found.ms:.2f} ms at "
        f"{found.cpu_hz / 1e6:g} MHz: an estimate, {found.about}"
    )
    if why:
        for reason, cycles in total.causes.most_common():
            click.echo(f"{100 * cycles / total.cycles:5.1f} %  {cycles:>14,}  {reason}")
