"""Projected gradient descent, and FGSM, which is one step of it.

Goodfellow et al. 2015, "Explaining and harnessing adversarial examples"; Madry et al. 2018,
"Towards deep learning models resistant to adversarial attacks". Own code, for what ART's lacks:
every iterate is judged on the int8 grid and the best one is kept (ART returns the last one,
unrounded), examples leave the batch when they are broken, and one compiled call gives gradient
and verdict.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinyrob.attack.attacks import Ball, BallSearch, Best, Progress
from tinyrob.attack.grid import (
    FloatArray,
    Norm,
    length,
    per_example,
    project,
    radius,
    random_start,
    to_grid,
)
from tinyrob.attack.target import Loss, Surface, Target


def steepest(gradient: FloatArray, norm: Norm) -> FloatArray:
    """The step of length 1 that climbs most: the sign, or the normalized gradient."""
    if norm is Norm.LINF:
        return np.asarray(np.sign(gradient), np.float32)
    # Scaled first: squares of a vanishing gradient would underflow, and its direction still counts.
    peak = np.abs(gradient).reshape(len(gradient), -1).max(axis=1, initial=0.0)
    scaled = gradient / per_example(np.maximum(peak, 1e-37), gradient)
    size = np.maximum(length(scaled, norm), 1e-12).astype(np.float32)
    return np.asarray(scaled / per_example(size, gradient), np.float32)


def chosen_surfaces(target: Target, names: tuple[str, ...] | None) -> list[Surface]:
    """The target's surfaces of these names, or all of them."""
    return [s for s in target.surfaces if names is None or s.name in names]


@dataclass(frozen=True)
class PGD(BallSearch):
    """``steps`` steps of ``eps * step`` (default 2.5 / steps) from ``restarts`` random starts.

    Every surface of the target is climbed in turn, by those examples that the ones before it did
    not break. ``steps=1, step=1, random_start=False`` is FGSM.
    """

    steps: int = 20
    restarts: int = 1
    step: float | None = None
    random_start: bool = True
    loss: Loss = "ce"
    surfaces: tuple[str, ...] | None = None

    def search(
        self,
        target: Target,
        best: Best,
        ball: Ball,
        random: np.random.Generator,
        progress: Progress,
    ) -> None:
        """Offers each iterate."""
        surfaces = chosen_surfaces(target, self.surfaces) * self.restarts
        for done, surface in enumerate(surfaces, start=1):
            self._climb(surface, best, ball, random)
            progress(done / len(surfaces))

    def _climb(self, surface: Surface, best: Best, ball: Ball, random: np.random.Generator) -> None:
        index = best.left
        origin = best.x[index]
        point = origin.astype(np.float32)
        if self.random_start:
            point = random_start(origin, ball.norm, ball.eps, random)
        share = 2.5 / self.steps if self.step is None else self.step
        reach = share * radius(origin, ball.norm, ball.eps)
        for taken in range(self.steps + 1):
            if not len(index):
                return
            q = to_grid(point, origin, ball.norm, ball.eps)
            answer = surface.step(q, best.y[index], self.loss)
            best.offer(index, q, answer.logits)
            if taken == self.steps:
                return
            climb = point + per_example(reach, point) * steepest(answer.gradient, ball.norm)
            point = project(climb, origin, ball.norm, ball.eps)
            stands = ~best.broken[index]
            index, origin, point = index[stands], origin[stands], point[stands]
            reach = reach[stands]


def fgsm() -> PGD:
    """The fast gradient sign method: one step to the ball's edge, from the input itself."""
    return PGD(steps=1, restarts=1, step=1.0, random_start=False)
