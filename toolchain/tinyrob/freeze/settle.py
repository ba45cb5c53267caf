"""Puts a value on the grid of the activation quantizer behind it: this is where nodes are made."""

from __future__ import annotations

import numpy as np

from tinyrob.errors import FreezeError
from tinyrob.freeze.kernels import tie_free
from tinyrob.freeze.values import Accumulator, Builder, RawInput, Settled, Sum, Value
from tinyrob.frozen.model import (
    Add,
    Clamp,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Grid,
    Input,
    Node,
    Reshape,
)


def settle(build: Builder, value: Value, grid: Grid, name: str) -> Settled:
    """``value`` on ``grid``, as the output of a new node ``name``. Raises FreezeError."""
    if isinstance(value, RawInput):
        return _input(build, value, grid, name)
    if isinstance(value, Accumulator):
        return _accumulator(build, value, grid, name)
    if isinstance(value, Sum):
        return _sum(build, value, grid, name)
    return _again(build, value, grid, name)


def unit(layer: str, source: Settled, weight: float | np.ndarray = 1.0) -> Accumulator:
    """``source`` (H,W,C) times ``weight`` (one, or (C,)): a 1 x 1 depthwise convolution."""
    channels = source.shape[-1]
    kernel = np.broadcast_to(np.asarray(weight, np.float64), (channels,)).reshape(1, 1, channels, 1)
    options = {"strides": (1, 1), "padding": "valid", "dilation": (1, 1)}
    return Accumulator(
        layer, "depthwise", source, kernel, np.zeros(channels), source.shape, options
    )


def _input(build: Builder, value: RawInput, grid: Grid, name: str) -> Settled:
    if grid.hi - grid.lo != 255:
        raise FreezeError(
            f"layer {name!r}: the input has {grid.hi - grid.lo + 1} values, int8 has 256",
            "use an 8-bit quantizer on the input: quantized_bits(8, integer, 0, alpha=1)",
        )
    return build.add(Input(name, (), grid, value.shape), value.shape)


def _accumulator(build: Builder, value: Accumulator, grid: Grid, name: str) -> Settled:
    numbers = tie_free(value, grid)
    own = name if value.reshape is None else f"{name}_pooled"
    fields = (own, (value.source.name,), grid, numbers.kernel, numbers.log2_kernel, numbers.bias)
    node: Node
    if value.kind == "conv":
        node = Conv2D(*fields, **value.options)
    elif value.kind == "depthwise":
        node = DepthwiseConv2D(*fields, **value.options)
    else:
        node = Dense(*fields)
    result = build.add(node, value.shape)
    if value.reshape is None:
        return result
    return build.add(Reshape(name, (own,), grid, value.reshape), value.reshape)


def _sum(build: Builder, value: Sum, grid: Grid, name: str) -> Settled:
    for operand in value.operands:
        if operand.grid.log2_step != grid.log2_step:
            raise FreezeError(
                f"layer {value.layer!r}: operand {operand.name!r} has step "
                f"2**{operand.grid.log2_step}, the sum's activation {name!r} has "
                f"2**{grid.log2_step}",
                "give both operands and the sum's activation one step: the same bits - integer "
                "(count a sign bit as one)",
            )
    left, right = value.operands
    return build.add(Add(name, (left.name, right.name), grid), left.shape)


def _again(build: Builder, value: Settled, grid: Grid, name: str) -> Settled:
    """An activation behind a settled tensor: nothing, a clamp, or another step."""
    old = value.grid
    if grid.log2_step == old.log2_step:
        narrow = Grid(old.log2_step, max(old.lo, grid.lo), min(old.hi, grid.hi))
        if narrow == old:
            return value
        if narrow.zero_point == old.zero_point:
            return build.add(Clamp(name, (value.name,), narrow), value.shape)
    if len(value.shape) != 3:
        raise FreezeError(
            f"layer {name!r} changes the step or zero point of {value.name!r} behind a flattening",
            "put the QActivation before Flatten or Reshape",
        )
    return _accumulator(build, unit(name, value), grid, name)
