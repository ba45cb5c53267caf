"""Targets in NumPy: a linear network whose smallest perturbation is known, and ways to mask it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinyrob.attack.target import Step
from tinyrob.frozen.model import Dense, FrozenModel, Grid, Input, Node
from tinyrob.frozen.to_graph import to_graph
from tinyrob.ir.graph import FullyConnected, Graph, Op, Quantization, Reshape, Softmax, Tensor

Mask = Callable[[np.ndarray, np.ndarray], np.ndarray]  # (q, gradient) -> what the surface shows


class LinearSurface:
    """The true gradient, or what ``mask`` makes of it."""

    def __init__(self, target: LinearTarget, mask: Mask | None = None, name: str = "quantized"):
        self.target, self.mask, self.name, self.calls = target, mask, name, 0

    def step(self, q, labels, loss, goals=None):
        self.calls += 1
        logits, rows = self.target.logits(q), np.arange(len(q))
        others = logits.copy()
        others[rows, labels] = -np.inf
        goal = others.argmax(axis=1) if goals is None else goals
        if loss == "ce" and goals is None:
            shifted = np.exp((logits - logits.max(axis=1, keepdims=True)).astype(np.float64))
            weights = shifted / shifted.sum(axis=1, keepdims=True)
            value = -np.log(weights[rows, labels] + 1e-30)
            weights[rows, labels] -= 1
            gradient = weights @ self.target.weights
        else:
            value = logits[rows, goal] - logits[rows, labels]
            gradient = self.target.weights[goal] - self.target.weights[labels]
        gradient = gradient.reshape(q.shape).astype(np.float32)
        if self.mask is not None:
            gradient = self.mask(q, gradient)
        return Step(value.astype(np.float32), gradient, logits)

    def class_gradient(self, q, label):
        gradient = self.target.weights[label].reshape(q.shape).astype(np.float32)
        return gradient if self.mask is None else self.mask(q, gradient)

    def jacobian(self, q):
        labels = range(self.target.classes)
        return np.stack([self.class_gradient(q, np.full(len(q), c)) for c in labels], axis=1)


class LinearTarget:
    """logits = W q + b, over int8 inputs of any shape."""

    slack = 0.0

    def __init__(self, weights, bias, shape, mask: Mask | None = None):
        self.name = "linear"
        self.weights = np.asarray(weights, np.float64)
        self.bias = np.asarray(bias, np.float64)
        self.shape, self.classes = shape, len(self.weights)
        self.queries = 0
        self.surfaces = (LinearSurface(self, mask),)

    def logits(self, q):
        self.queries += len(q)
        flat = q.reshape(len(q), -1).astype(np.float64)
        return (flat @ self.weights.T + self.bias).astype(np.float32)

    def needed(self, q, labels, norm: str) -> np.ndarray:
        """The smallest eps (real, unbounded input) that reaches another class: margin / norm."""
        logits = self.logits(q).astype(np.float64)
        best = np.full(len(q), np.inf)
        for other in range(self.classes):
            direction = self.weights[labels] - self.weights[other]
            size = (
                np.abs(direction).sum(axis=1)
                if norm == "linf"
                else np.sqrt((direction**2).sum(axis=1))
            )
            rows = np.arange(len(q))
            gap = logits[rows, labels] - logits[rows, other]
            best = np.minimum(best, np.where(labels == other, np.inf, gap / np.maximum(size, 1e-9)))
        return best


def linear(classes: int = 2, shape=(4, 4, 1), count: int = 60, seed: int = 0, mask=None):
    """A target, int8 inputs away from the range's ends, and the labels it gives them."""
    random = np.random.default_rng(seed)
    size = int(np.prod(shape))
    target = LinearTarget(random.normal(0, 0.05, (classes, size)), np.zeros(classes), shape, mask)
    q = random.integers(-60, 61, (count, *shape)).astype(np.int8)
    return target, q, target.logits(q).argmax(axis=1).astype(np.int64)


def dense(layers: list[tuple[np.ndarray, np.ndarray, int]]) -> Graph:
    """Dense layers (kernel (I, O), bias in half accumulator steps, log2 of the output's step)."""
    nodes: list[Node] = [Input("x", (), Grid(-7, -128, 127), (len(layers[0][0]),))]
    for i, (kernel, bias, log2_step) in enumerate(layers):
        nodes.append(
            Dense(
                f"dense{i}",
                (nodes[-1].name,),
                Grid(log2_step, -128, 127),
                np.asarray(kernel, np.int8),
                np.zeros(kernel.shape[1], np.int64),
                np.asarray(bias, np.int64),
            )
        )
    return to_graph(FrozenModel("dense", tuple(nodes)))


def without_batch_axis(source: tuple[int, ...], output: tuple[int, ...]) -> Graph:
    """Dense on 6 values; tensors of ``source`` and ``output``, 4 logits behind a softmax.

    Where a shape has no batch axis it is of one sample all the same.
    """
    random = np.random.default_rng(3)
    weights = random.integers(-31, 32, (4, 6)).astype(np.int8)
    unit = Quantization((1 / 256,), (-128,))
    tensors = (
        Tensor("x", source, "int8", Quantization((0.125,), (-7,))),
        Tensor("weights", weights.shape, "int8", Quantization((0.5,), (0,)), weights),
        Tensor("dense", (1, 4), "int8", Quantization((8.0,), (3,))),
        Tensor("logits", output, "int8", Quantization((8.0,), (3,))),
        Tensor("softmax", output, "int8", unit),
        Tensor("y", output[-1:], "int8", unit),
    )
    ops = (
        Op(FullyConnected(), (0, 1), (2,)),
        Op(Reshape(output), (2,), (3,)),
        Op(Softmax(), (3,), (4,)),
        Op(Reshape(output[-1:]), (4,), (5,)),
    )
    return Graph(tensors, ops, (0,), (5,), "without batch axis")
