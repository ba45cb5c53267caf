"""Where the attacker stands: at the network's own input, or in front of what makes it.

A ``Front`` is what lies between. What it makes is exact, the integers of the firmware; what is
differentiated is the same in TensorFlow's floats, whose last rounding passes the gradient straight
through. A front may play each input in several rooms (Athalye et al. 2018, "Synthesizing robust
adversarial examples": expectation over transformation): a verdict then is that of the mean of the
network's answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack.gradient_target import CompiledSurface, GraphTarget
from tinyrob.attack.grid import FloatArray, Int8Array
from tinyrob.attack.operators import quantization
from tinyrob.attack.places import Place
from tinyrob.attack.target import RunnerTarget, Surface
from tinyrob.ir.graph import Graph, Softmax
from tinyrob.run.base import Runner

Value = Any  # a tf.Tensor
_BATCH = 64  # a second of sound has a hundred times as many values as its features
_ROUNDINGS = 8
"""So many steps of the output may what is differentiated lie off the exact integers."""


class Front(Protocol):
    """From an attacker's input to the network's. ``draws``: rooms that each input is played in."""

    place: Place
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    draws: int
    differentiable: bool

    def made(self, x: NDArray[Any]) -> Int8Array:
        """The network's inputs (N * draws, ...) of the attacker's (N, *shape), an input's draws
        behind each other."""
        ...

    def surrogate(self, tf: Any, x: Value, rounded: bool) -> Value:
        """The same in floats (N * draws, values), in int8 steps."""
        ...

    def told(self) -> dict[str, Any]:
        """What a result says of it."""
        ...


class FrontTarget:
    """A network behind a front. What it answers is close to the artefact's answers, not equal:
    ``slack`` says so."""

    def __init__(self, graph: Graph, front: Front, target: GraphTarget) -> None:
        self.name, self.shape, self.classes = graph.name, front.shape, target.classes
        self.front, self.network = front, target
        sink = graph.tensors[graph.outputs[0]]
        for op in graph.ops:
            if isinstance(op.attributes, Softmax):
                sink = graph.tensors[op.inputs[0]]
        self.slack = target.slack + _ROUNDINGS * quantization(sink).scale
        self.surfaces: Sequence[Surface] = ()
        self._judge: Callable[[Value], Value] | None = None
        if front.differentiable:
            self.surfaces = (self._surface("quantized", True), self._surface("shadow", False))

    def _surface(self, name: str, rounded: bool) -> CompiledSurface:
        def both(x: Value) -> tuple[Value, Value]:
            from tinyrob.tf import tensorflow

            inputs = self.front.surrogate(tensorflow(), x, rounded)
            logits, raw = self.network.forward(inputs, rounded)
            return _mean(logits, self.front.draws), _mean(raw, self.front.draws)

        return CompiledSurface(
            name,
            self.shape,
            raw=lambda x: both(x)[1],
            judge=lambda x: both(x)[0],
            joint=both,
            dtype=self.front.dtype,
            batch=max(1, _BATCH // self.front.draws),
        )

    def logits(self, q: NDArray[Any]) -> FloatArray:
        """Of the exact integers: (N, C), the mean over the front's draws."""
        if not len(q):
            return np.zeros((0, self.classes), np.float32)
        answers = self.network.logits(self.front.made(q))
        return np.asarray(_mean(answers, self.front.draws), np.float32)


class FrontJudge(RunnerTarget):
    """A deployed artefact behind a front: exact."""

    def __init__(self, runner: Runner, front: Front, inner: tuple[int, ...], classes: int) -> None:
        super().__init__(runner, inner, classes)
        self._front = front

    def logits(self, q: NDArray[Any]) -> FloatArray:
        """The mean of the runner's outputs (N, C) over the front's draws. Raises RunnerError."""
        if not len(q):
            return np.zeros((0, self.classes), np.float32)
        answers = super().logits(self._front.made(q))
        return np.asarray(_mean(answers, self._front.draws), np.float32)


def _mean(answers: Any, draws: int) -> Any:
    """(N * draws, C) to (N, C)."""
    if draws == 1:
        return answers
    if isinstance(answers, np.ndarray):
        return answers.reshape(-1, draws, answers.shape[-1]).mean(axis=1)
    from tinyrob.tf import tensorflow

    tf = tensorflow()
    return tf.reduce_mean(tf.reshape(answers, (-1, draws, answers.shape[-1])), axis=1)
