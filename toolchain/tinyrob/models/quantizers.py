"""QKeras quantizers for training: the same grids, but one pass, a clipped gradient, own noise.

Each is a subclass of the QKeras quantizer that it equals at inference, so whatever knows QKeras
knows these. Imports TensorFlow: import this module only where it is used.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tinyrob import tf as _tf
from tinyrob.tf.straight_through import on_grid

tf = _tf.tensorflow()
qkeras = _tf.qkeras()
_QuantizedRelu: Any = qkeras.quantized_relu
_QuantizedBits: Any = qkeras.quantized_bits
_StochasticTernary: Any = qkeras.stochastic_ternary


def partly(quantized: Any, exact: Any, share: Any) -> Any:
    """``quantized``, or ``exact`` where a share says so (``eased``).

    ``share`` is None (all is quantized) or a pair: how many, from 0 to 1, and the number of the
    stream that their order is drawn from. What was quantized stays so when the share grows.
    """
    if share is None:
        return quantized
    order = tf.random.stateless_uniform(exact.shape, tf.constant([share[1], 0]))
    return tf.where(order < share[0], quantized, exact)


class _Eased:
    """A kernel quantizer that can leave a share of the weights as they are."""

    share: Any = None

    def __call__(self, x: Any) -> Any:
        """The quantized kernel, in part where ``share`` is set."""
        return partly(super().__call__(x), x, self.share)  # type: ignore[misc]


class EasedTernary(_Eased, qkeras.ternary):  # type: ignore[misc, name-defined]
    """``ternary(alpha='auto_po2')``."""


class EasedBits(_Eased, qkeras.quantized_bits):  # type: ignore[misc, name-defined]
    """``quantized_bits(bits, 0, 1, alpha='auto_po2')``."""


class ReluGrid(_QuantizedRelu):  # type: ignore[misc]
    """``quantized_relu(bits, integer)``: ``0 .. 2**bits - 1`` steps of ``2**(integer - bits)``."""

    def __call__(self, x: Any) -> Any:
        """The nearest value of the grid."""
        return on_grid(tf, x, 2.0 ** (self.integer - self.bits), 0, 2**self.bits - 1)


class SignedGrid(_QuantizedBits):  # type: ignore[misc]
    """``quantized_bits(bits, integer, 0, alpha=1)``: step ``2**(integer + 1 - bits)``."""

    def __init__(self, bits: int, integer: int, **options: Any) -> None:
        super().__init__(bits, integer, 0, alpha=1, **_without(options))

    def __call__(self, x: Any) -> Any:
        """The nearest value of the grid."""
        half = 2 ** (self.bits - 1)
        return on_grid(tf, x, 2.0 ** (self.integer + 1 - self.bits), -half, half - 1)


class _Seeded(_StochasticTernary):  # type: ignore[misc]
    """``stochastic_ternary(alpha='auto_po2')`` whose randomness is a function of ``seed``.

    QKeras draws from a stateful generator, so that a resumed training could not repeat the draws
    of an uninterrupted one, and it asks a learning phase that Keras 2 no longer sets. Here ``seed``
    (a tensor of two integers, set by ``noise``) decides: None means the deterministic inference
    form, which is ``ternary``'s.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"alpha": "auto_po2", **options})
        self.seed: Any = None

    def __call__(self, x: Any) -> Any:
        """A draw of -scale, 0 or +scale for each weight; the gradient goes straight through."""
        nearest = qkeras.ternary.__call__(self, x)
        if self.seed is None:
            return nearest
        scale = tf.stop_gradient(self.scale)
        # As in QKeras: the sum of two noisy comparisons with -T and +T, in standard deviations.
        spread = tf.math.reduce_std(x, axis=list(range(len(x.shape) - 1)), keepdims=True) + 1e-7
        slope = self.temperature / spread
        draw = tf.random.stateless_uniform((2, *x.shape), self.seed)
        above = tf.cast(tf.sigmoid(slope * (x - scale / 2)) >= draw[0], x.dtype)
        below = tf.cast(tf.sigmoid(slope * (x + scale / 2)) < draw[1], x.dtype)
        return x + tf.stop_gradient(scale * (above - below) - x)


class SeededTernary(_Eased, _Seeded):
    __doc__ = _Seeded.__doc__


def _without(options: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in options.items() if k not in ("symmetric", "alpha")}


@contextmanager
def noise(model: Any, seed: Any) -> Iterator[None]:
    """Within it, ``model``'s stochastic kernels are drawn; the draws follow from ``seed`` alone.

    ``seed`` is a tensor of two integers; every layer gets its own stream. Outside, the kernels are
    in their deterministic form.
    """
    stochastic = [
        q for layer in model.layers for q in getattr(layer, "quantizers", ()) if _is_seeded(q)
    ]
    try:
        for index, quantizer in enumerate(stochastic):
            quantizer.seed = tf.random.experimental.stateless_fold_in(seed, index)
        yield
    finally:
        for quantizer in stochastic:
            quantizer.seed = None


@contextmanager
def eased(model: Any, share: Any) -> Iterator[None]:
    """Within it, only a ``share`` (0..1) of ``model``'s weights and gains is quantized."""
    parts = [
        part
        for layer in model.layers
        for part in (layer, *getattr(layer, "quantizers", ()))
        if hasattr(part, "share")
    ]
    try:
        for index, part in enumerate(parts):
            part.share = (share, index)
        yield
    finally:
        for part in parts:
            part.share = None


def _is_seeded(quantizer: Any) -> bool:
    return isinstance(quantizer, SeededTernary)


def kernel_quantizer(kind: str | int) -> Any:
    """The quantizer of a kernel: ``"stochastic_ternary"``, ``"ternary"`` or 2 to 8 bits.

    Every kind has one power-of-two scale per output channel.
    """
    if kind == "stochastic_ternary":
        return SeededTernary()
    if kind == "ternary":
        return EasedTernary(alpha="auto_po2")
    return EasedBits(int(kind), 0, 1, alpha="auto_po2")


class MeanWeight(_QuantizedBits):  # type: ignore[misc]
    """The weight of an average, 1 / area, with so many significant bits on a power-of-two step."""

    def __init__(self, bits: int = 5) -> None:
        super().__init__(bits, 0, 0, alpha=1)

    def __call__(self, x: Any) -> Any:
        """The nearest number of that many bits; ``x`` is a positive Python number."""
        step = 2.0 ** (math.floor(math.log2(float(x))) + 1 - self.bits)
        return tf.constant(round(float(x) / step) * step, tf.float32)
