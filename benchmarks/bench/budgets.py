"""Budgets: figures that may not get worse, and the standard runtime's to compare with.

``budgets.json`` maps network, then board to the instructions, cycles (an estimate, where no QEMU
plays the board), flash and RAM measured when it was written; ``baseline.json`` has the same shape,
for TFLite Micro with CMSIS-NN.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from tinyrob.build.measure import Figures
from tinyrob.errors import DataError

KEYS = ("instructions", "cycles_estimate", "flash_bytes", "ram_bytes")
ROOM = 1.02
"""Instruction counts are exact; compilers differ a little in size."""

Table = Mapping[str, Mapping[str, Mapping[str, int]]]


def load(path: Path) -> Table:
    """A table from its file. Raises DataError where it is none."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        for boards in table.values():
            for figures in boards.values():
                if not figures.keys() <= set(KEYS) or not all(
                    type(value) is int and value > 0 for value in figures.values()
                ):
                    raise ValueError(f"its figures are {', '.join(KEYS)}: positive integers")
    except (OSError, ValueError, AttributeError) as error:
        raise DataError(f"{path} is no table of figures: {error}", "write it by --write") from None
    checked: Table = table
    return checked


def written(measured: Iterable[Figures], old: Table) -> str:
    """The text of a table with what was measured, and the old one's other entries."""
    table = {model: dict(boards) for model, boards in old.items()}
    for one in measured:
        figures = {key: getattr(one, key) for key in KEYS}
        table.setdefault(one.model, {})[one.board] = {k: v for k, v in figures.items() if v}
    ordered = {model: dict(sorted(boards.items())) for model, boards in sorted(table.items())}
    return json.dumps(ordered, indent=1) + "\n"


def exceeded(measured: Figures, table: Table) -> list[str]:
    """What is more than 2 % over budget, one sentence each; nothing where there is no budget."""
    budget = table.get(measured.model, {}).get(measured.board, {})
    found = []
    for key, allowed in budget.items():
        value = getattr(measured, key)
        if value is not None and value > ROOM * allowed:
            found.append(
                f"{measured.model} on {measured.board}: {value:,} {key} are "
                f"{100 * (value / allowed - 1):.1f} % over the budget of {allowed:,}"
            )
    return found
