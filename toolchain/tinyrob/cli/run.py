"""``tinyrob run``: int8 inputs through one runner."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from tinyrob.cli._common import FILE, emit_json, json_option, progress, serial_options, stdout


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--on", "runner_name", required=True, metavar="R", help="keras, tflm, host, qemu or serial."
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
@serial_options
@json_option
def command(
    folder: Path,
    runner_name: str,
    input_file: Path | None,
    output_file: Path | None,
    profiled: bool,
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
            }
        )
        return
    click.echo(f"{runner_name}: {chosen.source}, {len(result.outputs):,} outputs")
    if result.instructions is not None:
        click.echo(f"{result.instructions:,} instructions an inference")
    if result.cycles is not None:
        hertz = find_board(build.manifest.board).clock.cpu_hz
        milliseconds = 1e3 * result.cycles / hertz
        click.echo(
            f"{result.cycles:,} cycles an inference, {milliseconds:.2f} ms at {hertz / 1e6:g} MHz"
        )
    if profiled:
        stdout().print(render(costs))
