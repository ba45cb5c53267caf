"""Targets that are a core and no board: for a library, whose user has his own board.

What surrounds the library in such a build (linker script, console) is that of an emulated machine
with this core or one that runs its code, so that it can be validated; what is to be taken from it
is the folder ``library/``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tinyrob.boards.board import Board


@dataclass(frozen=True)
class Generic:
    """``stand_in`` is the emulated board, ``core`` what is compiled for (None: the board's);
    ``library``: nothing but a library is made for it, since its own SDK builds the program."""

    title: str
    stand_in: str
    core: str | None = None
    isa: tuple[str, ...] | None = None
    library: bool = False


_RV32 = "rv32imac_zicsr"
GENERIC: dict[str, Generic] = {
    "cortex-m0plus": Generic("any Cortex-M0+", "mps2_an385", "cortex-m0plus"),
    "cortex-m3": Generic("any Cortex-M3", "mps2_an385"),
    "cortex-m4": Generic("any Cortex-M4 with an FPU", "mps2_an386"),
    "cortex-m7": Generic("any Cortex-M7 with an FPU", "mps2_an500"),
    "cortex-m33": Generic("any Cortex-M33 with DSP instructions", "mps2_an505"),
    "cortex-m55": Generic("any Cortex-M55 with MVE", "mps3_an547"),
    "cortex-m85": Generic("any Cortex-M85 with MVE, compiled as for a Cortex-M55", "mps3_an547"),
    "rv32imc": Generic("any RV32IMC", "rv32_virt", "rv32imc_zicsr"),
    "esp32c3": Generic(
        "ESP32-C3 (RV32IMC): a component for ESP-IDF", "rv32_virt", "rv32imc_zicsr", library=True
    ),
    "esp32s3": Generic(
        "ESP32-S3 (Xtensa): a component for ESP-IDF; sizes and checks are of the same C on RV32",
        "rv32_virt",
        library=True,
    ),
    "rp2350-riscv": Generic("RP2350's Hazard3 (RV32IMAC): for the Pico SDK", "rv32_virt",
                            library=True),
    "nrf5340": Generic("nRF5340's application core (M33): for Zephyr", "mps2_an505", library=True),
}  # fmt: skip


def generic_board(name: str, find: Callable[[str], Board]) -> Board | None:
    """The target of that name as a board; None where it is none. ``find`` knows boards."""
    made = GENERIC.get(name)
    if made is None:
        return None
    board = find(made.stand_in)
    core = made.core or board.cpu.core
    return replace(
        board,
        name=name,
        aliases=(),
        title=made.title,
        cpu=replace(board.cpu, core=core),
        isa=made.isa or board.isa,
        flashing=None,
        library_only=made.library,
    )
