"""What a network costs on an emulated board: the app ``bench``, built and run once."""

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
from tinyrob.run.qemu import run_bench


@dataclass(frozen=True)
class Figures:
    """One network on one board. ``instructions`` is None where the board counts none; bytes are
    of the whole firmware of the app ``bench``."""

    model: str
    board: str
    isa: str
    instructions: int | None
    macs: int
    flash_bytes: int
    flash: Mapping[str, int]
    ram_bytes: int
    ram: Mapping[str, int]

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

    Raises what ``build`` and ``run_bench`` raise.
    """
    with tempfile.TemporaryDirectory(prefix="tinyrob-bench-") as scratch:
        out = Path(scratch) / "build"
        manifest = build(model, board.name, "bench", out=out, **options)
        printed = run_bench(board, out / manifest.elf, manifest.macs)
    return Figures(
        name,
        board.name,
        manifest.isa,
        printed.get("instructions"),
        manifest.macs,
        manifest.flash_bytes,
        asdict(manifest.flash),
        manifest.ram_bytes,
        asdict(manifest.ram),
    )
