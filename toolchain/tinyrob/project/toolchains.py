"""Cross compilers: which ones an architecture has, and the flags of a core for each."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from tinyrob.boards.board import Board, Cpu
from tinyrob.errors import BuildError, ToolMissing, did_you_mean
from tinyrob.files.installed import install_command
from tinyrob.project.zig import zig_program

GCC, CLANG = "gcc", "clang"
KINDS = (GCC, CLANG)


@dataclass(frozen=True)
class Toolchain:
    """A compiler and its flags for a core, as words of a command line.

    ``kind`` is one of ``KINDS``: a GCC by its ``prefix``, or the clang in the wheel ``ziglang``.
    ``packages`` are Debian's names of what must be installed. ``compile_flags`` are beside those
    that every compiler takes (``project.recipe``); ``small`` optimizes all that is no kernel,
    ``fast`` kernels, ``by_hand`` those whose inner loops are assembly, behind ``fast``; ``strip``
    tells the linker to leave out a debugger's symbols. ``ports`` are folders of firmware/ports
    that it needs beside the board's; ``entry`` and ``handlers`` the startup's functions that the
    hardware calls.
    """

    kind: str
    prefix: str
    packages: str
    cpu_flags: str
    compile_flags: str
    small: str
    fast: str
    by_hand: str
    link_flags: str
    strip: str
    library_flags: str
    ports: tuple[str, ...]
    entry: str
    handlers: tuple[str, ...]

    @property
    def gcc(self) -> str:
        """GCC's program."""
        return f"{self.prefix}gcc"

    @property
    def name(self) -> str:
        """What people call it."""
        return self.gcc if self.kind == GCC else "zig cc"

    @property
    def call_graph(self) -> bool:
        """Whether it tells who calls whom, with the frames' sizes (``project.stack``)."""
        return self.kind == GCC

    def command(self) -> list[str]:
        """How it is called. Raises ToolMissing where it is not installed."""
        if self.kind == CLANG:
            return [str(zig_program()), "cc"]
        if shutil.which(self.gcc) is None:
            raise ToolMissing(
                f"the cross compiler {self.gcc} is not on PATH",
                f"apt-get install {self.packages}; or, without root, --toolchain clang: "
                f"{install_command('firmware')}",
            )
        return [self.gcc]


def _gcc(
    cpu_flags: str,
    small: str,
    library_flags: str,
    prefix: str,
    packages: str,
    ports: tuple[str, ...],
    handlers: tuple[str, ...],
) -> Toolchain:
    return Toolchain(
        GCC,
        prefix,
        packages,
        cpu_flags,
        "-fstack-usage -fcallgraph-info=su",
        small,
        "-O3",
        "",
        "-Wl,--build-id=none -Wl,--no-warn-rwx-segments -Wl,-Map=firmware.map",
        "-Wl,--strip-debug",
        library_flags,
        ports,
        "tr_reset",
        handlers,
    )


def _clang(cpu_flags: str, handlers: tuple[str, ...], library_flags: str) -> Toolchain:
    """zig cc: its checks are switched off, which would trap, and frame pointers, which are for a
    debugger. It unrolls loops more than GCC does: portable kernels would be 5 % faster and take
    twice the flash. It does not ask the linker script for the entry, and the map goes to standard
    output."""
    return Toolchain(
        CLANG,
        "",
        "",
        cpu_flags,
        "-ffreestanding -fno-sanitize=all -fomit-frame-pointer -fno-unroll-loops "
        "-Wno-overlength-strings",
        "-Os -g0",
        "-O3",
        "-fno-unroll-loops",
        "-Wl,--build-id=none -Wl,-e,tr_reset -Wl,-z,max-page-size=4 -Wl,--print-map",
        "",
        library_flags,
        ("freestanding",),
        "tr_reset",
        handlers,
    )


def _cortex_m_gcc(cpu: Cpu) -> Toolchain:
    """No loop becomes a call of memset: that is larger than the loops are."""
    fpu = f"-mfloat-abi=hard -mfpu={cpu.fpu}" if cpu.fpu else "-mfloat-abi=soft"
    return _gcc(
        f"-mcpu={cpu.core} -mthumb {fpu}",
        "-Os -fno-tree-loop-distribute-patterns",
        "--specs=nano.specs",
        "arm-none-eabi-",
        "gcc-arm-none-eabi libnewlib-arm-none-eabi",
        (),
        _CORTEX_M_HANDLERS,
    )


