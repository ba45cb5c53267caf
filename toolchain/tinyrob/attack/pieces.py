"""An attack in pieces that any process can do: pure functions of their fields.

The inputs of a run fall into shards of ``SHARD`` by their place in it, whoever attacks them, so a
run's result does not depend on how many processes share it.
"""

from __future__ import annotations

import copyreg
import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack.attacks import Attack, Ball, MinimalAttack, Progress
from tinyrob.attack.fronts import Front, FrontTarget
from tinyrob.attack.gradient_target import GraphTarget
from tinyrob.attack.grid import Int8Array, Norm
from tinyrob.attack.store import digest
from tinyrob.attack.target import Labels, Target
from tinyrob.ir.graph import Graph

SHARD = 1000
"""An attack draws its random numbers for a shard as a whole: another number is another attack."""
_MOST_OPEN = 16


def shards(index: NDArray[np.intp]) -> list[tuple[int, NDArray[np.intp]]]:
    """The places ``index`` (ascending) by their shards' numbers."""
    return [(int(n), index[index // SHARD == n]) for n in np.unique(index // SHARD)]


@dataclass(frozen=True)
class Piece:
    """An attack on inputs x (N, ...) of classes y (N,): within a ball, or, for a minimal one, by a
    norm. ``name`` and ``key`` are the store's."""

    name: str
    key: str
    target: Target
    attack: Attack | MinimalAttack
    within: Ball | Norm
    index: NDArray[np.intp]
    x: Int8Array
    y: Labels
    seed: int


@dataclass(frozen=True)
class Found:
    """Inputs (int8, N, ...), or perturbations (float, N, ...) of a minimal attack."""

    arrays: NDArray[Any]
    seconds: float


def search(piece: Piece, progress: Progress) -> Found:
    """Runs the attack. Raises what it raises."""
    began = time.monotonic()
    attack = cast(Callable[..., NDArray[Any]], piece.attack)
    found = attack(piece.target, piece.x, piece.y, piece.within, piece.seed, progress)
    return Found(found, time.monotonic() - began)


_open: dict[str, Target] = {}


def _opened(key: str, make: Callable[..., Target], *made_of: Any) -> Target:
    """In a worker: what was compiled for an earlier piece serves the next."""
    if key not in _open:
        while len(_open) >= _MOST_OPEN:
            _open.pop(next(iter(_open)))
        _open[key] = make(*made_of)
    return _open[key]


def _network(
    graph: Graph, exact: bool, name: str, slack: float, surrogates: list[tuple[Path, str]]
) -> GraphTarget:
    target = GraphTarget(graph, exact)
    target.name, target.slack = name, slack
    for path, scaling in surrogates:
        target.add_surrogate(path, scaling)
    return target


def _behind(front: Front, network: GraphTarget) -> FrontTarget:
    return FrontTarget(network.graph, front, network)


def _reduced(target: GraphTarget) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    made_of = (target.graph, target.exact, target.name, target.slack, target.surrogates)
    return _opened, (digest(pickle.dumps(made_of)), _network, *made_of)


def _front_reduced(target: FrontTarget) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    told = target.front.told()
    return _opened, (
        digest(pickle.dumps(target.network), told),
        _behind,
        target.front,
        target.network,
    )


# A compiled target travels as what it was made of.
copyreg.pickle(GraphTarget, _reduced)
copyreg.pickle(FrontTarget, _front_reduced)
