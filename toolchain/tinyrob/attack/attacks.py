"""What an attack is: hyper-parameters in the constructor, data in the call."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack.grid import FloatArray, Int8Array, Norm, project, to_grid
from tinyrob.attack.target import Labels, Target, fooled, margin

Progress = Callable[[float], None]  # told how much of the attack is done, 0 to 1


def silent(_: float) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Ball:
    """Where adversarial inputs may lie: within ``eps`` int8 steps in ``norm``."""

    norm: Norm
    eps: float


class Attack(Protocol):
    """Looks for inputs in a ball that the target gets wrong.

    Called with int8 inputs (N, ...) and labels (N,), which the target gets right unless it is the
    source of a transfer; returns int8 inputs (N, ...) inside the ball, its best ones where it found
    none that fool the target. The same ``seed`` gives the same answer.
    """

    def __call__(
        self,
        target: Target,
        x: Int8Array,
        y: Labels,
        ball: Ball,
        seed: int,
        progress: Progress = silent,
    ) -> Int8Array: ...


class MinimalAttack(Protocol):
    """Looks for a small perturbation without a ball: one search serves every eps.

    Returns perturbations (float, N, ...) in int8 steps; zero where it found none.
    """

    def __call__(
        self,
        target: Target,
        x: Int8Array,
        y: Labels,
        norm: Norm,
        seed: int,
        progress: Progress = silent,
    ) -> FloatArray: ...


@dataclass
class Best:
    """The most damaging int8 inputs seen so far: the bookkeeping that every attack shares."""

    x: Int8Array
    y: Labels
    slack: float
    margins: NDArray[np.float64] = field(init=False)
    broken: NDArray[np.bool_] = field(init=False)
    points: Int8Array = field(init=False)

    def __post_init__(self) -> None:
        self.points = self.x.copy()
        self.margins = np.full(len(self.x), np.inf)
        self.broken = np.zeros(len(self.x), bool)

    def offer(self, index: NDArray[np.intp], q: Int8Array, logits: FloatArray) -> None:
        """Judges candidates ``q`` for the examples ``index``; keeps those that are better."""
        margins = margin(logits, self.y[index])
        wrong = fooled(logits, self.y[index], self.slack)
        # A broken example is settled: a wider margin found later would not break it more.
        better = ~self.broken[index] & (wrong | (margins < self.margins[index]))
        chosen = index[better]
        self.points[chosen] = q[better]
        self.margins[chosen] = margins[better]
        self.broken[chosen] = wrong[better]

    @property
    def left(self) -> NDArray[np.intp]:
        """The examples that still stand."""
        return np.flatnonzero(~self.broken)


class BallSearch(ABC):
    """An ``Attack`` that offers candidates to the ``Best`` points, and answers with those."""

    def __call__(
        self,
        target: Target,
        x: Int8Array,
        y: Labels,
        ball: Ball,
        seed: int,
        progress: Progress = silent,
    ) -> Int8Array:
        """Adversarial inputs on the int8 grid, inside the ball."""
        best = Best(x, y, target.slack)
        self.search(target, best, ball, np.random.default_rng(seed), progress)
        return best.points

    @abstractmethod
    def search(
        self,
        target: Target,
        best: Best,
        ball: Ball,
        random: np.random.Generator,
        progress: Progress,
    ) -> None:
        """Offers ``best`` what may fool the target."""


STRETCH = (1.0, 1.05, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0)


def along_ray(target: Target, x: Int8Array, y: Labels, delta: FloatArray, ball: Ball) -> Int8Array:
    """The nearest input of the ball, on the ray that ``delta`` opens, that fools the target.

    A minimal perturbation lies on the decision boundary, and rounding can take it back: so the
    ray is followed a little further, and at last to the ball's edge.
    """
    best = Best(x, y, target.slack)
    edge = np.float32(4 * ball.eps) * np.sign(delta) if ball.norm is Norm.LINF else 1e6 * delta
    for factor in (*STRETCH, None):
        index = best.left
        if not len(index):
            break
        step = edge[index] if factor is None else np.float32(factor) * delta[index]
        point = project(x[index] + step, x[index], ball.norm, ball.eps)
        q = to_grid(point, x[index], ball.norm, ball.eps)
        best.offer(index, q, target.logits(q))
    return best.points


@dataclass(frozen=True)
class Noise(BallSearch):
    """The control: random points of the ball, the most damaging of ``draws``."""

    draws: int = 1

    def search(
        self,
        target: Target,
        best: Best,
        ball: Ball,
        random: np.random.Generator,
        progress: Progress,
    ) -> None:
        """One draw on the L-inf cube's uniform distribution, or on the L2 sphere."""
        everyone = np.arange(len(best.x))
        for _ in range(self.draws):
            if ball.norm is Norm.LINF:
                whole = int(np.floor(ball.eps))
                delta = random.integers(-whole, whole + 1, best.x.shape).astype(np.float32)
            else:
                delta = random.standard_normal(best.x.shape).astype(np.float32) * 1e6
            q = to_grid(best.x + delta, best.x, ball.norm, ball.eps)
            best.offer(everyone, q, target.logits(q))
        progress(1.0)
