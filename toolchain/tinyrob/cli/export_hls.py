"""``tinyrob export-hls``: an hls4ml project for an FPGA board, proved by C simulation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tinyrob.cli._common import FILE, data_dir_option, emit_json, json_option, progress, stdout

if TYPE_CHECKING:
    from tinyrob.hls.costs import IoType
    from tinyrob.hls.export import Export


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
    from dataclasses import replace

    from tinyrob.attack.testbench import attacked
    from tinyrob.deployable import load_model
    from tinyrob.errors import CheckFailed
    from tinyrob.files.folder import check_replaceable
    from tinyrob.hls import testvectors
    from tinyrob.hls.backend import choose
    from tinyrob.hls.export import export_hls, frozen_of
    from tinyrob.hls.overrides import Overrides, read_overrides
    from tinyrob.hls.synthesize import find_tool, require_tool
    from tinyrob.hls.synthesize import synthesize as run_tool

    tool, target = choose(backend, board)
    if synthesize:
        require_tool(tool)
    asked = read_overrides(overrides) if overrides else Overrides()
    if io_type is not None:
        asked = replace(asked, io_type=io_type)
    if interval is not None:
        asked = replace(asked, interval=interval)
    check_replaceable(out, "HLS project")
    loaded = load_model(model)
    frozen_of(loaded)
    chosen = testvectors.clean(loaded, vectors, data_dir)
    if adversarial is not None:
        moved = attacked(loaded, vectors, adversarial, data_dir)
        chosen = testvectors.joined(chosen, moved)
    result = export_hls(loaded, target, tool, out, chosen, asked, progress)
    report = run_tool(out, result.top, tool) if synthesize else None
    if as_json:
        emit_json(_as_json(result, report))
    else:
        _print(result, report, chosen.origin, find_tool(tool))
    if result.mismatches:
        first = result.first_divergence
        where = f", first in layer {first[0]}" if first else ""
        raise CheckFailed(
            f"C simulation differs from the reference on {result.mismatches} of "
            f"{result.vectors} vectors{where}",
            "this is a bug in tinyrob or hls4ml: please report it with the model",
        )


def _as_json(result: Export, report: dict[str, Any] | None) -> dict[str, Any]:
    first = result.first_divergence
    return {
        "project": str(result.project),
        "board": result.board.name,
        "part": result.board.part,
        "backend": result.backend,
        "io_type": result.schedule.io_type,
        "csim": {
            "vectors": result.vectors,
            "max_lsb": result.max_lsb,
            "mismatches": result.mismatches,
            "first_divergence": None
            if first is None
            else dict(zip(("layer", "index", "expected", "got"), first, strict=True)),
        },
        "estimate": result.estimate,
        "synthesis": report,
    }


def _print(result: Export, report: dict[str, Any] | None, origin: str, tool: str | None) -> None:
    from rich.table import Table

    board, figures = result.board, result.estimate
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
    console.print(f"vectors: {origin}", soft_wrap=True)
    console.print(f"C simulation: {result.vectors:,} vectors, max {result.max_lsb} LSB")
    console.print(f"exact: {'yes' if result.mismatches == 0 else 'no'}")
    console.print(str(result.project), soft_wrap=True)
