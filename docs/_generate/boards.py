"""The boards, from their files."""

from __future__ import annotations

from _generate.markdown import table, text
from tinyrob.boards.lattice import lattice_boards
from tinyrob.boards.read import all_boards
from tinyrob.hls.boards import fpga_boards

_INTRO = """# Boards

From `boards/*.toml`. [How to add one](../how-to/add-a-board.md).

## Microcontrollers

For `tinyrob build --target NAME`. Those that an emulator plays are validated bit for bit at each
commit; **the others have never run on silicon** with this version.

"""
_FPGAS = """
## FPGAs

For `tinyrob export-hls --board NAME`.

"""
_LATTICE = """
## FPGAs for the open tools

For `tinyrob export-rtl --board NAME`: Yosys, nextpnr and openFPGALoader. **None of them has been on
a desk here**: bitstreams are made, and the design behind the pins is simulated to the bit.

"""


def page() -> str:
    """Three tables."""
    chips = [
        (
            ", ".join(f"`{name}`" for name in (board.name, *board.aliases)),
            text(board.title),
            board.cpu.core,
            f"{board.clock.cpu_hz / 1e6:g} MHz",
            board.isa[0],
            f"{board.flash_bytes // 1024:,} KB",
            f"{board.ram_bytes // 1024:,} KB",
            f"`{board.emulator.program}`" if board.emulator else "",
        )
        for board in all_boards()
    ]
    fpgas = [
        (
            f"`{board.name}`",
            text(board.title),
            f"`{board.part}`",
            f"{board.clock_mhz} MHz",
            f"{board.available.lut:,}",
            f"{board.available.ff:,}",
            f"{board.available.dsp:,}",
            f"{board.block_ram_bytes // 1024:,} KB",
        )
        for board in fpga_boards()
    ]
    open_tools = [
        (
            ", ".join(f"`{name}`" for name in (board.name, *board.aliases)),
            text(board.title),
            f"`{board.part}`",
            f"{board.hz / 1e6:g} MHz",
            f"{board.baud:,}",
            f"{board.lut:,}",
            f"{board.dsp:,}",
            f"{board.ram_bytes // 1024:,} KB",
        )
        for board in lattice_boards()
    ]
    third = ("name", "board", "part", "clock", "baud", "LUT", "DSP", "block RAM")
    head = ("name", "board", "CPU", "clock", "kernels", "flash", "RAM", "emulated by")
    other = ("name", "board", "part", "clock", "LUT", "FF", "DSP", "block RAM")
    found = _INTRO + table(head, chips) + _FPGAS + table(other, fpgas)
    return found + _LATTICE + table(third, open_tools)
