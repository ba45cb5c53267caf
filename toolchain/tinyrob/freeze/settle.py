"""Puts a value on the grid of the activation quantizer behind it: this is where nodes are made."""

from __future__ import annotations

import math

import numpy as np

from tinyrob.errors import FreezeError
from tinyrob.freeze.kernels import tie_free
from tinyrob.freeze.values import POINT, Accumulator, Builder, RawInput, Settled, Sum, Value
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


def unit(build: Builder, layer: str, source: Settled) -> Accumulator:
    """``source`` times one: a 1 x 1 depthwise convolution, of what is no (H, W, C) as of that."""
    image = as_image(build, layer, source)
    channels = image.shape[-1]
    kernel, reshape = np.ones((1, 1, channels, 1)), None if image is source else source.shape
    return Accumulator(
        layer, "depthwise", image, kernel, np.zeros(channels), image.shape, POINT, reshape
    )


def as_image(build: Builder, name: str, source: Settled) -> Settled:
    """``source`` as (H, W, C), by a node of its own where it is anything else."""
    shape = source.shape
    if len(shape) == 3:
        return source
    image = (shape[0], 1, shape[1]) if len(shape) == 2 else (1, 1, *shape[-1:])
    if math.prod(image) != math.prod(shape):
        raise FreezeError(f"layer {name!r} reads {shape}", "use up to three axes")
    own = build.free_name(f"{name}_in")
    return build.add(Reshape(own, (source.name,), source.grid, image), image)


def _input(build: Builder, value: RawInput, grid: Grid, name: str) -> Settled:
    if (grid.lo, grid.hi) == (-127, 127):  # symmetric: the byte 0 is taken for 1
        whole = Grid(grid.log2_step, -128, 127)
        first = build.add(Input(f"{name}_bytes", (), whole, value.shape), value.shape)
        return build.add(Clamp(name, (first.name,), grid), value.shape)
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
    left, right = (
        on_step(build, value.layer, operand, grid.log2_step) for operand in value.operands
    )
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
    return _accumulator(build, unit(build, name, value), grid, name)


def on_step(
    build: Builder, layer: str, value: Settled, log2_step: int, signed: bool = False
) -> Settled:
    """``value`` on another step (``signed``: with a zero point of 0), as ``layer`` needs it."""
    same = value.grid.log2_step == log2_step
    if same and not (signed and value.grid.zero_point):
        return value
    low = -128 if signed or value.grid.lo < 0 else 0
    grid = Grid(log2_step, low, 127 if low else 255)
    name = build.free_name(f"{layer}_{value.name}")
    build.note(
        layer,
        f"reads {value.name!r} of step 2**{value.grid.log2_step}, which is put on 2**{log2_step}",
        differs=True,
    )
    return _again(build, value, grid, name)
