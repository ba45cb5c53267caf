"""The STQ family: small networks with stochastic ternary kernels that obey the exactness rules.

A stem, stages of blocks (each two convolutions, residual if wanted), a pooling head and a dense
layer of logits. Layer names: ``stem``, ``stage1_block1_conv1``, ``..._conv2``, ``..._shortcut``,
``stage1_block1``, ``pool``, ``logits``; a separable block's depthwise halves end in ``_depthwise``.
Each has a ``_kernel`` layer (convolution), a ``_norm`` and, under the plain name, its activation.

Imports TensorFlow: import this module only where it is used.
"""

from __future__ import annotations

from typing import Any

from tinyrob import tf as _tf
from tinyrob.models import layers, quantizers
from tinyrob.models.layer_names import blocks, has_shortcut
from tinyrob.models.own import build as own
from tinyrob.models.own.families import Family
from tinyrob.models.own.plan import Plan
from tinyrob.models.recipe import Activation, Recipe, Topology

keras = _tf.keras()
qkeras = _tf.qkeras()


class _Builder:
    """Holds what every layer needs to know: precision, and whether it is in force."""

    def __init__(self, recipe: Recipe, quantized: bool, topology: Topology) -> None:
        self.precision = recipe.quantizers
        self.topology = topology
        self.quantized = quantized
        self.seed = recipe.seed * 1000
        self.axes = 2  # along which kernels reach: none for vectors, one for sequences

    def _initializer(self) -> Any:
        self.seed += 1
        return keras.initializers.HeNormal(seed=self.seed)

    def _kernel(self, name: str) -> Any:
        kind = self.precision.kernel_of(name)
        return quantizers.kernel_quantizer(kind) if self.quantized else None

    def _reach(self, kernel: int | tuple[int, int]) -> int | tuple[int, int]:
        """The kernel's height and width, 1 along axes that inputs do not have."""
        if self.axes == 2:
            return kernel
        height = kernel if isinstance(kernel, int) else kernel[0]
        return (height, 1) if self.axes == 1 else (1, 1)

    def relu(self, x: Any, name: str, grid: Activation) -> Any:
        """Unsigned values in [0, 2**integer)."""
        if self.quantized:
            quantizer = quantizers.ReluGrid(grid.bits, grid.integer)
            return qkeras.QActivation(quantizer, name=name)(x)
        return keras.layers.ReLU(max_value=2.0**grid.integer, name=name)(x)

    def signed(self, x: Any, name: str, grid: Activation) -> Any:
        """Signed values on the step of ``relu``'s grid: in [-2**(integer-1), 2**(integer-1))."""
        if self.quantized:
            quantizer = quantizers.SignedGrid(grid.bits, grid.integer - 1)
            return qkeras.QActivation(quantizer, name=name)(x)
        return keras.layers.Activation("linear", name=name)(x)

    def conv(
        self, x: Any, name: str, filters: int, kernel: int | tuple[int, int], stride: int
    ) -> Any:
        """A convolution without bias, and its normalization."""
        x = qkeras.QConv2D(
            filters,
            self._reach(kernel),
            strides=stride,
            padding="same",
            use_bias=False,
            kernel_quantizer=self._kernel(name),
            kernel_initializer=self._initializer(),
            name=f"{name}_kernel",
        )(x)
        return self._norm(x, name)

    def depthwise(self, x: Any, name: str, kernel: int, stride: int) -> Any:
        """A depthwise convolution without bias, and its normalization."""
        x = qkeras.QDepthwiseConv2D(
            self._reach(kernel),
            strides=stride,
            padding="same",
            use_bias=False,
            depthwise_quantizer=self._kernel(name),
            depthwise_initializer=self._initializer(),
            name=f"{name}_kernel",
        )(x)
        return self._norm(x, name)

    def _norm(self, x: Any, name: str) -> Any:
        return layers.PowerOfTwoBatchNormalization(self.quantized, name=f"{name}_norm")(x)

    def unit(self, x: Any, name: str, filters: int, stride: int) -> Any:
        """A 3x3 convolution with its normalization, or its depthwise-separable form."""
        if not self.topology.separable:
            return self.conv(x, name, filters, 3, stride)
        half = f"{name}_depthwise"
        x = self.relu(self.depthwise(x, half, 3, stride), half, self.precision.activation_of(half))
        return self.conv(x, name, filters, 1, 1)

    def block(self, x: Any, name: str, filters: int, stride: int) -> Any:
        """Two units; with a residual, the branch and the shortcut are on the sum's step."""
        inner, outer = f"{name}_conv1", self.precision.activation_of(name)
        y = self.unit(x, inner, filters, stride)
        y = self.relu(y, inner, self.precision.activation_of(inner))
        y = self.unit(y, f"{name}_conv2", filters, 1)
        if not self.topology.residual:
            return self.relu(y, name, outer)
        if has_shortcut(self.topology, x.shape[-1], filters, stride):
            x = self.conv(x, f"{name}_shortcut", filters, 1, stride)
            x = self.signed(x, f"{name}_shortcut", outer)
        y = self.signed(y, f"{name}_conv2", outer)
        return self.relu(keras.layers.Add(name=f"{name}_sum")([x, y]), name, outer)

    def mean(self, x: Any) -> Any:
        """The mean over the image; where its area is no power of two, with a weight of 8 bits."""
        window = (x.shape[1], x.shape[2])
        area = window[0] * window[1]
        if area & (area - 1) == 0 or not self.quantized:
            return keras.layers.AveragePooling2D(window, name="pool_mean")(x)
        weight = qkeras.quantized_bits(8, 0, 0, alpha=1)
        return qkeras.QAveragePooling2D(window, average_quantizer=weight, name="pool_mean")(x)

    def logits(self, x: Any, classes: int) -> Any:
        """The dense layer with a bias, on a signed grid."""
        grid = self.precision.activation_of("logits")
        x = qkeras.QDense(
            classes,
            kernel_quantizer=self._kernel("logits"),
            kernel_initializer=self._initializer(),
            name="logits_kernel",
        )(x)
        return self.signed(x, "logits", Activation(grid.bits, grid.integer + 1))


