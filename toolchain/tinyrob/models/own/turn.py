"""A float Keras model, layer by layer, as a plan that freezes exactly, and its weights for it.

What is rewritten without a change of the function is done and said; what changes it (a LeakyReLU
becomes a ReLU) is said as well; what cannot be done is gathered, and raised all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import Obstacle, UnsupportedModel
from tinyrob.files.limits import Damaged
from tinyrob.models.own import carry
from tinyrob.models.own.plan import INPUT, Plan
from tinyrob.models.own.source import Source, SourceLayer
from tinyrob.models.own.tensors import IDENTITIES, WHAT, Refused, Value
from tinyrob.models.own.turn_kernels import Kernels
from tinyrob.models.own.turn_moves import Moves

LEAST = (-1.0, 1.0 - 2.0**-7)
"""What the bytes 0 and 255 are to a network that tinyrob trains."""


@dataclass(frozen=True, eq=False)
class Turned:
    """``weights`` by the plan's names (empty where the source has none), and what there is to
    say of the layers: (layer, what became of it)."""

    plan: Plan
    weights: Mapping[str, NDArray[np.float32]]
    notes: tuple[tuple[str, str], ...]


def turn(source: Source, given: tuple[float, float] | None = None) -> Turned:
    """The plan of ``source``; ``given`` is what the bytes 0 and 255 are to it (None: 0 and 255
    where it begins with a rescaling, else -1 and 127 / 128, as tinyrob's own).

    Raises UnsupportedModel with all the layers that cannot be taken.
    """
    return _Turning(source, given).turned()


class _Turning(Kernels, Moves):
    def __init__(self, source: Source, given: tuple[float, float] | None) -> None:
        super().__init__(source)
        self.given = given
        self.obstacles: list[Obstacle] = []
        self.guessed: set[str] = set()  # layers behind one that cannot be turned

    def turned(self) -> Turned:
        """Goes through the layers once, in order."""
        for layer in self.layers:
            guessed = not self.guessed.isdisjoint(layer.inputs)
            try:
                self.values[layer.name] = self._layer(layer)
            except Damaged:
                if not guessed:
                    raise
                self._guess(layer)
            except Refused as refused:
                if not guessed or refused.always:
                    self.obstacles.append(Obstacle(layer.name, refused.what, refused.hint))
                guessed = True
                self._guess(layer)
            if guessed:
                self.guessed.add(layer.name)
        if not self.obstacles:
            self._end()
        if self.obstacles:
            raise _unsupported(self.source.name, self.obstacles)
        plan = Plan(self.source.shape, tuple(self.steps))
        arrays = {name: array.astype(np.float32) for name, array in self.weights.items()}
        return Turned(plan, arrays, tuple(self.notes))

    def _guess(self, layer: SourceLayer) -> None:
        """Goes on behind a layer that cannot be turned, as if it did nothing, to find more."""
        before = self.values[layer.inputs[0]] if layer.inputs else Value(INPUT, self.source.shape)
        self.values[layer.name] = replace(before, open=False)

    def _end(self) -> None:
        value = self.values[self.output]
        self.close(value, "signed")
        if self.plan_shape(value) != value.shape or len(value.shape) != 1:
            if prod(value.shape) != value.shape[-1]:
                self.obstacles.append(
                    Obstacle(
                        self.output,
                        f"the output is {value.shape}, not one row of classes",
                        "end with a Dense layer of one unit a class, or a global pooling",
                    )
                )
                return
            self.flat(value, "logits_flat")

    # Layers.

    def _layer(self, layer: SourceLayer) -> Value:
        kind = layer.kind
        if kind not in _LAYERS:
            raise _refusal(layer)
        return _LAYERS[kind](self, layer)

    def source_layer(self, layer: SourceLayer) -> Value:
        """InputLayer."""
        if layer.inputs or INPUT in (v.plan for v in self.values.values()):
            raise Refused("is a second input", "one input can be trained and deployed")
        shape = self.source.shape
        behind = self.readers.get(layer.name, [])
        raw = any(reader.kind in ("Rescaling", "Normalization") for reader in behind)
        low, high = self.given or ((0.0, 255.0) if raw else LEAST)
        # A byte is 128 x + 128, and low + byte (high - low) / 255 in the user's numbers.
        factor = 128.0 * (high - low) / 255.0
        scale = None if (low, high) == LEAST else (factor, low + factor)
        return Value(INPUT, shape, scale=scale)

    def rescaling(self, layer: SourceLayer) -> Value:
        """Rescaling and Normalization, of the input: folded into what reads it."""
        value = self.values[layer.inputs[0]]
        origin = self.values[self.source.layers[0].name].plan
        if value.plan != origin:
            raise Refused(
                f"a {layer.kind} inside the network", "put it right behind the input, or fold it"
            )
        factor, offset = carry.affine(layer)
        before = value.scale or (1.0, 0.0)
        self.note(layer, "folded into the layers that read it")
        return replace(value, scale=(before[0] * factor, before[1] * factor + offset))


_LAYERS: Mapping[str, Callable[[_Turning, SourceLayer], Value]] = {
    "InputLayer": _Turning.source_layer,
    "Rescaling": _Turning.rescaling,
    "Normalization": _Turning.rescaling,
    "Conv1D": _Turning.conv,
    "Conv2D": _Turning.conv,
    "DepthwiseConv1D": _Turning.depthwise,
    "DepthwiseConv2D": _Turning.depthwise,
    "SeparableConv1D": _Turning.separable,
    "SeparableConv2D": _Turning.separable,
    "Dense": _Turning.dense,
    "BatchNormalization": _Turning.normalization,
    "ReLU": _Turning.relu_layer,
    "LeakyReLU": _Turning.relu_layer,
    "PReLU": _Turning.relu_layer,
    "Activation": _Turning.activation,
    "Softmax": _Turning.softmax,
    "Add": _Turning.add,
    "Concatenate": _Turning.concatenate,
    **dict.fromkeys(
        ("MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D"), _Turning.pool
    ),
    **dict.fromkeys(
        (f"Global{kind}Pooling{n}D" for kind in ("Max", "Average") for n in (1, 2)),
        _Turning.global_pool,
    ),
    "Flatten": _Turning.reshape,
    "Reshape": _Turning.reshape,
    "ZeroPadding1D": _Turning.pad,
    "ZeroPadding2D": _Turning.pad,
}

LAYERS = frozenset({*_LAYERS, *IDENTITIES})
"""The classes of layers that can be turned."""

_INSTEAD: Mapping[str, str] = {
    "Lambda": "a Lambda is code, which is not run: use layers in its place",
    "TFOpLambda": "use a layer (such as Add) in place of the bare operation",
    "Operation": "use a layer (such as Add) in place of the bare operation",
    "Multiply": "use Add or Concatenate, or quantize the model as it is (`tinyrob quantize`)",
    "LayerNormalization": "use BatchNormalization, which is folded away",
    "GroupNormalization": "use BatchNormalization, which is folded away",
    "UpSampling2D": "quantize the model as it is (`tinyrob quantize`)",
    "LSTM": "quantize the model as it is (`tinyrob quantize`), or use dilated Conv1D layers",
    "GRU": "use dilated Conv1D layers",
    "MultiHeadAttention": "use convolutions",
}


def _refusal(layer: SourceLayer) -> Refused:
    kind = layer.kind if layer.kind.isidentifier() else "layer of an unknown class"
    return Refused(f"a {kind}", _INSTEAD.get(kind, WHAT), always=True)


def _unsupported(name: str, obstacles: list[Obstacle]) -> UnsupportedModel:
    count = len(obstacles)
    head = f"{name!r} cannot be turned into a quantized network: "
    head += "one layer stands" if count == 1 else f"{count} layers stand"
    lines = [f"{head} in the way:", *(f"  {one} ({one.hint})" for one in obstacles)]
    return UnsupportedModel("\n".join(lines), WHAT, obstacles)
