"""The Keras model of a plan, quantized or in float.

A step's layers are called as an STQ network's: ``NAME_kernel``, ``NAME_norm`` and, for its
activation, ``NAME``; so weights carry over by name.
Imports TensorFlow: import this module only where it is used.
"""

from __future__ import annotations

from math import prod
from typing import Any

from tinyrob import tf as _tf
from tinyrob.models import layers, quantizers
from tinyrob.models.own.plan import INPUT, Plan, Step
from tinyrob.models.recipe import Activation, Recipe

keras = _tf.keras()
qkeras = _tf.qkeras()


def build(recipe: Recipe, plan: Plan, quantized: bool = True, free: bool = False) -> Any:
    """Inputs (N, *shape) in [-1, 1) to logits (N, classes).

    With ``quantized=False`` nothing is rounded, and the weights are the same by name and shape;
    with ``free`` nothing is clipped, either.
    """
    return _Builder(recipe, plan, quantized, free).model()


class _Builder:
    def __init__(self, recipe: Recipe, plan: Plan, quantized: bool, free: bool) -> None:
        self.recipe, self.plan, self.quantized, self.free = recipe, plan, quantized, free
        self.precision, self.shapes = recipe.quantizers, plan.shapes()
        self.mixed, groups = plan.mixed(), plan.groups()
        self.signed_groups = {groups[s.name] for s in plan.steps if s.activation == "signed"}
        self.groups = groups
        self.logits = plan.logits
        self.alone = [groups[name] for name in plan.active].count(groups[self.logits]) == 1
        self.seed = recipe.seed * 1000

    def model(self) -> Any:
        """The model."""
        inputs = keras.Input(self.plan.shape, name=INPUT)
        tensors = {INPUT: self._signed(inputs, "pixels", Activation(8, 1))}
        for step in self.plan.steps:
            reads = [tensors[name] for name in step.reads]
            tensors[step.name] = getattr(self, step.kind)(step, *reads)
        name = self.recipe.name.replace("-", "_")
        return keras.Model(inputs, tensors[self.plan.steps[-1].name], name=name)

    def conv(self, step: Step, x: Any) -> Any:
        """A convolution."""
        x = qkeras.QConv2D(
            step.filters,
            step.kernel,
            strides=step.strides,
            padding=step.padding,
            dilation_rate=step.dilation,
            use_bias=not step.norm,
            kernel_quantizer=self._kernel(step),
            kernel_initializer=self._initializer(),
            name=f"{step.name}_kernel",
        )(x)
        return self._behind(step, x)

    def depthwise(self, step: Step, x: Any) -> Any:
        """A depthwise convolution; along an axis of one, its stride is the other axis'."""
        x = qkeras.QDepthwiseConv2D(
            step.kernel,
            strides=max(step.strides),
            padding=step.padding,
            dilation_rate=step.dilation,
            depth_multiplier=step.filters,
            use_bias=not step.norm,
            depthwise_quantizer=self._kernel(step),
            depthwise_initializer=self._initializer(),
            name=f"{step.name}_kernel",
        )(x)
        return self._behind(step, x)

    def dense(self, step: Step, x: Any) -> Any:
        """A dense layer."""
        x = qkeras.QDense(
            step.filters,
            use_bias=not step.norm,
            kernel_quantizer=self._kernel(step),
            kernel_initializer=self._initializer(),
            name=f"{step.name}_kernel",
        )(x)
        return self._behind(step, x)

    def scale(self, step: Step, x: Any) -> Any:
        """A factor a channel, and a normalization."""
        x, shape = self._as_image(step, x)
        x = qkeras.QDepthwiseConv2D(
            (1, 1),
            use_bias=False,
            depthwise_quantizer=self._kernel(step),
            depthwise_initializer="ones",
            name=f"{step.name}_kernel",
        )(x)
        x = self._active(step, self._norm(step, x), f"{step.name}_image" if shape else step.name)
        return keras.layers.Reshape(shape, name=step.name)(x) if shape else x

    def activation(self, step: Step, x: Any) -> Any:
        """An activation that stands alone."""
        x, shape = self._as_image(step, x)
        x = self._active(step, x, f"{step.name}_image" if shape else step.name)
        return keras.layers.Reshape(shape, name=step.name)(x) if shape else x

    def _as_image(self, step: Step, x: Any) -> tuple[Any, tuple[int, ...] | None]:
        """A tensor of fewer axes as (1, 1, C), and the shape that it had."""
        shape = tuple(x.shape[1:])
        if len(shape) == 3:
            return x, None
        image = (1, prod(shape[:-1]), shape[-1])
        return keras.layers.Reshape(image, name=f"{step.name}_before")(x), shape

    def add(self, step: Step, *x: Any) -> Any:
        """A sum of two."""
        return self._active(step, keras.layers.Add(name=f"{step.name}_sum")(list(x)), step.name)

    def average(self, step: Step, x: Any) -> Any:
        """A mean over windows; where their area is no power of two, by a weight of 5 bits."""
        area, name = prod(step.kernel), f"{step.name}_mean"
        options: dict[str, Any] = {"strides": step.strides, "padding": step.padding, "name": name}
        if area & (area - 1) == 0 or not self.quantized:
            x = keras.layers.AveragePooling2D(step.kernel, **options)(x)
        else:
            options["average_quantizer"] = quantizers.MeanWeight()
            x = qkeras.QAveragePooling2D(step.kernel, **options)(x)
        return self._active(step, x, step.name)

    def maximum(self, step: Step, x: Any) -> Any:
        """The largest of each window."""
        options = {"strides": step.strides, "padding": step.padding, "name": step.name}
        return keras.layers.MaxPooling2D(step.kernel, **options)(x)

    def reshape(self, step: Step, x: Any) -> Any:
        """Another shape."""
        if len(step.shape) == 1:
            return keras.layers.Flatten(name=step.name)(x)
        return keras.layers.Reshape(step.shape, name=step.name)(x)

    def pad(self, step: Step, x: Any) -> Any:
        """Zeros around the image."""
        top, bottom, left, right = step.border
        return keras.layers.ZeroPadding2D(((top, bottom), (left, right)), name=step.name)(x)

    def concatenate(self, step: Step, *x: Any) -> Any:
        """One behind the other, along the channels."""
        return keras.layers.Concatenate(name=step.name)(list(x))

    def _initializer(self) -> Any:
        self.seed += 1
        return keras.initializers.HeNormal(seed=self.seed)

    def _kernel(self, step: Step) -> Any:
        kind = self.precision.kernel_of(step.name)
        return quantizers.kernel_quantizer(kind) if self.quantized else None

    def _norm(self, step: Step, x: Any) -> Any:
        return layers.PowerOfTwoBatchNormalization(self.quantized, name=f"{step.name}_norm")(x)

    def _behind(self, step: Step, x: Any) -> Any:
        return self._active(step, self._norm(step, x) if step.norm else x, step.name)

    def _active(self, step: Step, x: Any, layer: str) -> Any:
        """The step's activation on its grid, as the layer ``layer``."""
        grid = self.precision.activation_of(step.name)
        integer = grid.integer
        if self.groups[step.name] in self.signed_groups and not (
            step.name == self.logits and self.alone
        ):
            integer = max(integer, 1)  # a sign bit is one of them
        if step.activation == "relu":
            less = 1 if step.name in self.mixed else 0
            return self._relu(x, layer, Activation(grid.bits - less, integer - less))
        if step.activation == "input":
            return self._signed(x, layer, Activation(8, 1))
        more = 1 if step.name == self.logits and self.alone else 0
        return self._signed(x, layer, Activation(grid.bits, integer + more))

    def _relu(self, x: Any, name: str, grid: Activation) -> Any:
        if self.quantized:
            return qkeras.QActivation(quantizers.ReluGrid(grid.bits, grid.integer), name=name)(x)
        most = None if self.free else 2.0**grid.integer
        return keras.layers.ReLU(max_value=most, name=name)(x)

    def _signed(self, x: Any, name: str, grid: Activation) -> Any:
        if self.quantized:
            quantizer = quantizers.SignedGrid(grid.bits, grid.integer - 1)
            return qkeras.QActivation(quantizer, name=name)(x)
        return keras.layers.Activation("linear", name=name)(x)
