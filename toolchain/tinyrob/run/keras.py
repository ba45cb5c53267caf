"""Runs a frozen model in QKeras: the reference that every other runner must equal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import RunnerError
from tinyrob.frozen.model import FrozenModel, Grid
from tinyrob.run.base import Int8Array, Progress, Runner, RunResult


class KerasRunner(Runner):
    """The runner ``keras``: int8 in and out, float32 (exact here) in between."""

    name = "keras"

    def __init__(self, model: FrozenModel, batch: int = 256) -> None:
        from tinyrob.frozen.reference import QKerasReference
        from tinyrob.tf import keras, tensorflow

        self._frozen = model
        self._batch = batch
        self._tf = tensorflow()
        reference = QKerasReference(model)
        inside = keras().Model(reference.model.input, reference.tensors)
        self._outputs = self._compiled(reference.model)
        self._inside = self._compiled(inside)

    def _compiled(self, model: Any) -> Any:
        shape = (None, *self._frozen.input.shape)
        return self._tf.function(
            lambda x: model(x, training=False),
            input_signature=[self._tf.TensorSpec(shape, self._tf.float32)],
        )

    def run(self, inputs: Int8Array, progress: Progress | None = None) -> RunResult:
        """Outputs (N, *output shape) for ``inputs`` (N, *input shape), in batches."""
        self._check(inputs, (len(inputs), *self._frozen.input.shape))
        node, parts = self._frozen.output, []
        for start in range(0, len(inputs), self._batch):
            part = inputs[start : start + self._batch]
            parts.append(_to_int8(node.name, node.grid, self._call(self._outputs, part)))
            if progress is not None:
                progress(len(part))
        if not parts:
            shape = self._call(self._outputs, np.zeros((1, *inputs.shape[1:]), np.int8)).shape[1:]
            return RunResult(np.zeros((0, *shape), np.int8))
        return RunResult(np.concatenate(parts))

    def layers(self, one: Int8Array) -> Mapping[str, Int8Array]:
        """The int8 values of every node but the input, for one input (*input shape)."""
        self._check(one, self._frozen.input.shape)
        values = self._call(self._inside, one[None])
        return {
            node.name: _to_int8(node.name, node.grid, values[node.name])[0]
            for node in self._frozen.nodes[1:]
        }

    def _check(self, inputs: Int8Array, shape: tuple[int, ...]) -> None:
        if inputs.dtype != np.int8 or inputs.shape != shape:
            raise RunnerError(
                f"keras: inputs are {inputs.dtype} of shape {inputs.shape}",
                f"this model takes int8 of shape {self._frozen.input.shape} each",
            )

    def _call(self, function: Any, inputs: Int8Array) -> Any:
        grid = self._frozen.input.grid
        values = (inputs.astype(np.float32) - grid.zero_point) * np.float32(grid.step)
        # A GPU's convolutions may round to TF32 or transform their inputs; the CPU's do not.
        with self._tf.device("/CPU:0"):
            return self._tf.nest.map_structure(lambda t: t.numpy(), function(values))


def _to_int8(name: str, grid: Grid, values: NDArray[np.float32]) -> Int8Array:
    """``values`` as int8. Raises RunnerError where one is off ``grid``: float32 was not exact."""
    steps = values.astype(np.float64) / grid.step
    off = (steps != np.rint(steps)) | (steps < grid.lo) | (steps > grid.hi)
    if off.any():
        raise RunnerError(
            f"keras: {name!r} gave {values[off][0]!r}, which is not on its grid",
            "the reference model did not compute exactly: please report this, with the model",
        )
    return (steps + grid.zero_point).astype(np.int8)
