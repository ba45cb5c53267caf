"""Values of many: pools, sums, extremes, and what is made along one axis."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinyrob.attack.operators.site import (
    Site,
    Value,
    images,
    quantization,
    zero,
)
from tinyrob.ir import graph as ir


def l2_normalization(site: Site) -> Value:
    """L2_NORMALIZATION."""
    step = quantization(site.graph.tensors[site.op.inputs[0]]).scale
    squares = site.tf.reduce_sum(site.tf.square(site.x), axis=-1, keepdims=True)
    return site.x * site.tf.math.rsqrt(site.tf.maximum(squares, step * step))


def log_softmax(site: Site) -> Value:
    """LOG_SOFTMAX."""
    return site.tf.nn.log_softmax(site.x)


def softmax(site: Site) -> Value:
    """SOFTMAX."""
    assert isinstance(site.op.attributes, ir.Softmax)
    return site.tf.nn.softmax(site.x * site.op.attributes.beta)


def place(site: Site) -> Value:
    """A place, which has no gradient."""
    least = isinstance(site.op.attributes, ir.ArgMin)
    axis = _axis(site)
    found = site.tf.argmin(site.x, axis) if least else site.tf.argmax(site.x, axis)
    return site.tf.cast(found, "float32")


def cumsum(site: Site) -> Value:
    """CUMSUM."""
    options = site.op.attributes
    assert isinstance(options, ir.Cumsum)
    summed = site.tf.cumsum(site.x, _axis(site), options.exclusive, options.reverse)
    return summed + zero(site)


def max_pool(site: Site) -> Value:
    """MAX_POOL_2D."""
    return _pool(site, site.tf.nn.max_pool2d)


def average_pool(site: Site) -> Value:
    """AVERAGE_POOL_2D."""
    return _pool(site, site.tf.nn.avg_pool2d)


def _pool(site: Site, pool: Callable[..., Value]) -> Value:
    options = site.op.attributes
    assert isinstance(options, ir.AveragePool2D | ir.MaxPool2D)
    y = pool(images(site.tf, site.x), options.window, options.stride, options.padding)
    return site.tf.reshape(y, (-1, *site.out.shape))


def mean(site: Site) -> Value:
    """MEAN."""
    return _reduced(site, site.tf.reduce_mean)


def total(site: Site) -> Value:
    """SUM."""
    return _reduced(site, site.tf.reduce_sum)


def greatest(site: Site) -> Value:
    """REDUCE_MAX."""
    return _reduced(site, site.tf.reduce_max)


def least(site: Site) -> Value:
    """REDUCE_MIN and REDUCE_ALL."""
    return _reduced(site, site.tf.reduce_min)


def _reduced(site: Site, reduce: Callable[..., Value]) -> Value:
    options = site.op.attributes
    assert isinstance(options, ir.Mean | ir.Sum | ir.ReduceMax | ir.ReduceMin | ir.ReduceAll)
    stored = np.ravel(site.graph.constant(site.op.inputs[1]))
    axes = sorted({int(axis) % site.rank + 1 for axis in stored})
    return reduce(site.x, axis=axes, keepdims=options.keep_dims)


def _axis(site: Site) -> int:
    return int(np.ravel(site.graph.constant(site.op.inputs[1]))[0]) % site.rank + 1
