"""What a network costs on a board: built, and run once on an emulator.

Bytes are the app ``bench``'s. Where QEMU has the board, that says what it counted. Elsewhere
Unicorn runs the app ``validate``, and its counts of blocks, priced by the core's table, are an
estimate of cycles.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tinyrob.boards.board import Board
from tinyrob.boards.read import all_boards
from tinyrob.build.job import build
from tinyrob.deployable import Deployable
from tinyrob.project.build_folder import open_build
from tinyrob.project.manifest import Manifest
from tinyrob.run.qemu import run_bench
from tinyrob.timing.estimate import estimate, random_input


@dataclass(frozen=True)
class Figures:
    """One network on one board. ``instructions`` is None where the board counts none; bytes are
    of the whole firmware. ``cycles_estimate`` is None where QEMU ran the board."""

    model: str
    board: str
    isa: str
    instructions: int | None
    macs: int
    flash_bytes: int
    flash: Mapping[str, int]
    ram_bytes: int
    ram: Mapping[str, int]
    cycles_estimate: int | None = None

    @property
    def instructions_per_mac(self) -> float | None:
        """None where no instructions are counted, or there is no MAC."""
        return self.instructions / self.macs if self.instructions and self.macs else None

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**asdict(self), "instructions_per_mac": self.instructions_per_mac}


def emulated() -> tuple[Board, ...]:
    """The boards that have an emulator, installed or not."""
    return tuple(board for board in all_boards() if board.emulator is not None)


def measure(name: str, model: Deployable, board: Board, **options: Any) -> Figures:
    """Builds, runs one inference and says what it cost; ``options`` go to ``build``.

    Raises what ``build``, ``run_bench`` and ``estimate`` raise.
    """
    with tempfile.TemporaryDirectory(prefix="tinyrob-bench-") as scratch:
        out = Path(scratch) / "build"
        manifest = build(model, board.name, "bench", out=out, **options)
        if board.emulator is not None:
            printed = run_bench(board, out / manifest.elf, manifest.macs)
            return _figures(name, manifest, printed.get("instructions"))
        served = Path(scratch) / "served"
        build(model, board.name, out=served, **options)
        folder = open_build(served)
        found = estimate(folder, random_input(folder))
    return _figures(name, manifest, found.total.instructions, found.total.cycles)


def _figures(
    name: str, manifest: Manifest, instructions: int | None, cycles: int | None = None
) -> Figures:
    return Figures(
        name,
        manifest.board,
        manifest.isa,
        instructions,
        manifest.macs,
        manifest.flash_bytes,
        asdict(manifest.flash),
        manifest.ram_bytes,
        asdict(manifest.ram),
        cycles,
    )
