"""Cross compilers: which one an architecture takes, and the flags of a core."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tinyrob.boards.read import Board, Cpu


@dataclass(frozen=True)
class Toolchain:
    """A GCC by its prefix; ``packages`` are Debian's names of what must be installed.

    ``entry`` and ``handlers`` are the startup's functions that the hardware calls.
    """

    prefix: str
    packages: str
    cpu_flags: str
    library_flags: str
    entry: str
    handlers: tuple[str, ...]

    @property
    def gcc(self) -> str:
        """The compiler's program."""
        return f"{self.prefix}gcc"


def _cortex_m(cpu: Cpu) -> Toolchain:
    fpu = f"-mfloat-abi=hard -mfpu={cpu.fpu}" if cpu.fpu else "-mfloat-abi=soft"
    return Toolchain(
        "arm-none-eabi-",
        "gcc-arm-none-eabi libnewlib-arm-none-eabi",
        f"-mcpu={cpu.core} -mthumb {fpu}",
        "--specs=nano.specs",
        "tr_reset",
        ("tr_fault", "tr_unexpected"),
    )


def _riscv32(cpu: Cpu) -> Toolchain:
    """Without a C library: Debian's compiler comes with none, and the port has what GCC calls.

    Small data stay with the other data: the linker script knows one kind.
    """
    return Toolchain(
        "riscv64-unknown-elf-",
        "gcc-riscv64-unknown-elf",
        f"-march={cpu.core} -mabi=ilp32 -msmall-data-limit=0 -ffreestanding",
        "-nostdlib -lgcc",
        "tr_reset",
        ("tr_fault",),
    )


_ARCHES: dict[str, Callable[[Cpu], Toolchain]] = {"cortex_m": _cortex_m, "riscv32": _riscv32}
"""A folder of firmware/ports that holds an architecture's startup: who compiles for it."""


def toolchain_for(board: Board) -> Toolchain:
    """The cross compiler of a board."""
    return _ARCHES[board.arch](board.cpu)
