"""Networks beside TFLite-Micro's interpreter on the same board: what each needs, and the ratios."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bench.sweep import Skipped
from tinyrob.boards.board import Board
from tinyrob.build.measure import Figures, measure
from tinyrob.deployable import Deployable
from tinyrob.errors import TinyrobError
from tinyrob.run.qemu import emulator_of
from tinyrob.tflm.measure import Options

BOARD = "stm32"
"""Where no board is named: a Cortex-M4F whose instructions QEMU counts."""
_COLUMNS = (
    "model", "board", "MACs", "instructions: TFLM", "tinyrob", "ratio", "flash: TFLM", "tinyrob",
    "ratio", "RAM: TFLM", "tinyrob", "ratio",
)  # fmt: skip


@dataclass(frozen=True)
class Beside:
    """One network on one board, by both."""

    mine: Figures
    theirs: Figures

    def ratios(self) -> dict[str, float | None]:
        """Ours over theirs; None where nothing was counted."""
        pairs = {
            "instructions": (self.mine.instructions, self.theirs.instructions),
            "flash_bytes": (self.mine.flash_bytes, self.theirs.flash_bytes),
            "ram_bytes": (self.mine.ram_bytes, self.theirs.ram_bytes),
        }
        return {key: a / b if a and b else None for key, (a, b) in pairs.items()}

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "tinyrob": self.mine.to_dict(),
            "tflm": self.theirs.to_dict(),
            "ratios": self.ratios(),
        }


def against(
    chosen: Mapping[str, Callable[[], Deployable] | str], boards: tuple[Board, ...], tree: Path
) -> Iterator[Beside | Skipped]:
    """Every network on every board, by TFLite-Micro of ``tree`` and by generated C.

    The interpreter is compiled once a board. What one of the two cannot take or hold is skipped,
    and said.
    """
    with tempfile.TemporaryDirectory(prefix="tinyrob-against-") as name:
        for model, make in chosen.items():
            if isinstance(make, str):
                yield Skipped(model, "", make)
                continue
            for board in boards:
                options = Options(tree, objects=Path(name) / board.name)
                try:
                    emulator_of(board)
                    loaded = make()
                    theirs = measure(model, loaded, board, runtime="tflm", tflm=options)
                    yield Beside(measure(model, loaded, board), theirs)
                except TinyrobError as error:
                    yield Skipped(model, board.name, error.message)


def render(found: list[Beside]) -> str:
    """Markdown: a row for each network and board."""
    rows = [_COLUMNS, tuple("---" if i < 2 else "---:" for i in range(len(_COLUMNS)))]
    rows += [_cells(one) for one in found]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(one: Beside) -> tuple[str, ...]:
    cells = [one.mine.model, one.mine.board, f"{one.mine.macs:,}"]
    for key, ratio in one.ratios().items():
        cells += [
            *(_number(getattr(figures, key)) for figures in (one.theirs, one.mine)),
            "-" if ratio is None else f"{ratio:.2f}",
        ]
    return tuple(cells)


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"
