"""``tinyrob export-rtl``: Verilog from a network, simulated and synthesized by open tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
    "--adversarial",
    metavar="EPS",
    type=click.FloatRange(min=0, min_open=True),
    help="As many inputs again, attacked by PGD within EPS int8 steps of the input.",
)
@click.option(
    "--interval",
    metavar="CYCLES",
    type=click.IntRange(min=1),
    help="What an image may take. Layers with time to spare are folded, or take bits in turn.",
)
@click.option(
    "--form",
    type=click.Choice(["auto", "unrolled", "folded"]),
    default="auto",
    show_default=True,
    help="All logic there at once, or few lanes used again and again; auto: each layer's cheapest.",
)
@click.option("--synthesize", is_flag=True, help="LUTs and flip-flops, by Yosys.")
@click.option("--route", is_flag=True, help="The clock it reaches, by nextpnr (implies the above).")
@click.option(
    "--device",
    default="ecp5-85k",
    show_default=True,
    help="ecp5-25k, -45k or -85k: what layers are folded for, and routed on.",
)
@click.option(
    "--mhz",
    type=click.IntRange(1, 500),
    help="The clock asked for.  [default: 100; a board's is in its file]",
)
@click.option(
    "--board",
    metavar="B",
    help="Also the board's design: clock, pins, and a UART through which `validate --on serial` "
    "and `attack --through serial` reach it (`tinyrob boards`: ulx3s-85f, …).",
)
@click.option(
    "--baud",
    type=click.IntRange(9600, 12_000_000),
    help="The speed of the board's UART.  [default: the board file's]",
)
@click.option(
    "--bitstream", is_flag=True, help="Make it, for --board: Yosys, nextpnr, ecppack or icepack."
)
@click.option(
    "--litex",
    is_flag=True,
    help="Also a Wishbone peripheral, and a LiteX system whose RISC-V core tries it (litex/).",
)
@data_dir_option
@json_option
def command(
    model: str | None,
    out: Path,
    vectors: int,
    adversarial: float | None,
    interval: int | None,
    form: Any,
    synthesize: bool,
    route: bool,
    device: str,
    mhz: int | None,
    board: str | None,
    baud: int | None,
    bitstream: bool,
    litex: bool,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Write MODEL as Verilog, simulate every vector with Verilator, and compare bit for bit.

    Each layer's logic is there once, and positions stream through it. A small network is unrolled
    (a position a cycle); a larger one, and any with --interval, is folded to what the device holds:
    weights in block RAM, as many products a cycle as the interval takes. Exits 1 on any mismatch.
    """
    from tinyrob.pipeline import load

    network = load(model)
    tell_rewritten(network.rewritten)
    result = network.export_rtl(
        out,
        vectors=vectors,
        adversarial=adversarial,
        interval=interval,
        form=form,
        synthesize=synthesize,
        route=route,
        device=device,
        mhz=mhz,
        board=board,
        baud=baud,
        bitstream=bitstream,
        litex=litex,
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
            f"{simulated['interval']:,} an image",
            soft_wrap=True,
        )
        plan = result.plan
        if plan is not None:
            console.print(
                f"folded: about {plan['lut']:,} LUT places, {plan['ebr']} block RAMs, "
                f"{plan['dsp']} DSP; an image waits for layer {plan['slowest']!r}",
                soft_wrap=True,
            )
        if cells is not None:
            console.print(
                f"Yosys (ECP5): {cells['lut']:,} LUT4, {cells['ff']:,} flip-flops, "
                f"{cells['carry']:,} carry cells, {cells['ram']:,} small and {cells['ebr']} block "
                f"RAMs, {cells['dsp']} DSP",
                soft_wrap=True,
            )
        if routed is not None:
            console.print(
                f"nextpnr ({device}): {routed['fmax_mhz']} MHz, {routed['lut']:,} of "
                f"{routed['lut_available']:,} LUT places, {routed['ff']:,} flip-flops; "
                f"{simulated['interval'] / routed['fmax_mhz'] / 1000:.3f} ms an image",
                soft_wrap=True,
            )
            late = mhz is not None and routed["fmax_mhz"] < mhz
            missed = f"{mhz} MHz are not met: " if late else ""
            console.print(f"{missed}the longest path is in {routed['critical']}", soft_wrap=True)
        if result.bitstream is not None:
            made = result.bitstream
            used = ", ".join(
                f"{made[unit][0]:,} of {made[unit][1]:,} {unit.upper()}"
                for unit in ("lut", "ff", "ram", "dsp")
                if unit in made
            )
            console.print(
                f"{made['board']}: {made['clock_mhz']:g} MHz (up to {made['fmax_mhz']:g}), {used}",
                soft_wrap=True,
            )
            console.print(made["bitstream"], soft_wrap=True)
        console.print(f"exact: {'yes' if result.exact else 'no'}")
        console.print(str(out), soft_wrap=True)
        if board is not None:
            console.print(
                f"next: {'' if bitstream else f'make -C {out}/board bitstream, '}tinyrob flash "
                f"{out}, tinyrob validate {out} --on serial",
                soft_wrap=True,
            )
    result.check()
