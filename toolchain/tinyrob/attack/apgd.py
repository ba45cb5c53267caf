"""Auto-PGD: steps that halve themselves, with momentum and returns to the best point.

Croce and Hein 2020, "Reliable evaluation of adversarial robustness with an ensemble of diverse
parameter-free attacks", algorithm 1. Own code: ART 1.20.1 builds its losses only for its own
TensorFlow and PyTorch classifiers, halves all examples' steps on one schedule kept in attributes,
returns the last iterate and not the best, and judges unrounded inputs (tests compare strengths).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack.attacks import Ball, BallSearch, Best, Progress
from tinyrob.attack.grid import (
    FloatArray,
    Int8Array,
    per_example,
    project,
    radius,
    random_start,
    to_grid,
)
from tinyrob.attack.pgd import chosen_surfaces, steepest
from tinyrob.attack.target import Labels, Loss, Surface, Target

MOMENTUM = 0.75
IMPROVED = 0.75


def checkpoints(steps: int) -> list[int]:
    """The iterations at which step sizes are reconsidered (algorithm 1, section 3.2)."""
    points, shares = [0], [0.0, 0.22]
    while shares[-1] <= 1:
        points.append(int(np.ceil(round(shares[-1] * steps, 6))))
        shares.append(shares[-1] + max(shares[-1] - shares[-2] - 0.03, 0.06))
    return points


@dataclass(frozen=True)
class APGD(BallSearch):
    """``steps`` iterations from ``restarts`` random starts on each of the target's surfaces.

    ``targets`` > 0 aims at that many of the most likely wrong classes, one after the other (APGD-T
    of AutoAttack, with the targeted DLR loss: 9 of 10 classes there).
    """

    steps: int = 100
    restarts: int = 1
    loss: Loss = "ce"
    targets: int = 0
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
        ranked = _wrong_classes(target, best.x, best.y) if self.targets else None
        surfaces = chosen_surfaces(target, self.surfaces)
        aims = min(self.targets, target.classes - 1) or 1
        runs = [(rank, s) for _ in range(self.restarts) for rank in range(aims) for s in surfaces]
        for done, (rank, surface) in enumerate(runs, start=1):
            goals = None if ranked is None else ranked[:, rank]
            _Climb(surface, best, ball, self.loss, self.steps, goals, random).run()
            progress(done / len(runs))


def _wrong_classes(target: Target, x: Int8Array, y: Labels) -> NDArray[np.int64]:
    """Classes other than the label's, the most likely first: (N, C - 1)."""
    order = np.argsort(-target.logits(x), axis=1, kind="stable")
    return np.asarray(order[order != y[:, None]].reshape(len(x), -1), np.int64)


@dataclass
class _Climb:
    """One run; all arrays hold one row for each example that still stands."""

    surface: Surface
    best: Best
    ball: Ball
    loss: Loss
    steps: int
    all_goals: NDArray[np.int64] | None
    random: np.random.Generator

    def run(self) -> None:
        index = self.best.left
        if not len(index):
            return
        origin = self.best.x[index]
        point = random_start(origin, self.ball.norm, self.ball.eps, self.random)
        value, gradient = self._ask(index, origin, point)
        stride = 2.0 * radius(origin, self.ball.norm, self.ball.eps)
        state = _State(
            index=index,
            origin=origin,
            point=point,
            before=point.copy(),
            gradient=gradient,
            top=point.copy(),
            top_gradient=gradient.copy(),
            top_value=value.copy(),
            value=value,
            step=stride,
            gains=np.zeros(len(index)),
            last_step=stride.copy(),
            last_top=value.copy(),
        )
        schedule = checkpoints(self.steps)
        for k in range(self.steps):
            state = state.take(~self.best.broken[state.index])
            if not len(state.index):
                return
            self._advance(state, first=k == 0)
            if k + 1 in schedule[1:]:
                state.reconsider((k + 1) - schedule[schedule.index(k + 1) - 1])

    def _ask(
        self, index: NDArray[np.intp], origin: Int8Array, point: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        q = to_grid(point, origin, self.ball.norm, self.ball.eps)
        goals = None if self.all_goals is None else self.all_goals[index]
        answer = self.surface.step(q, self.best.y[index], self.loss, goals)
        self.best.offer(index, q, answer.logits)
        return answer.loss, answer.gradient

    def _advance(self, s: _State, first: bool) -> None:
        norm, eps = self.ball.norm, self.ball.eps
        stride = per_example(s.step, s.point) * steepest(s.gradient, norm)
        ahead = project(s.point + stride, s.origin, norm, eps)
        share = 1.0 if first else MOMENTUM
        mixed = s.point + share * (ahead - s.point) + (1 - share) * (s.point - s.before)
        s.before, s.point = s.point, project(mixed, s.origin, norm, eps)
        value, s.gradient = self._ask(s.index, s.origin, s.point)
        s.gains += value > s.value
        s.value = value
        higher = value > s.top_value
        s.top[higher], s.top_value[higher] = s.point[higher], value[higher]
        s.top_gradient[higher] = s.gradient[higher]


@dataclass
class _State:
    index: NDArray[np.intp]
    origin: Int8Array
    point: FloatArray
    before: FloatArray
    gradient: FloatArray
    top: FloatArray
    top_gradient: FloatArray
    top_value: FloatArray
    value: FloatArray
    step: FloatArray
    gains: NDArray[np.float64]
    last_step: FloatArray
    last_top: FloatArray

    def take(self, keep: NDArray[np.bool_]) -> _State:
        """The rows ``keep`` says."""
        if keep.all():
            return self
        return _State(**{name: rows[keep] for name, rows in vars(self).items()})

    def reconsider(self, iterations: int) -> None:
        """Halves the steps of examples that stalled, and takes them back to their best point."""
        stalled = self.gains < IMPROVED * iterations
        stuck = (self.last_step == self.step) & (self.last_top == self.top_value)
        halve = stalled | stuck
        self.last_step, self.last_top = self.step.copy(), self.top_value.copy()
        self.step[halve] /= 2
        self.point[halve], self.before[halve] = self.top[halve], self.top[halve]
        self.gradient[halve], self.value[halve] = self.top_gradient[halve], self.top_value[halve]
        self.gains[:] = 0
