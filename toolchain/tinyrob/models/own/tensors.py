"""The state of a network that is being turned: its steps, and what Keras' tensors are in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.models.own.plan import INPUT, MOVES, Pair, Shape, Step, step_shape
from tinyrob.models.own.source import Source, SourceLayer

FloatArray = NDArray[np.float64]

WHAT = "train it with a layer that can be, or quantize the model as it is (`tinyrob quantize`)"
ENDINGS = ("_kernel", "_norm", "_sum", "_mean", "_before", "_image")
IDENTITIES = [
    "Dropout",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "GaussianDropout",
    "GaussianNoise",
    "AlphaDropout",
    "ActivityRegularization",
]
_MOVING = ("MaxPooling1D", "MaxPooling2D", "Flatten", "Reshape", "ZeroPadding1D", "ZeroPadding2D")


class Refused(Exception):
    """A layer that cannot be turned: what it is, and what to do."""

    def __init__(self, what: str, hint: str = WHAT, always: bool = False) -> None:
        super().__init__(what)
        self.what, self.hint = what, hint
        self.always = always
        """Whether it is the layer's own, whatever it reads."""


@dataclass
class Value:
    """A Keras tensor: the plan's tensor, the shape in Keras, and whether a step still waits for
    what stands behind it (``open``)."""

    plan: str
    shape: Shape
    open: bool = False
    scale: Any = None
    """Of the input: what the network's numbers are in the user's (a factor and an offset)."""


class Tensors:
    """Steps are appended as layers are read; a step that computes is open until what stands behind
    it says its activation."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.notes: list[tuple[str, str]] = []
        self.steps: list[Step] = []
        self.shapes: dict[str, Shape] = {INPUT: source.shape}
        self.places: dict[str, int] = {}
        self.values: dict[str, Value] = {}
        self.weights: dict[str, FloatArray] = {}
        self.relu: set[str] = set()  # steps whose values are never negative
        self.layers, self.output = self._without_identities(source)
        self.readers: dict[str, list[SourceLayer]] = {}
        for layer in self.layers:
            for name in layer.inputs:
                self.readers.setdefault(name, []).append(layer)

    def _without_identities(self, source: Source) -> tuple[list[SourceLayer], str]:
        """The layers and the output's name without what acts in training only."""
        behind: dict[str, str] = {}
        kept = []
        for layer in source.layers:
            inputs = tuple(behind.get(name, name) for name in layer.inputs)
            if layer.kind in IDENTITIES and len(inputs) == 1:
                self.note(layer, f"a {layer.kind} acts in training only, and is left out")
                behind[layer.name] = inputs[0]
            else:
                kept.append(replace(layer, inputs=inputs))
        return kept, behind.get(source.output, source.output)

    def note(self, layer: SourceLayer, what: str) -> None:
        """Something to say of a layer."""
        self.notes.append((layer.name, what))

    def free_name(self, name: str) -> str:
        """A name for a step that no other name of the network can be taken for."""
        if name in (INPUT, "pixels") or name.endswith(ENDINGS):
            name = f"{name}_layer"
        first, number = name, 1
        while name in self.places:
            number += 1
            name = f"{first}_{number}"
        return name

    def append(self, step: Step, shape: Shape, is_open: bool = False) -> Value:
        try:
            self.shapes[step.name] = step_shape(step, [self.shapes[name] for name in step.reads])
        except ValueError as error:
            raise Refused(str(error), "change the layer's sizes, or the input's") from None
        self.places[step.name] = len(self.steps)
        self.steps.append(step)
        return Value(step.name, shape, is_open)

    def change(self, name: str, **fields: Any) -> None:
        place = self.places[name]
        self.steps[place] = replace(self.steps[place], **fields)

    def close(self, value: Value, activation: str) -> None:
        if value.open:
            self.change(value.plan, activation=activation)
            value.open = False
            if activation == "relu":
                self.relu.add(value.plan)

    def settled(self, layer: SourceLayer, index: int = 0) -> Value:
        """What a layer reads, on a grid: ``relu`` where one stands behind what only moves it."""
        name = layer.inputs[index]
        value = self.values[name]
        if value.open:
            self.close(value, "relu" if self._then_relu(layer, name) else "signed")
        return value

    def _then_relu(self, layer: SourceLayer, name: str) -> bool:
        """Whether all that reads ``name`` moves it and then takes its ReLU, which commutes."""
        while len(self.readers[name]) == 1 and layer.kind in _MOVING:
            name = layer.name
            behind = self.readers.get(name, [])
            if len(behind) != 1:
                return False
            layer = behind[0]
            if layer.kind == "ReLU" or activation_of(layer) in ("relu", "relu6"):
                return layer.kind in ("ReLU", "Activation")
        return False

    def image(self, value: Value, name: str) -> Value:
        """A value as (H, W, C): a sequence (T, C) as (T, 1, C)."""
        shape = self.plan_shape(value)
        if len(shape) == 3:
            return value
        if len(value.shape) == 2:
            image = (value.shape[0], 1, value.shape[1])
        elif len(value.shape) == 1:
            image = (1, 1, value.shape[0])
        elif len(value.shape) == 3:
            image = value.shape
        else:
            raise Refused(f"reads a tensor of shape {value.shape}", "use up to three axes")
        step = Step(self.free_name(f"{name}_in"), "reshape", (value.plan,), shape=image)
        made = self.append(step, value.shape)
        made.scale = value.scale
        self.same_sign(value, made)
        return made

    def flat(self, value: Value, name: str) -> Value:
        """A value as one row."""
        shape = (prod(value.shape),)
        if self.plan_shape(value) == shape:
            return replace(value, shape=shape)
        made = self.append(Step(self.free_name(name), "reshape", (value.plan,), shape=shape), shape)
        made.scale = value.scale
        self.same_sign(value, made)
        return made

    def same_sign(self, value: Value, made: Value) -> None:
        if value.plan in self.relu:
            self.relu.add(made.plan)

    def plan_shape(self, value: Value) -> Shape:
        return self.shapes[value.plan]

    def seen(self, made: Value, value: Value) -> Shape:
        """A step's shape with as many axes as what it reads has in Keras."""
        shape = self.plan_shape(made)
        return (shape[0], shape[2]) if len(value.shape) == 2 and len(shape) == 3 else shape

    def origin(self, name: str) -> str:
        while name != INPUT and self.steps[self.places[name]].kind in MOVES:
            name = self.steps[self.places[name]].reads[0]
        return name