def build(recipe: Recipe, shape: tuple[int, ...], classes: int, quantized: bool = True) -> Any:
    """The Keras model of ``recipe``: inputs (N, *shape) in [-1, 1) to logits (N, classes).

    Inputs are pictures (H, W, C), sequences (T, C) or vectors (C,).
    With ``quantized=False`` nothing is rounded, and the weights are the same by name and shape.
    The initial weights follow from the recipe's seed.
    """
    if isinstance(recipe.topology, Family):
        return own.build(recipe, recipe.topology.plan(shape, classes), quantized)
    if isinstance(recipe.topology, Plan):
        return own.build(recipe, recipe.topology, quantized)
    make, topology = _Builder(recipe, quantized, recipe.topology), recipe.topology
    inputs = keras.Input(shape, name="input")
    x = make.signed(inputs, "pixels", Activation(8, 1))
    if len(shape) < 3:  # sequences (T, C) are pictures (T, 1, C), vectors (C,) of one pixel
        make.axes = len(shape) - 1
        length = shape[0] if len(shape) == 2 else 1
        x = keras.layers.Reshape((length, 1, shape[-1]), name="as_picture")(x)
    x = make.conv(x, "stem", topology.stem.filters, topology.stem.kernel, topology.stem.stride)
    x = make.relu(x, "stem", make.precision.activation_of("stem"))
    for name, _, filters, stride in blocks(topology):
        x = make.block(x, name, filters, stride)
    if topology.head == "average":
        x = make.mean(x)
        x = make.relu(x, "pool", make.precision.activation_of("pool"))
    x = keras.layers.Flatten(name="flat")(x)
    return keras.Model(inputs, make.logits(x, classes), name=recipe.name.replace("-", "_"))
