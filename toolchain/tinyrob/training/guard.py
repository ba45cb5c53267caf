"""The guard against catastrophic overfitting of fast adversarial training.

Wong, Rice and Kolter (2020, arXiv 2001.03994) found that single-step training may, within an epoch,
learn to fool its own single step, and lose all accuracy under PGD; they watch PGD and stop. Here
the epoch is undone, and training goes on with one step more in each attack.
Everything follows from the history, so a resumed run decides as an uninterrupted one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]
FALL = 0.5  # of the best PGD accuracy of the phase
UNDONE = "undone"


def collapsed(history: Sequence[Record], record: Record, classes: int) -> bool:
    """Whether an epoch's PGD accuracy fell below half the best that its phase has seen.

    A best that guessing could reach says nothing.
    """
    before = [
        r["pgd_accuracy"] for r in history if r["phase"] == record["phase"] and UNDONE not in r
    ]
    best = max(before, default=0.0)
    return bool(best > 1.5 / classes and record["pgd_accuracy"] < FALL * best)


def more_steps(history: Sequence[Record]) -> int:
    """How many steps each attack has more, by the epochs that were undone."""
    return sum(UNDONE in record for record in history)