def activation_of(layer: SourceLayer) -> str:
    """The name of the activation that a layer's options name."""
    value = layer.options.get("activation", "linear")
    if value is None:
        return "linear"
    if isinstance(value, dict):
        config = value.get("config")
        value = config if isinstance(config, str) else value.get("class_name")
        value = {"ReLU": "relu", "LeakyReLU": "leaky_relu", "Softmax": "softmax"}.get(
            str(value), value
        )
    return value if isinstance(value, str) and value.isidentifier() else "of your own"


def channels_last(layer: SourceLayer) -> None:
    if layer.options.get("data_format") not in (None, "channels_last"):
        raise Refused("has its channels first", "use data_format='channels_last'")


def pair(layer: SourceLayer, key: str, flat: bool, default: int | None = None) -> Pair:
    """An option for each axis; a sequence has one, and 1 across."""
    values = layer.integers(key, default)
    if flat:
        if len(values) != 1:
            raise layer.damaged(key)
        return (values[0], 1)
    if len(values) == 1:
        return (values[0], values[0])
    if len(values) != 2:
        raise layer.damaged(key)
    return (values[0], values[1])


def border(layer: SourceLayer) -> tuple[int, int, int, int]:
    value = layer.options.get("padding", 1)
    pairs: Any = value if isinstance(value, list) else [value] * 2
    if layer.kind == "ZeroPadding1D":
        pairs = [[value, value] if type(value) is int else value, [0, 0]]
    pairs = [[one, one] if type(one) is int else one for one in pairs]
    flat = [n for pair in pairs if isinstance(pair, list) for n in pair]
    if len(pairs) != 2 or len(flat) != 4 or not all(type(n) is int and 0 <= n < 4096 for n in flat):
        raise layer.damaged("padding")
    top, bottom, left, right = flat
    return top, bottom, left, right
