"""The attacks that the Adversarial Robustness Toolbox does well, as minimal perturbations.

Its gradient attacks run on each of the target's surfaces, and the smaller perturbation that fools
the target counts. Where a published default is finer than the int8 grid, the grid's step replaces
it: an attacker who sees no answer change below one step would do the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack.art_estimator import LEVELS, art, estimator, seeded, to_unit
from tinyrob.attack.attacks import Progress, silent
from tinyrob.attack.grid import FloatArray, Int8Array, Norm, distance
from tinyrob.attack.pgd import chosen_surfaces
from tinyrob.attack.target import Labels, Surface, Target, fooled

Generate = Callable[[NDArray[np.float32], NDArray[np.int64]], NDArray[np.float32]]


def _in_chunks(
    generate: Generate, x: Int8Array, y: Labels, size: int, progress: Progress
) -> FloatArray:
    """ART's answer as perturbations in int8 steps, chunk by chunk, so that progress shows."""
    found = np.zeros(x.shape, np.float32)
    for start in range(0, len(x), size):
        part = slice(start, start + size)
        unit = to_unit(x[part])
        found[part] = (np.asarray(generate(unit, y[part])).reshape(unit.shape) - unit) * LEVELS
        progress(min(start + size, len(x)) / len(x))
    return found


def _smaller(
    target: Target, x: Int8Array, y: Labels, norm: Norm, found: list[FloatArray]
) -> FloatArray:
    """Of several perturbations the smallest that fools the target, example by example."""
    best, size = np.zeros(x.shape, np.float32), np.full(len(x), np.inf)
    for delta in found:
        q = np.clip(np.rint(x + delta), -128, 127).astype(np.int8)
        reached = np.where(fooled(target.logits(q), y, target.slack), distance(q, x, norm), 1e9)
        better = reached < size
        best[better], size[better] = delta[better], reached[better]
    return best


@dataclass(frozen=True)
class DeepFool:
    """Moosavi-Dezfooli et al. 2016: to the nearest boundary of the linearized network (L2)."""

    steps: int = 20
    overshoot: float = 0.02
    surfaces: tuple[str, ...] | None = None

    def __call__(
        self,
        target: Target,
        x: Int8Array,
        y: Labels,
        norm: Norm,
        seed: int,
        progress: Progress = silent,
    ) -> FloatArray:
        """Perturbations (N, ...) in int8 steps."""

        def make(surface: Surface) -> Generate:
            attack = art().attacks.evasion.DeepFool(
                estimator(target, surface),
                max_iter=self.steps,
                epsilon=self.overshoot,
                nb_grads=target.classes,
                batch_size=64,
                verbose=False,
            )
            return lambda unit, _: attack.generate(unit)

        return _on_surfaces(make, target, x, y, norm, seed, self.surfaces, progress)


@dataclass(frozen=True)
class CarliniWagner:
    """Carlini and Wagner 2017: the smallest L2 perturbation, by optimization of the margin."""

    steps: int = 20
    searches: int = 6
    learning_rate: float = 0.05
    confidence: float = 0.0
    surfaces: tuple[str, ...] | None = None

    def __call__(
        self,
        target: Target,
        x: Int8Array,
        y: Labels,
        norm: Norm,
        seed: int,
        progress: Progress = silent,
    ) -> FloatArray:
        """Perturbations (N, ...) in int8 steps."""

        def make(surface: Surface) -> Generate:
            attack = art().attacks.evasion.CarliniL2Method(
                estimator(target, surface),
                confidence=self.confidence,
                learning_rate=self.learning_rate,
                binary_search_steps=self.searches,
                max_iter=self.steps,
                initial_const=0.1,
                batch_size=64,
                verbose=False,
            )
            return lambda unit, y: attack.generate(unit, y=y)

        return _on_surfaces(make, target, x, y, norm, seed, self.surfaces, progress)


def _on_surfaces(
    make: Callable[[Surface], Generate],
    target: Target,
    x: Int8Array,
    y: Labels,
    norm: Norm,
    seed: int,
    names: tuple[str, ...] | None,
    progress: Progress,
) -> FloatArray:
    surfaces = chosen_surfaces(target, names)
    found = []
    for number, surface in enumerate(surfaces):

        def tell(share: float, number: int = number) -> None:
            progress((number + share) / len(surfaces))

        with seeded(seed):
            found.append(_in_chunks(make(surface), x, y, 64, tell))
    return _smaller(target, x, y, norm, found)


