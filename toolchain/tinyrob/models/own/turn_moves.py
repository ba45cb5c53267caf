"""Layers without weights: sums, joins, pools, and what moves values about, as steps."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from tinyrob.models.own.plan import INPUT, Pair, Step
from tinyrob.models.own.source import SourceLayer
from tinyrob.models.own.tensors import (
    Refused,
    Tensors,
    Value,
    border,
    channels_last,
    pair,
)


class Moves(Tensors):
    """Sums, joins, pools, shapes and borders."""

    def add(self, layer: SourceLayer) -> Value:
        """Add, of two or more tensors."""
        return self._joined(layer, "add")

    def concatenate(self, layer: SourceLayer) -> Value:
        """Concatenate, along the last axis."""
        rank = len(self.values[layer.inputs[0]].shape)
        if layer.options.get("axis", -1) not in (-1, rank):
            raise Refused(
                f"joins along axis {layer.options['axis']}", "join along the last axis (channels)"
            )
        return self._joined(layer, "concatenate")

    def _joined(self, layer: SourceLayer, kind: str) -> Value:
        values = []
        for index, name in enumerate(layer.inputs):
            value = self.settled(layer, index)
            if value.scale is not None:
                raise Refused("reads the input itself", "put a layer with weights before it")
            if self.origin(value.plan) == INPUT:
                step = Step(
                    self.free_name(f"{layer.name}_{name}"), "activation", (value.plan,),
                    activation="signed",
                )  # fmt: skip
                value = self.append(step, value.shape)
            values.append(value)
        if len(values) < 2:
            return values[0]
        reads = tuple(value.plan for value in values)
        if kind == "concatenate":
            made = self.append(Step(self.free_name(layer.name), kind, reads), values[0].shape)
            made.shape = self.seen(made, values[0])
            if all(value.plan in self.relu for value in values):
                self.relu.add(made.plan)
            return made
        made = values[0]
        for index, value in enumerate(values[1:]):
            self.close(made, "signed")
            name = layer.name if index == len(values) - 2 else f"{layer.name}_{index + 1}"
            if self.plan_shape(made) != self.plan_shape(value):
                raise Refused(f"adds {made.shape} and {value.shape}", "add equal shapes")
            step = Step(self.free_name(name), "add", (made.plan, value.plan))
            made = self.append(step, made.shape, is_open=True)
        return made

    def pool(self, layer: SourceLayer) -> Value:
        """MaxPooling and AveragePooling, of one or two axes."""
        kind = "maximum" if layer.kind.startswith("Max") else "average"
        value, flat = self.settled(layer), layer.kind.endswith("1D")
        channels_last(layer)
        image = self.image(value, layer.name)
        window = pair(layer, "pool_size", flat, 2)
        strides = window if layer.options.get("strides") is None else pair(layer, "strides", flat)
        padding = layer.text("padding", "valid")
        if padding not in ("same", "valid"):
            raise layer.damaged("padding")
        if kind == "average" and padding == "same":
            shape = self.plan_shape(image)
            tiled = all(n % w == 0 for n, w in zip(shape, window, strict=False))
            if not tiled or window != strides:
                raise Refused(
                    "an average over a padded border, which divides by a varying count",
                    "use padding='valid', or a window that tiles the input",
                )
            padding = "valid"
        step = Step(self.free_name(layer.name), kind, (image.plan,), 0, window, strides, padding)
        made = self.append(step, value.shape, is_open=kind == "average")
        made.scale = self._unscaled(value, kind)
        if kind == "maximum":
            self.same_sign(value, made)
        made.shape = self.seen(made, value)
        return made

    def _unscaled(self, value: Value, kind: str) -> Any:
        """A factor and an offset go through a mean, and through a maximum where it is positive."""
        if value.scale is not None and kind == "maximum" and np.any(np.asarray(value.scale[0]) < 0):
            raise Refused("a maximum of an input that is turned round", "scale by what is positive")
        return value.scale

    def global_pool(self, layer: SourceLayer) -> Value:
        """Global pooling, of one or two axes."""
        kind = "maximum" if layer.kind.startswith("GlobalMax") else "average"
        channels_last(layer)
        value = self.settled(layer)
        image = self.image(value, layer.name)
        window: Pair = self.plan_shape(image)[:2]  # type: ignore[assignment]
        name = self.free_name(layer.name)
        step = Step(name, kind, (image.plan,), 0, window, window, "valid")
        made = self.append(step, value.shape, is_open=kind == "average")
        made.scale = self._unscaled(value, kind)
        if kind == "maximum":
            self.same_sign(value, made)
        made.shape = self.plan_shape(made)
        if layer.options.get("keepdims"):
            if len(value.shape) == 2:
                made.shape = (1, made.shape[2])
            return made
        made.shape = made.shape[2:]  # seen as one row; made one where somebody needs it to be
        return made

    def reshape(self, layer: SourceLayer) -> Value:
        """Flatten and Reshape."""
        value = self.settled(layer)
        if layer.kind == "Flatten":
            channels_last(layer)
            return self.flat(value, layer.name)
        target = layer.options.get("target_shape")
        if not isinstance(target, list) or not all(type(n) is int for n in target) or not target:
            raise layer.damaged("target_shape")
        shape = list(target)
        if -1 in shape:
            rest = prod(n for n in shape if n != -1)
            shape[shape.index(-1)] = prod(value.shape) // rest if rest > 0 else 0
        if prod(shape) != prod(value.shape) or min(shape) < 1:
            raise Refused(f"makes {target} of {value.shape}", "keep the number of values")
        if value.scale is not None and np.ndim(value.scale[0]) > 0:
            raise Refused("reshapes an input that is scaled by channel", "scale it alike")
        if len(shape) == 1:
            return self.flat(value, layer.name)
        step = Step(self.free_name(layer.name), "reshape", (value.plan,), shape=tuple(shape))
        made = self.append(step, tuple(shape))
        made.scale = value.scale
        self.same_sign(value, made)
        return made

    def pad(self, layer: SourceLayer) -> Value:
        """ZeroPadding1D and ZeroPadding2D."""
        value = self.settled(layer)
        channels_last(layer)
        image = self.image(value, layer.name)
        around = border(layer)
        step = Step(self.free_name(layer.name), "pad", (image.plan,), border=around)
        made = self.append(step, value.shape)
        made.shape = self.seen(made, value)
        made.scale = value.scale
        if value.scale is not None and np.any(np.asarray(value.scale[1]) != 0):
            self.note(layer, "its zeros are the middle of the input's range now")
        self.same_sign(value, made)
        return made
