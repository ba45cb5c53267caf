"""The network as a LiteX module: ``bus`` is a Wishbone slave, ``irq`` a level.

    self.submodules.network = Network(platform)
    self.bus.add_slave("network", self.network.bus, SoCRegion(size=self.network.size, cached=False))

Registers and windows are those of board_registers.v, in words of four bytes.
"""

from __future__ import annotations

import json
from pathlib import Path

from litex.soc.interconnect import wishbone
from migen import ClockSignal, Instance, Module, ResetSignal, Signal

PROJECT = Path(__file__).resolve().parents[1]
WINDOW = json.loads((PROJECT / "manifest.json").read_text())["window"]
"""Words that the input's window and the output's have each, as a power of two."""


class Network(Module):
    """``size`` is that of its region, in bytes; ``irq`` is high from the end of an inference on."""

    def __init__(self, platform) -> None:
        self.bus = bus = wishbone.Interface(data_width=32)
        self.irq = Signal()
        self.size = 4 << (WINDOW + 2)
        self.specials += Instance(
            "network_wishbone",
            i_clk=ClockSignal(),
            i_rst=ResetSignal(),
            i_wb_cyc=bus.cyc,
            i_wb_stb=bus.stb,
            i_wb_we=bus.we,
            i_wb_sel=bus.sel,
            i_wb_adr=bus.adr[: WINDOW + 2],
            i_wb_dat_w=bus.dat_w,
            o_wb_dat_r=bus.dat_r,
            o_wb_ack=bus.ack,
            o_irq=self.irq,
        )
        for folder in ("rtl", "litex"):
            for path in sorted((PROJECT / folder).glob("*.v")):
                platform.add_source(str(path))
