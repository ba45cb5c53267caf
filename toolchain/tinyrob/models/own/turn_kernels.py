"""Layers with weights, and the activations behind them, as steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tinyrob.models.own import carry
from tinyrob.models.own.plan import Step
from tinyrob.models.own.source import SourceLayer
from tinyrob.models.own.tensors import (
    WHAT,
    FloatArray,
    Refused,
    Tensors,
    Value,
    activation_of,
    channels_last,
    pair,
)


class Kernels(Tensors):
    """Convolutions, dense layers, normalizations, activations."""

    def conv(self, layer: SourceLayer) -> Value:
        """Conv1D and Conv2D."""
        if layer.options.get("groups", 1) != 1:
            raise Refused(
                f"a convolution of {layer.options['groups']} groups", "use DepthwiseConv2D, or one"
            )
        step = self._window(layer, "conv", layer.integer("filters"))
        return self._kernel(layer, step, "kernel")

    def depthwise(self, layer: SourceLayer) -> Value:
        """DepthwiseConv1D and DepthwiseConv2D."""
        step = self._window(layer, "depthwise", layer.integer("depth_multiplier", 1))
        return self._kernel(layer, step, "depthwise_kernel")

    def separable(self, layer: SourceLayer) -> Value:
        """SeparableConv1D and SeparableConv2D: a depthwise and a pointwise convolution."""
        self.note(layer, "becomes a depthwise and a 1 x 1 convolution, the first on a grid")
        half = replace(layer, options={**layer.options, "use_bias": False, "activation": "linear"})
        name = f"{layer.name}_depthwise"
        step = self._window(half, "depthwise", layer.integer("depth_multiplier", 1), name)
        value = self._kernel(half, step, "depthwise_kernel")
        self.close(value, "signed")
        point = Step(
            self.free_name(layer.name),
            "conv",
            (value.plan,),
            layer.integer("filters"),
            padding="valid",
        )
        return self._kernel(layer, point, "pointwise_kernel", value)

    def _window(self, layer: SourceLayer, kind: str, filters: int, name: str | None = None) -> Step:
        """A convolution's step; along a causal sequence the zeros are a step of their own."""
        value = self.image(self.settled(layer), layer.name)
        flat = layer.kind.endswith("1D")
        window = pair(layer, "kernel_size", flat)
        strides, dilation = pair(layer, "strides", flat, 1), pair(layer, "dilation_rate", flat, 1)
        padding, reads = layer.text("padding", "valid"), value.plan
        channels_last(layer)
        if padding == "causal":
            before = (window[0] - 1) * dilation[0]
            pad = Step(
                self.free_name(f"{layer.name}_past"), "pad", (reads,), border=(before, 0, 0, 0)
            )
            made = self.append(pad, value.shape)
            self.same_sign(value, made)
            padding, reads = "valid", made.plan
        if padding not in ("same", "valid"):
            raise layer.damaged("padding")
        shape = self.plan_shape(value)
        if kind == "depthwise" and strides[0] != strides[1] and 1 not in shape[:2]:
            raise Refused(f"strides {strides} of a depthwise convolution", "use one for both axes")
        return Step(
            self.free_name(name or layer.name), kind, (reads,), filters, window, strides, padding,
            dilation,
        )  # fmt: skip

    def _kernel(
        self, layer: SourceLayer, step: Step, word: str, value: Value | None = None
    ) -> Value:
        """A step with weights; its shape in Keras has as many axes as what it reads."""
        value = value or self.values[layer.inputs[0]]
        made = self.append(step, value.shape, is_open=True)
        made.shape = self.seen(made, value)
        kernel, bias = carry.kernel(layer, word)
        if kernel is not None:
            if kernel.ndim == 3:  # of a sequence
                kernel = kernel[:, None]
            expected = carry.shape(step, self.shapes[step.reads[0]])
            if kernel.shape != expected:
                raise Refused(
                    f"its kernel is {kernel.shape}, not {expected}", "save the model anew"
                )
            if value.scale is not None:
                self._fold(layer, step, value.scale, kernel, bias)
            else:
                self._put(step, kernel, bias)
        return self._activated(layer, made)

    def _put(self, step: Step, kernel: FloatArray, bias: FloatArray) -> None:
        self.weights[f"{step.name}_kernel/{carry.word(step.kind)}"] = kernel
        self.weights[f"{step.name}_kernel/bias"] = bias

    def _fold(
        self, layer: SourceLayer, step: Step, scale: Any, kernel: FloatArray, bias: FloatArray
    ) -> None:
        """A kernel on the user's inputs as one on tinyrob's."""
        factor, offset = scale
        if step.padding == "same" and step.kernel != (1, 1) and np.any(np.asarray(offset) != 0):
            self.note(layer, "its padding is the middle of the input's range now, not its zero")
        self._put(step, *carry.folded(step.kind, kernel, bias, factor, offset))

    def dense(self, layer: SourceLayer) -> Value:
        """Dense, which on more than one axis is a 1 x 1 convolution."""
        value, units = self.settled(layer), layer.integer("units")
        name = self.free_name(layer.name)
        if len(value.shape) == 1:
            flat = self.flat(value, f"{layer.name}_in")
            return self._kernel(layer, Step(name, "dense", (flat.plan,), units), "kernel", flat)
        image = self.image(value, layer.name)
        point = replace(layer, weights=carry.pointwise(layer.weights))
        return self._kernel(point, Step(name, "conv", (image.plan,), units), "kernel", image)

    def normalization(self, layer: SourceLayer) -> Value:
        """BatchNormalization: behind a kernel its own, elsewhere a step of its own."""
        source = layer.inputs[0]
        value = self.values[source]
        axis = layer.options.get("axis", -1)
        axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
        if axis not in (-1, len(value.shape)):
            raise Refused(f"normalizes axis {axis}", "normalize the last axis")
        step = self.steps[self.places[value.plan]] if value.open else None
        if (
            step is not None
            and step.kind in ("conv", "depthwise", "dense")
            and not step.norm
            and len(self.readers[source]) == 1
        ):
            self.change(step.name, norm=True)
            carry.normalization(self.weights, step, layer)
            return value
        value = self.settled(layer)
        name = self.free_name(layer.name)
        step = Step(name, "scale", (value.plan,))
        made = self.append(step, value.shape, is_open=True)
        channels = value.shape[-1]
        if layer.weights:
            self.weights[f"{name}_kernel/depthwise_kernel"] = np.ones((1, 1, channels, 1))
            self.weights[f"{name}_kernel/bias"] = np.zeros(channels)
            if value.scale is not None:
                factor, offset = value.scale
                self.weights[f"{name}_kernel/depthwise_kernel"] *= np.reshape(factor, (1, 1, -1, 1))
                self.weights[f"{name}_kernel/bias"] += np.asarray(offset)
            carry.normalization(self.weights, step, layer)
        self.note(layer, "stands alone: a depthwise 1 x 1 convolution of its own")
        return made

    def relu_layer(self, layer: SourceLayer) -> Value:
        """ReLU, LeakyReLU, PReLU."""
        if layer.options.get("threshold") not in (None, 0, 0.0):
            raise Refused("a ReLU with a threshold", "use a plain ReLU")
        most = layer.options.get("max_value")
        slope = layer.options.get("negative_slope", layer.options.get("alpha", 0))
        if layer.kind in ("LeakyReLU", "PReLU") or slope not in (None, 0, 0.0):
            self.note(layer, "loses its slope below 0: a ReLU now, which training makes up for")
        elif most is not None:
            most = layer.number("max_value", 0.0)
            self.note(layer, f"ends at its grid's largest value, not at {most:g}")
        return self._relu(layer)

    def activation(self, layer: SourceLayer) -> Value:
        """Activation."""
        return self._activated(layer, self.values[layer.inputs[0]])

    def softmax(self, layer: SourceLayer) -> Value:
        """Softmax, at the end."""
        return self._softmax(layer, self.values[layer.inputs[0]])

    def _softmax(self, layer: SourceLayer, value: Value) -> Value:
        if layer.name != self.output:
            raise Refused("a softmax inside the network", WHAT, always=True)
        self.note(layer, "its softmax is left out: the network ends with its logits")
        return value

    def _activated(self, layer: SourceLayer, value: Value) -> Value:
        """``value`` behind the activation that a layer names."""
        name = activation_of(layer)
        if name == "linear":
            return value
        if name == "softmax":
            return self._softmax(layer, value)
        if name in ("relu", "relu6", "leaky_relu"):
            if name == "relu6":
                self.note(layer, "its ReLU6 ends at its grid's largest value, not at 6")
            if name == "leaky_relu":
                self.note(layer, "loses its slope below 0: a ReLU now, which training makes up for")
            return self._relu(layer, value)
        if name == "sigmoid" and layer.name == self.output and value.shape == (1,):
            return self._two_classes(layer, value)
        raise Refused(
            f"the activation {name}",
            "train with relu, or quantize the model as it is (`tinyrob quantize`)",
            always=True,
        )

    def _two_classes(self, layer: SourceLayer, value: Value) -> Value:
        """One sigmoid unit z as the two logits (0, z), whose softmax it is."""
        step = self.steps[self.places[value.plan]]
        if not value.open or step.kind != "dense" or step.norm:
            raise Refused("a sigmoid", "end with a Dense layer of two units and a softmax")
        self.change(step.name, filters=2)
        self.shapes[step.name] = (2,)
        for key in (f"{step.name}_kernel/kernel", f"{step.name}_kernel/bias"):
            if key in self.weights:
                one = self.weights[key]
                self.weights[key] = np.concatenate([np.zeros_like(one), one], axis=-1)
        self.note(layer, "one sigmoid unit becomes the logits of two classes, 0 and its own")
        return replace(value, shape=(2,))

    def _relu(self, layer: SourceLayer, value: Value | None = None) -> Value:
        inside = value is not None  # the activation of the layer that makes the value
        value = value or self.values[layer.inputs[0]]
        if value.plan in self.relu and not value.open:
            return value
        if value.open and (inside or len(self.readers[layer.inputs[0]]) == 1):
            made = replace(value)
            self.close(made, "relu")
            value.open = False
            return made
        self.close(value, "signed")
        step = Step(self.free_name(layer.name), "activation", (value.plan,), activation="relu")
        if value.scale is not None:
            raise Refused("a ReLU of the input", "put a layer with weights before it")
        self.relu.add(step.name)
        return self.append(step, value.shape)
