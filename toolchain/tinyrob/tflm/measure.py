"""A network on TFLite-Micro, with the arena that the interpreter says it needs in an emulator."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tinyrob.boards.read import Board, all_boards
from tinyrob.emit.c import CModel
from tinyrob.emit.firmware import MEASURING, emit_project
from tinyrob.errors import BuildError, DoesNotFit, RunnerError, ToolMissing
from tinyrob.ir.graph import Graph
from tinyrob.project.make import compiler_version, first_error, run_make
from tinyrob.project.toolchains import toolchain_for
from tinyrob.run.qemu import emulator_of, qemu_command
from tinyrob.run.tflm import beyond_limits
from tinyrob.tflm.model import ALIGNMENT, emit_tflm, smallest_arena
from tinyrob.tflm.tree import Tree, find_tree, kernel_sources

SECONDS = 120.0
"""Allocating takes far less: an emulator that takes longer has hung."""
_BESIDE = 64 << 10
"""Left to data and stack of the firmware that measures."""


@dataclass(frozen=True)
class Options:
    """The tree's folder (None: TFLM_DIR), and the arena in bytes (None: what is needed).

    ``objects``: a folder that keeps what was compiled of one tree for one core, for the next
    network.
    """

    tree: Path | None = None
    arena_bytes: int | None = None
    objects: Path | None = None


def tflm_model(
    graph: Graph, tflite: bytes, digest: bytes, board: Board, options: Options, spare: Path
) -> tuple[Tree, CModel]:
    """The tree, and the network's sources for it; objects that can be used again stay in ``spare``.

    An arena that is given is checked where the board's kernels can be emulated here. Raises
    ToolMissing, BuildError, DoesNotFit, RunnerError, UnsupportedModel.
    """
    tree = find_tree(options.tree)
    if board.arch != "cortex_m":
        raise BuildError(
            f"the runtime tflm needs a C++ library, and {board.name}'s compiler has none",
            "build for a Cortex-M board, or with --runtime native",
        )
    kernel_sources(tree, {op.kind for op in graph.ops})
    refused = beyond_limits(graph)
    if refused is not None:
        raise refused
    given = options.arena_bytes
    try:
        needed = measure_arena(graph, tflite, tree, board, spare, options.objects)
    except ToolMissing:
        if given is None or shutil.which(toolchain_for(board).gcc) is None:
            raise
        needed = smallest_arena(graph)
    if given is not None and given < needed:
        raise DoesNotFit(
            f"an arena of {given:,} bytes is too small for {graph.name} on TFLite-Micro, which "
            f"needs {needed:,}: {needed - given:,} more",
            "leave --arena-bytes out, and it gets what it needs",
        )
    arena = needed if given is None else -(-given // ALIGNMENT) * ALIGNMENT
    return tree, emit_tflm(graph, tflite, digest, tree, arena)


def reuse(spare: Path, folder: Path) -> None:
    """Moves objects that measuring has left in ``spare`` to a project of the same sources."""
    if (spare / "tflm").is_dir():
        (folder / "obj").mkdir(exist_ok=True)
        shutil.move(spare / "tflm", folder / "obj" / "tflm")
        _renew(folder / "obj" / "tflm")


def _renew(objects: Path) -> None:
    """Makes them newer than the sources, which were written after them."""
    for made in objects.rglob("*"):
        os.utime(made)


def stand_in(board: Board) -> Board:
    """The emulated board with the most memory on which the same kernels are compiled.

    What an arena holds depends on the width of pointers and on which kernels CMSIS-NN chooses,
    which is a matter of DSP instructions and MVE. Raises BuildError where there is none.
    """
    like = [
        other
        for other in all_boards()
        if other.emulator is not None
        and (other.arch, other.cpu.dsp, other.cpu.mve) == (board.arch, board.cpu.dsp, board.cpu.mve)
    ]
    if not like:
        raise BuildError(f"no emulated board is like {board.name}", "give --arena-bytes")
    # The same core before all others, then the most memory.
    return max(like, key=lambda b: (b.cpu.core == board.cpu.core, b.region("arena").bytes))


def measure_arena(
    graph: Graph,
    tflite: bytes,
    tree: Tree,
    board: Board,
    spare: Path,
    objects: Path | None = None,
) -> int:
    """The least arena, in bytes, that the interpreter takes for a network on a board like this.

    Leaves the interpreter's objects in ``spare`` where the board's core is the emulated one's;
    ``objects`` are those of earlier networks, and it keeps this one's.
    Raises ToolMissing, BuildError, RunnerError, UnsupportedModel.
    """
    stand = stand_in(board)
    emulator_of(stand)
    compiler_version(toolchain_for(stand))
    most = (stand.region("arena").bytes - _BESIDE) // ALIGNMENT * ALIGNMENT
    model = emit_tflm(graph, tflite, bytes(16), tree, most)
    with tempfile.TemporaryDirectory(prefix="tinyrob-arena-") as name:
        folder = Path(name) / "measure"
        emit_project(model, graph, stand, MEASURING, "tflm").write_into(folder)
        if objects is not None and objects.is_dir():
            shutil.copytree(objects, folder / "obj" / "tflm")
            _renew(folder / "obj" / "tflm")
        made = run_make(folder, ["all", f"CROSS={toolchain_for(stand).prefix}"])
        if made.returncode != 0:
            raise compile_error(made.stderr, tree)
        if objects is not None:
            shutil.copytree(folder / "obj" / "tflm", objects, dirs_exist_ok=True)
        needed = _ask(stand, folder / "firmware.elf")
        if stand.cpu == board.cpu:
            shutil.move(folder / "obj" / "tflm", spare / "tflm")
    if needed == 0:
        raise RunnerError(
            f"{graph.name} needs an arena of more than {most:,} bytes, or TFLite-Micro refuses it",
            "build with --runtime native",
        )
    return needed


def compile_error(said: str, tree: Tree) -> BuildError:
    """What is said of a project that does not compile, with the compiler's first error."""
    return BuildError(
        f"TFLite-Micro of {tree.root} does not compile: {first_error(said)}",
        "its libraries must be those of its own version (third_party_downloads); C++ needs "
        "libstdc++-arm-none-eabi-newlib",
    )


def _ask(board: Board, elf: Path) -> int:
    try:
        done = subprocess.run(
            qemu_command(board, elf), stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        raise RunnerError(f"QEMU measured an arena for {SECONDS:.0f} s without an end") from None
    words = done.stdout.decode(errors="replace").split()
    if len(words) != 2 or words[0] != "arena_needed" or not words[1].isdigit():
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        raise RunnerError(
            f"measuring the arena on {board.name} ended with status {done.returncode}: "
            f"{said[-1] if said else 'no output'}"
        )
    return int(words[1])
