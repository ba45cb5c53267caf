"""Random QKeras networks that obey the exactness rules, built from hypothesis draws."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tinyrob.tf import keras as load_keras
from tinyrob.tf import qkeras as load_qkeras

KERNELS = ("ternary", "stochastic_ternary", "binary", "one_bit", "auto_po2", "fixed")


class Network:
    """A Keras graph under construction; ``draw`` makes every choice."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.keras, self.qkeras = load_keras(), load_qkeras()
        self.layers = self.keras.layers
        self.rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        self.count = 0
        self.log2_step = -7

    def name(self, kind: str) -> str:
        """A name that no other layer has."""
        self.count += 1
        return f"{kind}_{self.count}"

    def pick(self, *options: Any) -> Any:
        """One of ``options``."""
        return self.draw(st.sampled_from(options))

    def kernel(self) -> Any:
        """A kernel quantizer of 1 to 6 bits."""
        q, kind = self.qkeras, self.pick(*KERNELS)
        if kind == "binary":
            return self.pick(q.binary, q.stochastic_binary)(alpha=self.pick(1.0, "auto_po2"))
        if kind == "one_bit":
            return q.quantized_bits(1, 0, alpha=1)
        if kind == "ternary":
            return q.ternary(alpha=self.pick(1.0, 0.5, "auto_po2"))
        if kind == "stochastic_ternary":
            return q.stochastic_ternary(alpha="auto_po2")
        bits = self.draw(st.integers(2, 6))
        if kind == "auto_po2":
            return q.quantized_bits(bits, 0, 1, alpha="auto_po2")
        return q.quantized_bits(bits, 0, 1 if bits == 6 else self.pick(0, 1), alpha=1)

    def grid(self, log2_step: int | None = None) -> Any:
        """An activation quantizer of 2 to 8 bits, on the given step or on a drawn one."""
        signed = self.draw(st.booleans())
        if log2_step is None:
            bits = self.draw(st.integers(2, 8))
            log2_step = self.draw(st.integers(-6, -1))
        else:
            bits = self.draw(st.integers(max(2, signed - log2_step), 8))
        integer = log2_step + bits - signed
        if integer < 0:
            bits, integer = bits - integer, 0
        self.log2_step = log2_step
        if signed:
            return self.qkeras.quantized_bits(bits, integer, 0, alpha=1)
        return self.qkeras.quantized_relu(bits, integer)

    def activated(self, x: Any, log2_step: int | None = None) -> Any:
        """``x`` behind a QActivation."""
        return self.qkeras.QActivation(self.grid(log2_step), name=self.name("act"))(x)

    def window(self, x: Any, *, padding: str) -> tuple[int, int]:
        """A window that fits into ``x``."""
        limits = [min(4, size) if padding == "valid" else 4 for size in x.shape[1:3]]
        return tuple(self.draw(st.integers(1, limit)) for limit in limits)

    def convolution(self, x: Any, strides: Any = None, filters: int | None = None) -> Any:
        """A convolution of any kind, with or without normalization; no activation yet."""
        q, padding = self.qkeras, "same" if strides == 1 else self.pick("same", "valid")
        options: dict[str, Any] = {
            "padding": padding,
            "kernel_size": self.window(x, padding=padding),
        }
        options["name"] = self.name("conv")
        bias = q.quantized_bits(8, 1, 0, alpha=1)
        options |= {"bias_quantizer": self.pick(None, bias), "use_bias": self.draw(st.booleans())}
        depthwise = filters is None and self.draw(st.booleans())
        if strides is None:
            strides = self.draw(st.integers(1, 3))
            if not depthwise and self.draw(st.booleans()):
                strides = (strides, self.draw(st.integers(1, 3)))
        options["strides"] = strides
        if strides == 1 and padding == "same":
            options["dilation_rate"] = self.draw(st.integers(1, 2))
        folded = self.draw(st.booleans())
        if depthwise:
            options["depth_multiplier"] = self.draw(st.integers(1, 2))
            layer = q.QDepthwiseConv2DBatchnorm if folded else q.QDepthwiseConv2D
            x = layer(depthwise_quantizer=self.kernel(), **options)(x)
        else:
            layer = q.QConv2DBatchnorm if folded else q.QConv2D
            filters = filters or self.draw(st.integers(1, 5))
            x = layer(filters=filters, kernel_quantizer=self.kernel(), **options)(x)
        if not folded and self.draw(st.booleans()):
            x = self.normalized(x)
        return x

    def normalized(self, x: Any) -> Any:
        """A batch normalization with power-of-two gains."""
        from tinyrob.models.layers import PowerOfTwoBatchNormalization

        if self.draw(st.booleans()):
            return PowerOfTwoBatchNormalization(name=self.name("norm"))(x)
        relu = self.qkeras.quantized_relu_po2
        return self.qkeras.QBatchNormalization(
            epsilon=0.0,
            gamma_quantizer=relu(6, 4),
            variance_quantizer=relu(6, 4, quadratic_approximation=True),
            name=self.name("norm"),
        )(x)

    def block(self, x: Any) -> Any:
        """One more piece of network; its output is on a grid."""
        kind = self.pick(
            "conv", "conv", "residual", "average", "max", "pad", "concat", "clamp", "requantize"
        )
        return getattr(self, f"_{kind}")(x)

    def _conv(self, x: Any) -> Any:
        return self.activated(self.convolution(x))

    def _residual(self, x: Any) -> Any:
        step = self.log2_step
        branch = self.activated(self.convolution(x, strides=1, filters=x.shape[-1]), step)
        return self.activated(self.layers.Add(name=self.name("sum"))([x, branch]), step)

    def _average(self, x: Any) -> Any:
        window = [self.pick(*(n for n in (1, 2, 4) if n <= size)) for size in x.shape[1:3]]
        name = self.name("mean")
        if self.draw(st.booleans()):
            quantizer = self.qkeras.quantized_bits(6, 0, 0, alpha=1)
            window = list(self.window(x, padding="valid"))
            x = self.qkeras.QAveragePooling2D(window, average_quantizer=quantizer, name=name)(x)
        else:
            tiles = all(size % n == 0 for size, n in zip(x.shape[1:3], window, strict=True))
            padding = self.pick("same", "valid") if tiles else "valid"
            strides = window if padding == "same" else self.pick(window, (1, 1), (1, 2))
            x = self.layers.AveragePooling2D(window, strides, padding, name=name)(x)
        return self.activated(x)

    def _max(self, x: Any) -> Any:
        padding = self.pick("same", "valid")
        strides = (self.draw(st.integers(1, 2)), self.draw(st.integers(1, 2)))
        window = self.window(x, padding=padding)
        return self.layers.MaxPooling2D(window, strides, padding, name=self.name("max"))(x)

    def _pad(self, x: Any) -> Any:
        padding = [[self.draw(st.integers(0, 2)) for _ in range(2)] for _ in range(2)]
        return self.layers.ZeroPadding2D(padding, name=self.name("pad"))(x)

    def _concat(self, x: Any) -> Any:
        relu, step = self.qkeras.quantized_relu, self.log2_step
        wide = relu(8, 8 + step)
        parts = [
            self.qkeras.QActivation(wide, name=self.name("act"))(self.convolution(x, strides=1))
            for _ in range(2)
        ]
        return self.layers.Concatenate(name=self.name("concat"))(parts)

    def _clamp(self, x: Any) -> Any:
        return self.activated(x, self.log2_step)

    def _requantize(self, x: Any) -> Any:
        return self.activated(x)

    def head(self, x: Any) -> Any:
        """From (H,W,C) to logits."""
        kind = self.pick("flatten", "average", "max", "reshape", "convolution")
        area = x.shape[1] * x.shape[2]
        if kind == "average" and area & (area - 1) == 0:
            x = self.layers.GlobalAveragePooling2D(name=self.name("mean"))(x)
            x = self.activated(x)
        elif kind == "max":
            x = self.layers.GlobalMaxPooling2D(name=self.name("max"))(x)
        elif kind == "reshape":
            x = self.layers.Reshape((area * x.shape[-1],), name=self.name("reshape"))(x)
        elif kind == "convolution":
            return self.activated(self.convolution(x))
        else:
            x = self.layers.Flatten(name=self.name("flatten"))(x)
        units = self.draw(st.integers(1, 6))
        x = self.qkeras.QDense(
            units,
            kernel_quantizer=self.kernel(),
            bias_quantizer=self.qkeras.quantized_bits(8, 2, 0, alpha=1),
            name=self.name("dense"),
        )(x)
        return self.activated(x)

    def randomize(self, model: Any) -> None:
        """Weights as training may leave them: some channels dead, biases and statistics moved."""
        for layer in model.layers:
            for weight in layer.weights:
                name, shape = weight.name, tuple(weight.shape)
                if "iteration" in name:
                    continue
                value = self.rng.normal(0, self.rng.choice([0.1, 0.5, 2.0]), shape)
                if "variance" in name or "gamma" in name:
                    value = np.exp2(self.rng.uniform(-2, 2, shape))
                elif len(shape) > 1 and self.rng.random() < 0.3:
                    value[..., self.rng.integers(shape[-1])] = 0
                weight.assign(value.astype(np.float32))


def network(draw: Any) -> tuple[Any, Any]:
    """A model, and int8 inputs (N, *shape) with the extremes among them."""
    load_keras().backend.clear_session()
    net = Network(draw)
    shape = (draw(st.integers(3, 9)), draw(st.integers(3, 9)), draw(st.integers(1, 4)))
    inputs = net.keras.Input(shape, name="image")
    quantizer = net.qkeras.quantized_bits(8, draw(st.integers(0, 1)), 0, alpha=1)
    net.log2_step = quantizer.integer - 7
    x = net.qkeras.QActivation(quantizer, name="pixels")(inputs)
    for _ in range(draw(st.integers(1, 4))):
        x = net.block(x)
    model = net.keras.Model(inputs, net.head(x))
    net.randomize(model)
    samples = net.rng.integers(-128, 128, (12, *shape)).astype(np.int8)
    samples[0], samples[1] = -128, 127
    return model, samples
