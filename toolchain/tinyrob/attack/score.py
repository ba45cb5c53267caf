"""The same int8 bytes through every artefact: accuracies, and whether the bits agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack.evaluate import Row
from tinyrob.attack.grid import Int8Array
from tinyrob.attack.store import Store, digest
from tinyrob.attack.target import Labels
from tinyrob.run.base import Runner

Open = Callable[[], AbstractContextManager[Runner]]
Watch = Callable[[str, int, int], None]  # runner, inputs done, inputs in all
CHUNK = 256
ON_THE_DESK = ("serial",)
"""Asked anew even where all their answers are kept: nobody can tell what was flashed meanwhile."""


@dataclass(frozen=True)
class Inputs:
    """Every different input of a run once (``unique``), and where each row's inputs are in it."""

    unique: Int8Array
    clean: NDArray[np.intp]
    rows: tuple[NDArray[np.intp], ...]


@dataclass(frozen=True)
class Score:
    """One runner's answers (M, C) to the unique inputs; ``exact``: they must equal the others'.

    ``instructions``: of one inference, the largest seen, where the runner can count them.
    """

    runner: str
    outputs: Int8Array
    exact: bool
    mismatches: int
    instructions: int | None = None

    @property
    def classes(self) -> NDArray[np.intp]:
        """The class of each unique input; ties go to the lower class, as on the device."""
        return np.asarray(self.outputs.argmax(axis=1))


def gather(x: Int8Array, rows: Sequence[Row]) -> Inputs:
    """The different inputs of the clean examples and of all rows: each is run once only."""
    everything = np.concatenate([x, *(row.points for row in rows)])
    flat = np.ascontiguousarray(everything.reshape(len(everything), -1))
    keys = flat.view(np.dtype((np.void, flat.shape[1]))).reshape(-1)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    parts = np.split(inverse.reshape(-1), len(rows) + 1)
    return Inputs(everything[first], parts[0], tuple(parts[1:]))


def score(
    inputs: Inputs,
    runners: Iterable[tuple[str, Open, bool]],
    store: Store,
    identity: Callable[[str], str],
    watch: Watch = lambda _runner, _done, _total: None,
) -> list[Score]:
    """The answers of each runner (name, how to open it, whether it must agree bit for bit).

    Answers are kept chunk by chunk: after a runner died (RunnerError) the next call goes on where
    it was. ``identity`` gives what a runner's answers depend on beside the inputs: answers of
    another build are not taken. ``mismatches`` counts inputs whose output differs from the first
    exact runner's.
    """
    scores: list[Score] = []
    reference: Int8Array | None = None
    for name, open_runner, exact in runners:
        outputs, instructions = _outputs(
            name, open_runner, inputs.unique, store, identity(name), watch
        )
        mismatches = 0
        if exact and reference is None:
            reference = outputs
        elif exact and reference is not None:
            mismatches = int((outputs != reference).any(axis=1).sum())
        scores.append(Score(name, outputs, exact, mismatches, instructions))
    return scores


def _outputs(
    name: str, open_runner: Open, unique: Int8Array, store: Store, identity: str, watch: Watch
) -> tuple[Int8Array, int | None]:
    total = len(unique)
    key = digest(identity, name, unique)
    known = store.load(f"score-{name}", key) or {}
    parts = [known["outputs"].astype(np.int8)] if "outputs" in known else []
    start = len(parts[0]) if parts else 0
    instructions = int(known["instructions"]) if "instructions" in known else 0
    if start >= total and name in ON_THE_DESK:
        parts, start, instructions = [], 0, 0
    if start < total:
        with open_runner() as runner:
            while start < total:
                watch(name, start, total)
                chunk = np.ascontiguousarray(unique[start : start + CHUNK])
                answer = runner.run(chunk)
                parts.append(answer.outputs.reshape(len(chunk), -1))
                instructions = max(instructions, answer.instructions or 0)
                start += len(chunk)
                kept = {"outputs": np.concatenate(parts), "instructions": np.array(instructions)}
                store.save(f"score-{name}", key, kept)
    watch(name, total, total)
    return np.concatenate(parts), instructions or None


def accuracy(
    score: Score, where: NDArray[np.intp], y: Labels, samples: int, draws: int = 1
) -> tuple[float, int]:
    """How many of the first ``samples`` examples a runner gets right, and how many there are.

    Of ``draws`` inputs for each example (``where`` holds them behind each other) each counts a
    part."""
    of = min(samples, len(y))
    right = score.classes[where[: of * draws]] == np.repeat(y[:of], draws)
    return float(right.sum()) / draws, of
