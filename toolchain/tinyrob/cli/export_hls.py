"""``tinyrob export-hls``: an hls4ml project for an FPGA board, proved by C simulation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tinyrob.cli._common import (
    FILE,
    data_dir_option,
    emit_json,
    json_option,
    progress,
    stdout,
    tell_rewritten,
)

if TYPE_CHECKING:
    from tinyrob.hls.costs import IoType
    from tinyrob.hls.export import HlsProject


@click.command()
@click.argument("model", required=False)
@click.option(
    "--board", help="An FPGA (`tinyrob boards`).  [default: pynq-z2; arria10-soc for quartus]"
)
@click.option(
    "--backend",
    type=click.Choice(["vitis", "vivado", "quartus", "oneapi"]),
    help="The tool that the project is for; oneapi is refused, saying why.  "
    "[default: vitis for AMD's parts, quartus for Intel's]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("hls"),
    show_default=True,
    help="The project's folder. An earlier project in it is replaced.",
)
@click.option(
    "--vectors",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="How many inputs the testbench carries.",
)
@click.option(
    "--adversarial",
    metavar="EPS",
    type=click.FloatRange(min=0, min_open=True),
    help="As many inputs again, attacked by PGD within EPS int8 steps of the input.",
)
@click.option(
    "--io-type", type=click.Choice(["io_parallel", "io_stream"]), help="Default: what fits."
)
@click.option(
    "--interval",
    metavar="CYCLES",
    type=click.IntRange(min=1),
    help="What an image may take: the smallest network that is fast enough.  [default: the fastest "
    "that fits]",
)
@click.option(
    "--overrides",
    metavar="FILE",
    type=FILE,
    help="A TOML file: [layers.NAME] with strategy and reuse_factor; io_type, interval.",
)
@data_dir_option
@click.option("--synthesize", is_flag=True, help="Run the vendor's tool, which must be on PATH.")
@json_option
def command(
    model: str | None,
    board: str | None,
    backend: str | None,
    out: Path,
    vectors: int,
    adversarial: float | None,
    io_type: IoType | None,
    interval: int | None,
    overrides: Path | None,
    data_dir: Path | None,
    synthesize: bool,
    as_json: bool,
) -> None:
    """Write MODEL as an HLS project, compile it with g++, and compare every vector, bit for bit.

    MODEL is a zoo name, a training run's folder or a QKeras .h5/.keras (default: the zoo's default
    model). Estimates come from a small model of the board, not from synthesis. Exits 1 on any
    mismatch.
    """
    from tinyrob.files.screen import say
    from tinyrob.hls.backend import RETIRING
    from tinyrob.hls.synthesize import find_tool
    from tinyrob.pipeline import load

    network = load(model)
    tell_rewritten(network.rewritten)
    result = network.export_hls(
        out,
        board=board,
        backend=backend,
        io_type=io_type,
        interval=interval,
        overrides=overrides,
        vectors=vectors,
        adversarial=adversarial,
        data_dir=data_dir,
        synthesize=synthesize,
        progress=progress,
    )
    if result.backend in RETIRING:
        say(f"note: {RETIRING[result.backend]}", err=True)
    if as_json:
        emit_json(result.to_dict())
    else:
        _print(result, find_tool(result.backend))
    result.check()


def _print(result: HlsProject, tool: str | None) -> None:
    from rich.table import Table

    board, figures, report = result.board, result.estimate, result.synthesis
    table = Table(title=f"{result.top} on {board.name} ({result.backend}, estimates)")
    for title in ("layer", "strategy"):
        table.add_column(title)
    luts = board.units["lut"]
    for title in ("reuse", "interval", "multipliers", "adder bits", "BRAM bits", luts):
        table.add_column(title, justify="right")
    for row in figures["layers"]:
        numbers = ("initiation_interval", "multipliers", "adder_bits", "bram_bits", "lut")
        table.add_row(
            row["name"],
            row["strategy"] or "",
            str(row["reuse_factor"] or ""),
            *(f"{row[key]:,}" for key in numbers),
        )
    console = stdout()
    console.print(table)
    for name, used in figures["resources"].items():
        line = f"{board.units[name]}: about {used['used']:,} of {used['available']:,}"
        real = (report or {}).get("vivado", (report or {}).get("csynth", {})).get("resources", {})
        if name in real:
            line += f"; synthesized: {real[name]:,}"
        console.print(line, soft_wrap=True)
    console.print(
        f"about {figures['initiation_interval']:,} cycles an image at {board.clock_mhz} MHz, "
        f"{result.schedule.io_type}",
        soft_wrap=True,
    )
    if report is None and tool is not None:
        console.print(f"{tool} is on PATH: --synthesize gives real figures", soft_wrap=True)
    console.print(f"vectors: {result.origin}", soft_wrap=True)
    console.print(f"C simulation: {result.vectors:,} vectors, max {result.max_lsb} LSB")
    console.print(f"exact: {'yes' if result.exact else 'no'}")
    console.print(str(result.project), soft_wrap=True)
