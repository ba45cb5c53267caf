"""One value for each, of one operand or of several."""

from __future__ import annotations

from tinyrob.attack.operators.site import (
    Site,
    Value,
    quantization,
    together,
    zero,
)
from tinyrob.ir import graph as ir
from tinyrob.ir.comparisons import COMPARISONS


def identity(site: Site) -> Value:
    """What changes no value, or is only a rounding or a clamp."""
    return site.x


def add(site: Site) -> Value:
    """ADD."""
    a, b = site.raised()
    return a + b


def sub(site: Site) -> Value:
    """SUB."""
    a, b = site.raised()
    return a - b


def mul(site: Site) -> Value:
    """MUL."""
    a, b = site.raised()
    return a * b


def squared_difference(site: Site) -> Value:
    """SQUARED_DIFFERENCE."""
    a, b = site.raised()
    return site.tf.square(a - b)


def div(site: Site) -> Value:
    """DIV."""
    # Within half a step of 0, TFLite's quotient is what its fixed point makes of it.
    tf = site.tf
    a, b = site.raised()
    step = quantization(site.graph.tensors[site.op.inputs[1]]).scale
    return a / tf.where(tf.abs(b) < step / 2, tf.where(b < 0, -step, step), b)


def add_n(site: Site) -> Value:
    """ADD_N."""
    return site.tf.add_n(together(site)) + zero(site)


def compared(site: Site) -> Value:
    """1 and 0, which have no gradient."""
    a, b = site.raised()
    return site.tf.cast(COMPARISONS[type(site.op.attributes)](a, b), "float32")


def select(site: Site) -> Value:
    """SELECT_V2."""
    condition, a, b = site.raised()
    return site.tf.where(condition > 0.5, a, b)


def function(site: Site) -> Value:
    """A float32 function between integers."""
    tf = site.tf
    functions = {
        ir.Neg: tf.negative, ir.Square: tf.square, ir.Sin: tf.sin, ir.Cos: tf.cos,
        ir.Floor: tf.floor, ir.Ceil: tf.math.ceil, ir.Round: tf.round,
    }  # fmt: skip
    return functions[type(site.op.attributes)](site.x)


def prelu(site: Site) -> Value:
    """PRELU."""
    x, slope = site.raised()
    return site.tf.where(x >= 0, x, x * slope)


def leaky_relu(site: Site) -> Value:
    """LEAKY_RELU."""
    assert isinstance(site.op.attributes, ir.LeakyRelu)
    return site.tf.where(site.x >= 0, site.x, site.x * site.op.attributes.alpha)


def logistic(site: Site) -> Value:
    """LOGISTIC."""
    return site.tf.sigmoid(site.x)


def tanh(site: Site) -> Value:
    """TANH."""
    return site.tf.tanh(site.x)


def hard_swish(site: Site) -> Value:
    """HARD_SWISH."""
    return site.x * site.tf.clip_by_value(site.x + 3.0, 0.0, 6.0) / 6.0


def elu(site: Site) -> Value:
    """ELU."""
    return site.tf.nn.elu(site.x)


def absolute(site: Site) -> Value:
    """ABS."""
    return site.tf.abs(site.x)


def rsqrt(site: Site) -> Value:
    """RSQRT."""
    # TFLite's largest value stands for 1 / sqrt(0): half a step keeps the gradient finite.
    tf, grid = site.tf, quantization(site.out)
    step = quantization(site.graph.tensors[site.op.inputs[0]]).scale
    near = tf.math.rsqrt(tf.maximum(site.x, step / 2))
    largest = (127 - grid.zero_point) * grid.scale
    return tf.where(site.x > 0, near, near + tf.stop_gradient(largest - near))


def negated(site: Site) -> Value:
    """LOGICAL_NOT."""
    return 1.0 - site.x


def minimum(site: Site) -> Value:
    """MINIMUM."""
    return site.tf.minimum(*site.raised())


def maximum(site: Site) -> Value:
    """MAXIMUM."""
    return site.tf.maximum(*site.raised())
