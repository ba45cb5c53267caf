"""What is attacked: something that answers int8 inputs with logits, and perhaps with gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack.grid import FloatArray, Int8Array
from tinyrob.run.base import Runner

Loss = Literal["ce", "dlr", "margin"]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Step:
    """A surface's answer at int8 inputs (N, ...).

    ``loss`` (N,) grows with the attack's success, ``gradient`` (N, ...) is its derivative per int8
    step; ``logits`` (N, C) are the *target's*, so that one call says where to go and whether the
    attack is there.
    """

    loss: FloatArray
    gradient: FloatArray
    logits: FloatArray


class Surface(Protocol):
    """One differentiable view of a network."""

    name: str

    def step(self, q: Int8Array, labels: Labels, loss: Loss, goals: Labels | None = None) -> Step:
        """Loss, gradient and the target's logits; ``goals`` (N,) makes the loss targeted."""
        ...

    def class_gradient(self, q: Int8Array, label: NDArray[np.int64]) -> FloatArray:
        """Of each example's logit ``label`` (N,): (N, ...) per int8 step."""
        ...

    def jacobian(self, q: Int8Array) -> FloatArray:
        """Of every logit: (N, C, ...) per int8 step."""
        ...


class Target(Protocol):
    """A network under attack.

    ``slack`` is how far (in logits) the wrong class must lead before the attack believes it: 0
    where ``logits`` are exactly the artefact's, more where they are close to it, and infinite for
    the source of a transfer, whose own verdict is nobody's aim.
    """

    name: str
    shape: tuple[int, ...]
    classes: int
    slack: float
    surfaces: Sequence[Surface]

    def logits(self, q: Int8Array) -> FloatArray:
        """Logits (N, C) of int8 inputs (N, *shape)."""
        ...


def margin(logits: FloatArray, labels: Labels) -> NDArray[np.float64]:
    """How far the label's logit leads the best other one; (N,)."""
    rows = np.arange(len(labels))
    others = logits.astype(np.float64)
    own = others[rows, labels].copy()
    others[rows, labels] = -np.inf
    return np.asarray(own - others.max(axis=1))


def fooled(logits: FloatArray, labels: Labels, slack: float = 0.0) -> NDArray[np.bool_]:
    """The criterion: another class wins, by ``slack`` at least. Ties go to the lower class."""
    wrong = logits.argmax(axis=1) != labels
    return np.asarray(wrong & (margin(logits, labels) <= -slack))


class RunnerTarget:
    """A deployed artefact as its owner meets it: int8 in, int8 out, no gradients."""

    slack = 0.0
    surfaces: Sequence[Surface] = ()

    def __init__(self, runner: Runner, shape: tuple[int, ...], classes: int) -> None:
        self.name = runner.name
        self.shape = shape
        self.classes = classes
        self.queries = 0
        self._runner = runner

    def logits(self, q: Int8Array) -> FloatArray:
        """The runner's int8 outputs (N, C) as floats. Raises RunnerError."""
        if not len(q):
            return np.zeros((0, self.classes), np.float32)
        self.queries += len(q)
        outputs = self._runner.run(np.ascontiguousarray(q)).outputs
        return outputs.reshape(len(q), -1).astype(np.float32)
