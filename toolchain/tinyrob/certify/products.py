"""The linear part of a layer, for whatever is linear in its input: values, slopes, radii."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir.geometry import framed, tap, ungrouped, windows
from tinyrob.ir.graph import Conv2D, DepthwiseConv2D, FullyConnected
from tinyrob.ir.interp.common import Call

Floats = NDArray[np.float64]
LINEAR = (Conv2D, DepthwiseConv2D, FullyConnected)


def kernel_of(call: Call) -> NDArray[Any]:
    """A layer's weights, as float64: integers, and exact."""
    kernel = call.constant(1)
    assert kernel is not None
    if isinstance(call.op.attributes, Conv2D):
        kernel = ungrouped(kernel, call.tensor(0).shape[3])
    return kernel.astype(np.float64)


def bias_of(call: Call) -> Floats | float:
    """A layer's bias, one a channel; 0.0 where it has none."""
    bias = call.constant(2)
    return 0.0 if bias is None else bias.astype(np.float64)


def product(call: Call, kernel: Floats, x: Floats) -> Floats:
    """Sums (N, *output shape) of ``kernel`` over x (N, *input shape), whose zero is 0.

    Sums of integers are exact below 2**53. ``kernel`` may be any of the layer's own shape.
    """
    attributes = call.op.attributes
    shape = call.output.shape
    if isinstance(attributes, FullyConnected):
        rows = x.reshape(-1, kernel.shape[1])
        return (rows @ kernel.T).reshape(len(x), *shape)
    assert isinstance(attributes, Conv2D | DepthwiseConv2D)
    x = x.reshape(-1, *x.shape[2:])
    depthwise = isinstance(attributes, DepthwiseConv2D)
    place = windows(attributes, kernel.shape[1:3], x.shape[1:3])
    padded = framed(x, place)
    channels = kernel.shape[3] if depthwise else kernel.shape[0]
    sums = np.zeros((len(x), *place.outputs, channels))
    for row in range(place.window[0]):
        for column in range(place.window[1]):
            met = tap(padded, place, row, column)
            if isinstance(attributes, DepthwiseConv2D):
                sums += np.repeat(met, attributes.multiplier, axis=3) * kernel[0, row, column]
            else:
                sums += met @ kernel[:, row, column].T
    return sums.reshape(-1, *shape)
