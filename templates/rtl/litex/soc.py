"""A system of LiteX with its RISC-V core (VexRiscv) and the network, in LiteX's Verilator flow.

    pip install litex==2024.12 migen==0.10.0 pythondata-cpu-vexriscv pythondata-misc-tapcfg
    apt-get install verilator libevent-dev libjson-c-dev gcc-riscv64-unknown-elf
    python3 soc.py     # builds it, compiles main.c, and runs: the core checks every vector

main.c writes each vector of testbench/ into the network, starts it and compares what comes out; it
ends the simulation with PASS or FAIL on the console. No BIOS is built.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from litex.build.generic_platform import Pins
from litex.build.io import CRG
from litex.build.sim import SimPlatform
from litex.build.sim.config import SimConfig
from litex.soc.integration.common import get_mem_data
from litex.soc.integration.soc import SoCRegion
from litex.soc.integration.soc_core import SoCCore
from litex.soc.interconnect import wishbone
from migen import Display, Finish, If
from network import PROJECT, Network

HERE = Path(__file__).resolve().parent
OUT = PROJECT / "build" / "litex"
NETWORK_BASE, CONSOLE = 0x9000_0000, 0x9100_0000
_PINS = [("sys_clk", 0, Pins(1))]


class System(SoCCore):
    """VexRiscv, 64 KB of ROM with main.c, 16 KB of RAM, the network."""

    def __init__(self, platform: SimPlatform, program: list[int]) -> None:
        self.submodules.crg = CRG(platform.request("sys_clk"))
        super().__init__(
            platform,
            clk_freq=1_000_000,
            cpu_type="vexriscv",
            cpu_variant="minimal",
            with_uart=False,
            integrated_rom_size=0x10000,
            integrated_rom_init=program,
            integrated_sram_size=0x4000,
            ident="",
        )
        self.submodules.network = Network(platform)
        region = SoCRegion(NETWORK_BASE, self.network.size, cached=False)
        self.bus.add_slave("network", self.network.bus, region)
        # A word written here ends the simulation; what it is says how.
        end = wishbone.Interface(data_width=32)
        self.bus.add_slave("ending", end, SoCRegion(CONSOLE, 4096, cached=False))
        written = end.cyc & end.stb & end.we
        self.comb += end.ack.eq(end.cyc & end.stb)
        self.sync += If(
            written,
            If(end.dat_w == 1, Display("PASS: every byte equal")).Else(
                Display("FAIL: code %d", end.dat_w)
            ),
            Finish(),
        )


def compiled() -> list[int]:
    """main.c as the ROM's words."""
    known = ("riscv64-unknown-elf-gcc", "riscv64-linux-gnu-gcc")
    gcc = next((name for name in known if shutil.which(name)), None)
    if gcc is None:
        sys.exit("error: no RISC-V compiler (apt-get install gcc-riscv64-unknown-elf)")
    OUT.mkdir(parents=True, exist_ok=True)
    elf, image = OUT / "main.elf", OUT / "main.bin"
    flags = ["-march=rv32i", "-mabi=ilp32", "-Os", "-ffreestanding", "-nostdlib", "-Wall"]
    subprocess.run(
        [gcc, *flags, f"-DNETWORK_BASE={NETWORK_BASE:#x}", f"-DENDING={CONSOLE:#x}",
         "-T", str(HERE / "main.ld"), "-o", str(elf), str(HERE / "main.c")],
        check=True,
    )  # fmt: skip
    objcopy = gcc.replace("gcc", "objcopy")
    subprocess.run([objcopy, "-O", "binary", str(elf), str(image)], check=True)
    return get_mem_data(str(image), data_width=32, endianness="little")


def main() -> None:
    """Builds and runs; ends with 1 unless every vector passes."""
    platform = SimPlatform("SIM", _PINS)
    system = System(platform, compiled())
    config = SimConfig()
    config.add_clocker("sys_clk", freq_hz=1_000_000)
    gateware = OUT / "gateware"
    system.finalize()
    system.build(build_dir=str(gateware), sim_config=config, run=False, jobs=1, opt_level="O1")
    subprocess.run(["bash", "build_sim.sh"], cwd=gateware, check=True, stdout=subprocess.DEVNULL)
    # Its event loop takes no file as standard input.
    done = subprocess.run(
        ["obj_dir/Vsim"], cwd=gateware, input="", capture_output=True, text=True, timeout=3600
    )
    print(done.stdout, end="")
    sys.exit(0 if "PASS: every byte equal" in done.stdout else 1)


if __name__ == "__main__":
    main()
