"""Inputs as sequences: what keeps a state begins each of them afresh."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tinyrob.run.base import Array, Progress, Runner, RunResult


def run_sequences(
    runner: Runner, inputs: Array, steps: int | None, progress: Progress | None = None
) -> RunResult:
    """Outputs for ``inputs`` (N, ...): sequences of ``steps`` (the last may be shorter), with the
    state reset in front of each; None: all are one. Costs are the largest of any. Raises what the
    runner raises."""
    if steps is None or steps >= len(inputs):
        return runner.run(inputs, progress)
    found = [
        runner.run(inputs[start : start + steps], progress)
        for start in range(0, len(inputs), steps)
    ]
    return RunResult(
        np.concatenate([one.outputs for one in found]),
        _largest(one.instructions for one in found),
        _largest(one.cycles for one in found),
    )


def _largest(costs: Iterable[int | None]) -> int | None:
    return max((c for c in costs if c is not None), default=None)
