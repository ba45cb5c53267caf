"""Targets with gradients: compiled TensorFlow behind NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.attack.forward import build_forward
from tinyrob.attack.grid import FloatArray, Int8Array
from tinyrob.attack.losses import loss_value
from tinyrob.attack.operators import quantization
from tinyrob.attack.surrogate import surrogate_view
from tinyrob.attack.target import Labels, Loss, Step, Surface
from tinyrob.ir.graph import Graph, Softmax
from tinyrob.tf import tensorflow

BATCH = 256  # activations of a CIFAR-sized network for one gradient then stay under 1 GB
Value = Any  # a tf.Tensor


def batches(count: int, size: int = BATCH) -> list[slice]:
    """Slices that cover ``range(count)``."""
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


class CompiledSurface:
    """One ``tf.function`` for loss, gradient and the judging logits of a whole batch.

    ``raw`` maps float inputs in steps of the input to the logits to climb; ``judge`` to the
    target's. Where both are one pass, ``joint`` gives (logits, raw) and the judging costs nothing.
    Inputs are of ``dtype``; ``batch`` of them are worked on at once.
    """

    def __init__(
        self,
        name: str,
        shape: tuple[int, ...],
        raw: Callable[[Value], Value],
        judge: Callable[[Value], Value],
        joint: Callable[[Value], tuple[Value, Value]] | None = None,
        dtype: np.dtype[Any] | type[np.int8] = np.int8,
        batch: int = BATCH,
    ) -> None:
        self.name, self._dtype, self._batch = name, np.dtype(dtype).name, batch
        self._shape, self._raw, self._judge, self._joint = shape, raw, judge, joint
        self._steps: dict[str, Callable[..., Any]] = {}

    def step(self, q: Int8Array, labels: Labels, loss: Loss, goals: Labels | None = None) -> Step:
        """Loss, gradient and the target's logits at int8 inputs (N, ...)."""
        goals = np.full(len(q), -1, np.int64) if goals is None else goals
        if loss not in self._steps:
            self._steps[loss] = self._compile(loss)
        parts = [self._steps[loss](q[s], labels[s], goals[s]) for s in batches(len(q), self._batch)]
        value, gradient, logits = (
            np.concatenate([part[i].numpy() for part in parts]) for i in range(3)
        )
        return Step(value, gradient, logits)

    def class_gradient(self, q: Int8Array, label: NDArray[np.int64]) -> FloatArray:
        """The gradient of logit ``label`` (N,), per int8 step: (N, ...)."""
        if "class" not in self._steps:
            self._steps["class"] = self._compile_class_gradient()
        compiled = self._steps["class"]
        return np.concatenate(
            [compiled(q[s], label[s]).numpy() for s in batches(len(q), self._batch)]
        )

    def jacobian(self, q: Int8Array) -> FloatArray:
        """The gradients of all logits, per int8 step: (N, C, ...), behind one forward pass."""
        if "jacobian" not in self._steps:
            self._steps["jacobian"] = self._compile_jacobian()
        return np.concatenate(
            [self._steps["jacobian"](q[s]).numpy() for s in batches(len(q), self._batch)]
        )

    def _compile(self, loss: Loss) -> Callable[..., Any]:
        tf = tensorflow()
        signature = [
            tf.TensorSpec((None, *self._shape), self._dtype),
            tf.TensorSpec((None,), tf.int64),
            tf.TensorSpec((None,), tf.int64),
        ]

        def step(q: Value, labels: Value, goals: Value) -> tuple[Value, Value, Value]:
            x = tf.cast(q, tf.float32)
            with tf.GradientTape() as tape:
                tape.watch(x)
                logits, raw = self._joint(x) if self._joint else (None, self._raw(x))
                value = loss_value(tf, loss, raw, labels, goals)
            gradient = tape.gradient(value, x, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            return value, gradient, self._judge(x) if logits is None else logits

        return tf.function(step, signature, autograph=False)  # type: ignore[no-any-return]

    def _compile_class_gradient(self) -> Callable[..., Any]:
        tf = tensorflow()
        signature = [
            tf.TensorSpec((None, *self._shape), self._dtype),
            tf.TensorSpec((None,), tf.int64),
        ]

        def gradient(q: Value, label: Value) -> Value:
            x = tf.cast(q, tf.float32)
            with tf.GradientTape() as tape:
                tape.watch(x)
                raw = self._joint(x)[1] if self._joint else self._raw(x)
                chosen = tf.reduce_sum(raw * tf.one_hot(label, raw.shape[1], dtype=raw.dtype))
            return tape.gradient(chosen, x, unconnected_gradients=tf.UnconnectedGradients.ZERO)

        return tf.function(gradient, signature, autograph=False)  # type: ignore[no-any-return]

    def _compile_jacobian(self) -> Callable[..., Any]:
        tf = tensorflow()

        def jacobian(q: Value) -> Value:
            x = tf.cast(q, tf.float32)
            with tf.GradientTape(persistent=True) as tape:
                tape.watch(x)
                raw = self._joint(x)[1] if self._joint else self._raw(x)
                columns = tf.unstack(raw, axis=1)
            none = tf.UnconnectedGradients.ZERO
            rows = [tape.gradient(one, x, unconnected_gradients=none) for one in columns]
            return tf.stack(rows, axis=1)

        signature = [tf.TensorSpec((None, *self._shape), self._dtype)]
        return tf.function(jacobian, signature, autograph=False)  # type: ignore[no-any-return]


class GraphTarget:
    """Any int8 graph, with two surfaces: ``quantized`` (straight-through) and ``shadow`` (float).

    ``exact``: the graph comes from a frozen model, whose quantized pass has the artefact's bits.
    """

    def __init__(self, graph: Graph, exact: bool) -> None:
        tf = tensorflow()
        forward = self.forward = build_forward(graph, tf)
        source, sink = graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
        self.graph, self.exact, self.surrogates = graph, exact, list[tuple[Path, str]]()
        self.name = graph.name
        self.shape = source.sample_shape
        self.classes = sink.elements
        for op in graph.ops:
            if isinstance(op.attributes, Softmax):
                sink = graph.tensors[op.inputs[0]]
        # Roundings that fall the other way add up: 5 units of the output on the MLPerf ResNet-8.
        # Too much slack costs time only: the artefact has the last word on what was found.
        self.slack = 0.0 if exact else 8 * quantization(sink).scale

        def judge(x: Value) -> Value:
            return forward(x, True)[0]

        self.surfaces: Sequence[Surface] = (
            CompiledSurface(
                "quantized",
                self.shape,
                raw=lambda x: forward(x, True)[1],
                judge=judge,
                joint=lambda x: forward(x, True),
            ),
            CompiledSurface("shadow", self.shape, raw=lambda x: forward(x, False)[1], judge=judge),
        )
        self._logits = tf.function(
            lambda q: judge(tf.cast(q, tf.float32)),
            input_signature=[tf.TensorSpec((None, *self.shape), tf.int8)],
            autograph=False,  # no branch depends on a tensor, and looking for one takes longest
        )
        self._judge = judge

    def logits(self, q: Int8Array) -> FloatArray:
        """Logits (N, C) of the quantized forward pass, in real units."""
        if not len(q):
            return np.zeros((0, self.classes), np.float32)
        return np.concatenate([self._logits(q[s]).numpy() for s in batches(len(q), 4 * BATCH)])

    def add_surrogate(self, path: Path, scaling: str) -> None:
        """One more differentiable view: a Keras model of the same network; judged by this target.

        Raises as ``surrogate_view`` does.
        """
        view = surrogate_view(self.graph, path, scaling)
        self.surrogates.append((path, scaling))
        self.surfaces = (
            *self.surfaces,
            CompiledSurface("surrogate", self.shape, raw=view, judge=self._judge),
        )
