"""A Keras model tried on made-up inputs: how large its values get, how far a frozen one is off.

Without the user's data this is what can be known. The inputs are noise in blocks of several sizes,
since plain noise averages out and hardly moves what lies deep in a network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.freeze.values import Builder, pair
from tinyrob.frozen.model import Grid, Input

BYTES = Grid(-7, -128, 127)
"""The grid of an input that has none of its own: (byte - 128) / 128."""
INPUTS = 320
_BLOCKS = (1, 2, 4, 8, 4096)


def made_up(shape: tuple[int, ...], grid: Grid) -> NDArray[np.float32]:
    """``INPUTS`` inputs (INPUTS, *shape) on ``grid``, the same ones each time."""
    generator, parts = np.random.default_rng(0), []
    for block in _BLOCKS:
        small = [max(1, -(-size // block)) for size in shape[:-1]]
        values = generator.integers(
            grid.lo, grid.hi + 1, (INPUTS // len(_BLOCKS), *small, shape[-1])
        )
        for axis, size in enumerate(shape[:-1]):
            values = np.repeat(values, -(-size // small[axis]), axis + 1)
        parts.append(values[(slice(None), *(slice(size) for size in shape[:-1]))])
    return np.asarray(np.concatenate(parts) * grid.step, np.float32)


@dataclass
class Probe:
    """A model's values on ``made_up`` inputs, on the grid that its input has in ``build``."""

    model: Any
    build: Builder
    as_bytes: bool = False
    """Whether the model takes bytes, and puts them on the grid itself."""

    @property
    def grid(self) -> Grid:
        """The input's, which is the first node."""
        return self.build.nodes[0].grid if self.build.nodes else BYTES

    def values(self, tensor: Any) -> NDArray[np.float32]:
        """What a Keras tensor of the model is."""
        from tinyrob.tf import keras

        shape = tuple(int(n) for n in self.model.inputs[0].shape[1:])
        inner, inputs = keras().Model(self.model.inputs, tensor), made_up(shape, self.grid)
        if self.as_bytes:
            inputs = inputs / np.float32(self.grid.step) - np.float32(self.grid.lo)
        return np.asarray(inner(inputs, training=False))

    def depthwise(self, layer: Any, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """What a separable QKeras layer's depthwise half makes of ``inputs``."""
        from tinyrob.tf import tensorflow

        kernel = layer.depthwise_quantizer_internal(layer.depthwise_kernel)
        strides, dilation = pair(layer.strides), pair(layer.dilation_rate)
        padding = layer.padding
        if inputs.ndim == 3:
            inputs, kernel = inputs[:, :, None], kernel[:, None]
            if padding == "causal":
                past = (int(kernel.shape[0]) - 1) * dilation[0]
                inputs, padding = np.pad(inputs, ((0, 0), (past, 0), (0, 0), (0, 0))), "valid"
            strides = (strides[0], strides[0])
        return np.asarray(
            tensorflow().nn.depthwise_conv2d(
                inputs, kernel, (1, *strides, 1), padding.upper(), dilations=dilation
            )
        )

    def before_activation(self, node: Any) -> NDArray[np.float32]:
        """What a layer's own activation is given, at the node where it is applied."""
        layer = node.layer
        kept = getattr(layer, "activation", None)
        if kept is None:
            return self.values(node.outputs)
        inputs = [self.values(tensor) for tensor in _list(node.input_tensors)]
        try:
            layer.activation = None
            return np.asarray(layer(inputs if len(inputs) > 1 else inputs[0], training=False))
        finally:
            layer.activation = kept


def fitting(values: NDArray[np.float32], signed: bool) -> Grid:
    """The finest 8-bit grid that QKeras has, and that holds ``values``."""
    peak = float(np.abs(values).max(initial=0.0))
    bits = 7 if signed else 8
    integer = 0
    while integer < 16 and peak > (2**bits - 1) * 2.0 ** (integer - bits):
        integer += 1
    return Grid(integer - bits, -(2**bits) if signed else 0, 2**bits - 1)


@dataclass(frozen=True)
class Difference:
    """How far frozen logits are from the Keras model's, on ``inputs`` inputs."""

    inputs: int
    largest: float
    same_class: float

    def __str__(self) -> str:
        return (
            f"logits differ by up to {self.largest:.3g}, and {100 * self.same_class:.1f} % of the "
            f"classes are the same, on {self.inputs} made-up inputs"
        )


def difference(frozen: Any, logits: NDArray[np.float32], shape: tuple[int, ...]) -> Difference:
    """Compares a frozen model with Keras' logits on ``made_up`` inputs."""
    from tinyrob.frozen.reference import to_qkeras

    assert isinstance(frozen.input, Input)
    got = np.asarray(to_qkeras(frozen)(made_up(shape, frozen.input.grid), training=False))
    ours, theirs = got.reshape(len(got), -1), logits.reshape(len(logits), -1)
    same = float((ours.argmax(1) == theirs.argmax(1)).mean())
    return Difference(len(got), float(np.abs(ours - theirs).max()), same)


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
