"""Batch normalization whose inference gain is a power of two, so that it freezes exactly.

Imports TensorFlow: import this module only where it is used.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob import tf as _tf
from tinyrob.models import quantizers

tf = _tf.tensorflow()
keras = _tf.keras()
_Layer: Any = keras.layers.Layer

# |gamma| is kept in this range: the gain then never falls so low that a bias needs more bits than
# the 24 that float32 has.
GAMMA_RANGE = (2.0**-6, 2.0**6)
EPSILON = 1e-4  # added to the variance


class PowerOfTwoBatchNormalization(_Layer):  # type: ignore[misc]
    """Batch normalization over the last axis, with a gain of ``2**k`` per channel at inference.

    Inference: ``y = (x - mean) * g + beta`` with ``g = 2**round(log2(|gamma| / sigma))``, where
    ``mean`` and ``sigma`` are moving averages. Training: the same, but with the batch's mean, and
    with ``g * sigma / sigma_batch`` in place of ``g``, so that the batch is normalized while the
    rounding of the gain is felt. The rounding's gradient goes straight through to ``gamma``.

    With ``power_of_two=False`` the gain is not rounded (float warm-up): the weights are the same,
    by name and shape, so that they carry over.
    """

    def __init__(
        self,
        power_of_two: bool = True,
        momentum: float = 0.98,
        epsilon: float = EPSILON,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.power_of_two = power_of_two
        self.momentum = momentum
        self.epsilon = epsilon
        self.updates_moving = True
        self.rate: Any = None  # set while calibrating: the weight of the batch in the averages
        self.share: Any = None  # set while quantization is eased in: of the gains that are rounded

    def build(self, input_shape: Any) -> None:
        """Makes gamma, beta, moving_mean and moving_variance, each (C,)."""
        shape = (int(input_shape[-1]),)
        self.gamma = self.add_weight(name="gamma", shape=shape, initializer="ones")
        self.beta = self.add_weight(name="beta", shape=shape, initializer="zeros")
        self.moving_mean = self.add_weight(
            name="moving_mean", shape=shape, initializer="zeros", trainable=False
        )
        self.moving_variance = self.add_weight(
            name="moving_variance", shape=shape, initializer="ones", trainable=False
        )
        super().build(input_shape)

    def _gain(self) -> Any:
        """The inference gain (C,): a power of two unless in float warm-up."""
        sigma = tf.sqrt(self.moving_variance + self.epsilon)
        size = tf.abs(self.gamma)
        # The gradient ignores the clip, or a channel that touched it could never come back.
        exact = (size + tf.stop_gradient(tf.clip_by_value(size, *GAMMA_RANGE) - size)) / sigma
        if not self.power_of_two:
            return exact
        rounded = tf.pow(2.0, tf.round(tf.math.log(exact) / np.log(2.0)))
        rounded = quantizers.partly(rounded, exact, self.share)
        return exact * tf.stop_gradient(rounded / exact)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """``inputs`` (N, ..., C) normalized; same shape."""
        if not training:
            return (inputs - self.moving_mean) * self._gain() + self.beta
        gamma = self._gain() * tf.sqrt(self.moving_variance + self.epsilon)
        shape = tf.shape(inputs)
        flat = (
            tf.reshape(inputs, (-1, 1, 1, inputs.shape[-1])) if len(inputs.shape) != 4 else inputs
        )
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            flat, gamma, self.beta, epsilon=self.epsilon, is_training=True
        )
        if self.updates_moving:
            rate = 1.0 - self.momentum if self.rate is None else self.rate
            for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
                moving.assign_sub(rate * (moving - tf.stop_gradient(batch)))
        return tf.reshape(outputs, shape)

    def gain(self) -> NDArray[np.float64]:
        """The inference gain per channel (C,), exact powers of two: ``y = x * gain + offset``."""
        sigma = np.sqrt(self.moving_variance.numpy().astype(np.float64) + self.epsilon)
        exact = np.clip(np.abs(self.gamma.numpy().astype(np.float64)), *GAMMA_RANGE) / sigma
        return np.asarray(np.exp2(np.round(np.log2(exact))) if self.power_of_two else exact)

    def offset(self) -> NDArray[np.float64]:
        """The inference offset per channel (C,): ``beta - mean * gain``."""
        mean = self.moving_mean.numpy().astype(np.float64)
        return np.asarray(self.beta.numpy().astype(np.float64) - mean * self.gain())

    def get_config(self) -> dict[str, Any]:
        """Keras' serialization."""
        own = {
            "power_of_two": self.power_of_two,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
        }
        return {**super().get_config(), **own}