@dataclass(frozen=True)
class HopSkipJump:
    """Chen et al. 2020: along the boundary, by the device's decisions alone (L2 or L-inf)."""

    steps: int = 20
    evaluations: int = 500

    def __call__(
        self,
        target: Target,
        x: Int8Array,
        y: Labels,
        norm: Norm,
        seed: int,
        progress: Progress = silent,
    ) -> FloatArray:
        """Perturbations (N, ...) in int8 steps."""
        attack = art().attacks.evasion.HopSkipJump(
            estimator(target),
            norm=2 if norm is Norm.L2 else np.inf,
            max_iter=self.steps,
            max_eval=self.evaluations,
            init_eval=min(100, self.evaluations),
            batch_size=1024,
            verbose=False,
        )
        # ART probes the boundary at a hundredth of a typical distance, below the int8 grid:
        # here each probe moves a coordinate by about one step, for a perturbation of length 0.5.
        attack.theta = 2.0 / LEVELS
        if norm is Norm.LINF:
            attack.theta /= np.sqrt(np.prod(target.shape))
        return _decision_based(attack, target, x, y, seed, progress)


@dataclass(frozen=True)
class Boundary:
    """Brendel et al. 2018: a random walk along the boundary, by decisions alone (L2)."""

    steps: int = 500

    def __call__(
        self,
        target: Target,
        x: Int8Array,
        y: Labels,
        norm: Norm,
        seed: int,
        progress: Progress = silent,
    ) -> FloatArray:
        """Perturbations (N, ...) in int8 steps."""
        attack = art().attacks.evasion.BoundaryAttack(
            estimator(target),
            targeted=False,
            delta=0.05,
            epsilon=0.05,
            max_iter=self.steps,
            num_trial=20,
            sample_size=20,
            batch_size=1024,
            verbose=False,
        )
        return _decision_based(attack, target, x, y, seed, progress)


def _decision_based(
    attack: Any, target: Target, x: Int8Array, y: Labels, seed: int, progress: Progress
) -> FloatArray:
    """One example after the other, from the nearest start that fools the target."""
    starts = _starts(target, x, y, seed)
    found = np.zeros(x.shape, np.float32)
    with seeded(seed):
        for i in range(len(x)):
            start = starts[i]
            if start is not None:
                unit = to_unit(x[i : i + 1])
                end = attack.generate(unit, x_adv_init=to_unit(start)[None])
                found[i] = ((end - unit) * LEVELS)[0]
            progress((i + 1) / len(x))
    return found


def _starts(target: Target, x: Int8Array, y: Labels, seed: int) -> list[Int8Array | None]:
    """A misclassified input for each example: the nearest of the other inputs and of noise.

    ART would draw its start from a generator that it seeds from the clock.
    """
    random = np.random.default_rng(seed)
    noise = random.integers(-128, 128, (100, *x.shape[1:]), dtype=np.int8)
    pool = np.concatenate([x, noise])
    classes = target.logits(pool).argmax(axis=1)
    chosen: list[Int8Array | None] = []
    for one, label in zip(x, y, strict=True):
        others = pool[classes != label]
        if len(others):
            far = distance(others, np.broadcast_to(one, others.shape), Norm.L2)
            chosen.append(np.asarray(others[int(far.argmin())], np.int8))
        else:
            chosen.append(None)
    return chosen


@dataclass(frozen=True)
class Zoo:
    """Chen et al. 2017: gradients by finite differences of the logits, one coordinate at a time.

    ART's perturbation gathers momentum: on a linear network it ends twice as far as it need.
    """

    steps: int = 100
    searches: int = 6
    parallel: int = 64

    def __call__(
        self,
        target: Target,
        x: Int8Array,
        y: Labels,
        norm: Norm,
        seed: int,
        progress: Progress = silent,
    ) -> FloatArray:
        """Perturbations (N, ...) in int8 steps."""
        attack = art().attacks.evasion.ZooAttack(
            estimator(target),
            learning_rate=2.0 / LEVELS,
            max_iter=self.steps,
            binary_search_steps=self.searches,
            initial_const=0.1,
            abort_early=True,
            use_resize=False,
            use_importance=False,
            nb_parallel=min(self.parallel, int(np.prod(target.shape))),
            batch_size=1,
            variable_h=1.0 / LEVELS,  # the published 1e-4 is below one int8 step
            verbose=False,
        )
        with seeded(seed):
            return _in_chunks(lambda unit, y: attack.generate(unit, y=y), x, y, 1, progress)