def _cortex_m_clang(cpu: Cpu) -> Toolchain:
    abi = "eabihf" if cpu.fpu else "eabi"
    core = cpu.core.replace("-", "_") + _features(cpu)
    # Armv6-M multiplies no 64 bits: zig then compiles LLVM's helpers, once for all programs.
    library = "-nostdlib -rtlib=compiler-rt" if cpu.core in _ARMV6M else "-nostdlib"
    flags = f"-target thumb-freestanding-{abi} -mcpu={core}"
    return _clang(flags, _CORTEX_M_HANDLERS, library)


def _features(cpu: Cpu) -> str:
    """What of a core zig leaves out by itself: without these no DSP instruction of a Cortex-M33
    and no vector of a Cortex-M55 is used, and floats are computed by functions."""
    fpu = _LLVM_FPU.get(cpu.fpu or "")
    wanted = [
        *([fpu] if fpu else []),
        *(["dsp"] if cpu.dsp else []),
        *(["mve_fp"] if cpu.mve else []),
    ]
    return "".join(f"+{feature}" for feature in wanted)


def _riscv32_gcc(cpu: Cpu) -> Toolchain:
    """Without a C library: Debian's compiler comes with none, and the port has what GCC calls at
    -O2; made smaller, it calls for more.

    Small data stay with the other data: the linker script knows one kind.
    """
    return _gcc(
        f"-march={cpu.core} -mabi=ilp32 -msmall-data-limit=0 -ffreestanding",
        "-O2",
        "-nostdlib -lgcc",
        "riscv64-unknown-elf-",
        "gcc-riscv64-unknown-elf",
        ("freestanding",),
        _RISCV32_HANDLERS,
    )


def _riscv32_clang(cpu: Cpu) -> Toolchain:
    """Its cores are a base and extensions by name: rv32imac_zicsr is generic_rv32+m+a+c+zicsr."""
    letters, *long = cpu.core.removeprefix("rv32i").split("_")
    core = "+".join(["generic_rv32", *letters, *long])
    flags = f"-target riscv32-freestanding-none -mcpu={core} -mabi=ilp32"
    return _clang(flags, _RISCV32_HANDLERS, "-nostdlib")


_LLVM_FPU = {
    "fpv4-sp-d16": "vfp4d16sp",
    "fpv5-sp-d16": "fp_armv8d16sp",
    "fpv5-d16": "fp_armv8d16",
}
_ARMV6M = ("cortex-m0", "cortex-m0plus", "cortex-m1")
_CORTEX_M_HANDLERS = ("tr_fault", "tr_unexpected")
_RISCV32_HANDLERS = ("tr_fault",)
_ARCHES: dict[str, dict[str, Callable[[Cpu], Toolchain]]] = {
    "cortex_m": {GCC: _cortex_m_gcc, CLANG: _cortex_m_clang},
    "riscv32": {GCC: _riscv32_gcc, CLANG: _riscv32_clang},
}
"""A folder of firmware/ports that holds an architecture's startup: who compiles for it."""


def toolchain_for(board: Board, kind: str = GCC) -> Toolchain:
    """A board's cross compiler of a kind (``KINDS``), installed or not."""
    return _ARCHES[board.arch][kind](board.cpu)


def choose_toolchain(board: Board, kind: str | None = None) -> Toolchain:
    """The board's cross compiler of ``kind``, or where that is None the one that is installed:
    GCC before clang.

    Raises BuildError for an unknown kind, ToolMissing where there is none.
    """
    if kind is not None:
        if kind not in KINDS:
            raise BuildError(
                f"there is no toolchain {kind!r}",
                f"{did_you_mean(kind, KINDS)}toolchains: {', '.join(KINDS)}",
            )
        chosen = toolchain_for(board, kind)
        chosen.command()
        return chosen
    gcc, clang = toolchain_for(board, GCC), toolchain_for(board, CLANG)
    if shutil.which(gcc.gcc) is not None:
        return gcc
    try:
        clang.command()
    except ToolMissing as error:
        raise ToolMissing(
            f"there is no compiler for {board.name}: {gcc.gcc} is not on PATH, and {error.message}",
            f"apt-get install {gcc.packages}; or, without root: {error.hint}",
        ) from None
    return clang


_REGION = re.compile(r"region [`']([^`']+)'(?:: | )overflowed by (\d+) bytes?")


def overflowed(said: str) -> tuple[str, int] | None:
    """The memory region that a linker (GNU's or LLVM's) found too small, and by how many bytes."""
    found = [(name, int(count)) for name, count in _REGION.findall(said)]
    if not found:
        return None
    # LLVM's tells it of each section that is beyond the end: the last one's is all of it.
    return found[0][0], max(count for name, count in found if name == found[0][0])
