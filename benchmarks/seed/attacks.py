"""The attacks of the columns: the Adversarial Robustness Toolbox's own, and APGD to see past them.

Each is called with a target, int8 inputs (N, ...) that the artefact gets right, their labels (N,),
a ball and a seed, and gives candidates: arrays like the inputs, all of them inside the ball. An
input is broken where the artefact gets any of its candidates wrong. Gradients are those of every
surface of the target in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack import art_attacks
from tinyrob.attack.apgd import APGD
from tinyrob.attack.art_estimator import LEVELS, art, estimator, seeded, to_unit
from tinyrob.attack.attacks import Ball, MinimalAttack, along_ray
from tinyrob.attack.grid import LOW, FloatArray, Int8Array, to_grid
from tinyrob.attack.target import Labels, Surface, Target, fooled
from tinyrob.errors import TinyrobError, did_you_mean

_BATCH = 256


class Candidates(Protocol):
    """What a column's attack is."""

    def __call__(
        self, target: Target, x: Int8Array, y: Labels, ball: Ball, seed: int
    ) -> list[Int8Array]: ...


class Counting:
    """A target that counts the inputs whose logits were asked for."""

    def __init__(self, target: Target) -> None:
        self._target, self.queries = target, 0
        self.name, self.shape, self.classes = target.name, target.shape, target.classes
        self.slack: float = target.slack
        self.surfaces: Sequence[Surface] = target.surfaces

    def logits(self, q: Int8Array) -> FloatArray:
        """The target's."""
        self.queries += len(q)
        return self._target.logits(q)


def _on_grid(unit: NDArray[Any], x: Int8Array, ball: Ball) -> Int8Array:
    """ART's answer in [0, 1] as int8 inputs inside the ball."""
    return to_grid(np.asarray(unit, np.float32) * LEVELS + LOW, x, ball.norm, ball.eps)


def _climbed(
    make: Callable[[Any], Any], target: Target, x: Int8Array, y: Labels, ball: Ball, seed: int
) -> list[Int8Array]:
    found = []
    for surface in target.surfaces:
        with seeded(seed):
            unit = make(estimator(target, surface)).generate(to_unit(x), y=y)
        found.append(_on_grid(unit, x, ball))
    return found


@dataclass(frozen=True)
class Fgsm:
    """Goodfellow et al. 2015: one step of the sign of the gradient to the ball's edge."""

    def __call__(
        self, target: Target, x: Int8Array, y: Labels, ball: Ball, seed: int
    ) -> list[Int8Array]:
        """A candidate a surface."""

        def make(of: Any) -> Any:
            return art().attacks.evasion.FastGradientMethod(
                of, norm=np.inf, eps=ball.eps / LEVELS, batch_size=_BATCH
            )

        return _climbed(make, target, x, y, ball, seed)


@dataclass(frozen=True)
class Pgd:
    """Madry et al. 2018: ``steps`` steps of ``step * eps`` from one random start."""

    steps: int = 20
    step: float = 0.125

    def __call__(
        self, target: Target, x: Int8Array, y: Labels, ball: Ball, seed: int
    ) -> list[Int8Array]:
        """A candidate a surface."""

        def make(of: Any) -> Any:
            return art().attacks.evasion.ProjectedGradientDescent(
                of,
                norm=np.inf,
                eps=ball.eps / LEVELS,
                eps_step=self.step * ball.eps / LEVELS,
                max_iter=self.steps,
                num_random_init=1,
                batch_size=_BATCH,
                verbose=False,
            )

        return _climbed(make, target, x, y, ball, seed)


@dataclass(frozen=True)
class Square:
    """Andriushchenko et al. 2020: squares from the share ``area`` of the input on, or from the
    largest that ART can place; ART asks up to three times for each of ``queries`` steps."""

    queries: int = 300
    area: float = 0.3

    def __call__(
        self, target: Target, x: Int8Array, y: Labels, ball: Ball, seed: int
    ) -> list[Int8Array]:
        """One candidate."""
        height, width = x.shape[1:3]
        most = (min(height, width) - 1) ** 2 / (height * width)
        attack = art().attacks.evasion.SquareAttack(
            estimator(target),
            norm=np.inf,
            max_iter=self.queries,
            eps=ball.eps / LEVELS,
            p_init=min(self.area, most),
            batch_size=4 * _BATCH,
            verbose=False,
        )
        with seeded(seed):
            return [_on_grid(attack.generate(to_unit(x), y=y), x, ball)]


@dataclass(frozen=True)
class Apgd:
    """Croce and Hein 2020, by tinyrob: the cross entropy is climbed, then, of what stands, the
    targeted DLR loss for ``targets`` classes."""

    steps: int = 100
    targets: int = 9

    def __call__(
        self, target: Target, x: Int8Array, y: Labels, ball: Ball, seed: int
    ) -> list[Int8Array]:
        """One candidate."""
        points = APGD(steps=self.steps)(target, x, y, ball, seed)
        left = ~fooled(target.logits(points), y, target.slack)
        if left.any():
            targets = min(self.targets, target.classes - 1)
            then = APGD(steps=self.steps, loss="dlr", targets=targets)
            points[left] = then(target, x[left], y[left], ball, seed)
        return [points]


def _minimal(made: MinimalAttack) -> Candidates:
    """The nearest point on the ray of an attack without a ball that fools the target inside one."""

    def candidates(
        target: Target, x: Int8Array, y: Labels, ball: Ball, seed: int
    ) -> list[Int8Array]:
        delta = made(target, x, y, ball.norm, seed)
        return [along_ray(target, x, y, delta, ball)]

    return candidates


ATTACKS: Mapping[str, type[Any]] = {
    "fgsm": Fgsm,
    "pgd": Pgd,
    "deepfool": art_attacks.DeepFool,
    "cw": art_attacks.CarliniWagner,
    "square": Square,
    "boundary": art_attacks.Boundary,
    "hopskipjump": art_attacks.HopSkipJump,
    "zoo": art_attacks.Zoo,
    "transfer": Pgd,
    "apgd": Apgd,
}
MINIMAL = ("deepfool", "cw", "boundary", "hopskipjump", "zoo")


def check_settings(name: str, given: Mapping[str, float]) -> None:
    """Raises TinyrobError for a setting that the attack does not have."""
    known = {f.name for f in fields(ATTACKS[name]) if f.name != "surfaces"}
    for key in given:
        if key not in known:
            raise TinyrobError(
                f"{name} has no {key}",
                f"{did_you_mean(key, sorted(known))}it has {', '.join(sorted(known)) or 'none'}",
            )


def made(name: str, given: Mapping[str, float]) -> Candidates:
    """The attack of a column with its settings; whole numbers where it has such."""
    kind = ATTACKS[name]
    types = {f.name: f.type for f in fields(kind)}
    attack = kind(**{k: int(v) if types[k] == "int" else v for k, v in given.items()})
    return _minimal(attack) if name in MINIMAL else attack
