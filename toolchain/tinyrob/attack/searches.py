"""What attacks find on the inputs of a run: searched once, piece by piece, and kept."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack.attacks import Ball, Progress, along_ray, silent
from tinyrob.attack.grid import Int8Array, Norm, inside
from tinyrob.attack.pieces import Found, Piece, search, shards
from tinyrob.attack.store import Store, digest
from tinyrob.attack.suites import Spec
from tinyrob.attack.target import Labels, Target
from tinyrob.cluster.workers import Here, Workers

ATTACKS = 2
"""Raised whenever an attack gets better: inputs that a weaker one found are not taken as its."""
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Wanted:
    """An attack on the examples ``index`` (ascending) within a ball."""

    spec: Spec
    target: Target
    ball: Ball
    index: Index


@dataclass(frozen=True)
class Searches:
    """Of inputs x (N, ...) of classes y (N,); ``identity`` names model and data for the store.

    ``workers`` do the pieces; those on a device's answers stay here, where the device is.
    """

    x: Int8Array
    y: Labels
    store: Store
    seed: int = 0
    identity: str = ""
    workers: Workers = field(default_factory=Here)

    def find(self, wanted: Wanted, progress: Progress = silent) -> tuple[Int8Array, float]:
        """Adversarial inputs for the examples, and the seconds that searching took: of a
        minimal attack the same for every ball, which one search serves."""
        spec, ball, index = wanted.spec, wanted.ball, wanted.index
        found, seconds = np.empty((len(index), *self.x.shape[1:]), self.x.dtype), 0.0
        for piece, part in self._done(self._pieces(wanted), progress):
            place = np.searchsorted(index, piece.index)
            points = part.arrays
            if spec.minimal:
                points = along_ray(wanted.target, piece.x, piece.y, points, ball)
            if not inside(points, piece.x, ball.norm, ball.eps).all():
                raise AssertionError(f"{piece.name} left its ball: a bug in tinyrob")
            found[place] = points
            seconds += part.seconds
        return found, seconds

    def ahead(self, many: Iterable[Wanted], progress: Progress = silent) -> None:
        """Searches all that do not wait for one another, so that no worker is idle."""
        pieces = [piece for wanted in many for piece in self._pieces(wanted)]
        by_name = {piece.name: piece for piece in pieces}  # one minimal search serves every ball
        for _ in self._done(list(by_name.values()), progress):
            pass

    def _pieces(self, wanted: Wanted) -> list[Piece]:
        """A minimal attack's piece has no ball: later lists of it are shorter, and find theirs."""
        spec, target, ball = wanted.spec, wanted.target, wanted.ball
        pieces = []
        for number, index in shards(wanted.index):
            if spec.minimal:
                name = f"minimal-{spec.name}-{ball.norm.value}"
                key = digest(ATTACKS, self.identity, self.seed, spec, ball.norm, target.name)
            else:
                name = f"{spec.name}-{ball.norm.value}-{ball.eps:g}"
                key = digest(ATTACKS, self.identity, self.seed, spec, ball, target.name, index)
            name = name.replace(":", "_").replace("/", "_") + (f"-{number}" if number else "")
            pieces.append(
                Piece(
                    name=name,
                    key=key,
                    target=target,
                    attack=spec.attack,
                    within=ball.norm if spec.minimal else ball,
                    index=index,
                    x=self.x[index],
                    y=self.y[index],
                    seed=self.seed + zlib.crc32(name.encode()),
                )
            )
        return pieces

    def _done(self, pieces: Sequence[Piece], progress: Progress) -> Iterable[tuple[Piece, Found]]:
        """Each piece with what the store has of it or the attack finds."""
        todo = []
        for piece in pieces:
            known = self._known(piece)
            if known is None:
                todo.append(piece)
            else:
                yield piece, known
        shares = [0.0] * len(todo)

        def watch(number: int, share: float) -> None:
            shares[number] = min(share, 1.0)
            progress(sum(shares) / len(shares))

        here = any(not piece.target.surfaces for piece in todo)
        workers = Here() if here else self.workers
        for number, found in workers.each(search, todo, watch):
            self._keep(todo[number], found)
            yield todo[number], found

    def _known(self, piece: Piece) -> Found | None:
        known = self.store.load(piece.name, piece.key)
        if known is None:
            return None
        if not isinstance(piece.within, Norm):
            points = known["points"]
            if points.shape != piece.x.shape:
                return None
            return Found(points.astype(self.x.dtype), float(known["seconds"]))
        if not np.isin(piece.index, known["index"]).all():
            return None
        rows = np.searchsorted(known["index"], piece.index)
        return Found(known["delta"][rows].astype(np.float32), float(known.get("seconds", 0.0)))

    def _keep(self, piece: Piece, found: Found) -> None:
        arrays = {"seconds": np.array(found.seconds)}
        if isinstance(piece.within, Norm):
            arrays |= {"index": piece.index, "delta": found.arrays}
        else:
            arrays["points"] = found.arrays
        self.store.save(piece.name, piece.key, arrays)
