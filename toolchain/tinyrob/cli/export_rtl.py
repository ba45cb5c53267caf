"""``tinyrob export-rtl``: Verilog from a small network, simulated and synthesized by open tools."""

from __future__ import annotations

from pathlib import Path

import click

from tinyrob.cli._common import (
    data_dir_option,
    emit_json,
    json_option,
    progress,
    stdout,
    tell_rewritten,
)


@click.command()
@click.argument("model", required=False)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("rtl"),
    show_default=True,
    help="The project's folder. An earlier project in it is replaced.",
)
@click.option(
    "--vectors",
    type=click.IntRange(min=1),
    default=397,
    show_default=True,
    help="How many inputs are simulated.",
)
@click.option(
    "--interval",
    metavar="CYCLES",
    type=click.IntRange(min=1),
    help="What an image may take: layers with time to spare compute bit by bit, in far fewer LUTs.",
)
@click.option("--synthesize", is_flag=True, help="LUTs and flip-flops, by Yosys.")
@click.option("--route", is_flag=True, help="The clock it reaches, by nextpnr (implies the above).")
@click.option("--device", default="ecp5-85k", show_default=True, help="ecp5-25k, -45k or -85k.")
@click.option("--mhz", type=click.IntRange(1, 500), default=100, show_default=True)
@data_dir_option
@json_option
def command(
    model: str | None,
    out: Path,
    vectors: int,
    interval: int | None,
    synthesize: bool,
    route: bool,
    device: str,
    mhz: int,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Write MODEL as Verilog, simulate every vector with Verilator, and compare bit for bit.

    Each layer's logic is there once, and positions stream through it: one a cycle, or, where
    --interval leaves the time, one bit of all its channels a cycle. Exits 1 on any mismatch.
    """
    from tinyrob.pipeline import load

    network = load(model)
    tell_rewritten(network.rewritten)
    result = network.export_rtl(
        out,
        vectors=vectors,
        interval=interval,
        synthesize=synthesize,
        route=route,
        device=device,
        mhz=mhz,
        data_dir=data_dir,
        progress=progress,
    )
    cells, routed = result.synthesis, result.route
    if as_json:
        emit_json(result.to_dict())
    else:
        console = stdout()
        simulated = result.verilator
        console.print(f"vectors: {result.origin}", soft_wrap=True)
        console.print(
            f"Verilator: {simulated['vectors']:,} vectors, max {simulated['max_lsb']} LSB; "
            f"{simulated['latency']:,} cycles to the first output, "
            f"{simulated['interval']:g} an image",
            soft_wrap=True,
        )
        if cells is not None:
            console.print(
                f"Yosys (ECP5): {cells['lut']:,} LUT4, {cells['ff']:,} flip-flops, "
                f"{cells['carry']:,} carry cells, {cells['ram']:,} RAM cells, {cells['dsp']} DSP",
                soft_wrap=True,
            )
        if routed is not None:
            console.print(
                f"nextpnr ({device}): {routed['fmax_mhz']} MHz, {routed['lut']:,} of "
                f"{routed['lut_available']:,} LUT places, {routed['ff']:,} flip-flops",
                soft_wrap=True,
            )
        console.print(f"exact: {'yes' if result.exact else 'no'}")
        console.print(str(out), soft_wrap=True)
    result.check()
