"""Where windows stand: output sizes and padding of convolutions and pools, as TFLite has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir.graph import (
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    MaxPool2D,
    Padding,
    TransposeConv,
)


def output_size(size: int, window: int, stride: int, dilation: int, padding: Padding) -> int:
    """Outputs along one axis; 0 or less where the window does not fit. Arguments >= 1."""
    if padding == "SAME":
        return -(-size // stride)
    return -(-(size - (window - 1) * dilation) // stride)


def padding_before(size: int, window: int, stride: int, dilation: int, outputs: int) -> int:
    """How many rows are missing in front of the first one; the rest of the padding is behind."""
    needed = (outputs - 1) * stride + (window - 1) * dilation + 1
    return max(0, needed - size) // 2


def ungrouped(kernel: NDArray[Any], channels: int) -> NDArray[Any]:
    """The kernel (O,KH,KW,I) of a convolution in groups as (O,KH,KW,``channels``): zeros for the
    input channels of other groups. ``channels`` is a multiple of I."""
    outputs, _, _, depth = kernel.shape
    groups = channels // depth
    if groups == 1:
        return kernel
    whole = np.zeros((*kernel.shape[:3], channels), kernel.dtype)
    each = outputs // groups
    for group in range(groups):
        rows = slice(group * each, (group + 1) * each)
        whole[rows, :, :, group * depth : (group + 1) * depth] = kernel[rows]
    return whole


@dataclass(frozen=True)
class Between:
    """Where an output of RESIZE_BILINEAR lies along one axis: ``fraction`` / 1024 of the way from
    ``lower`` to ``upper``."""

    lower: int
    upper: int
    fraction: int


def between(size: int, wanted: int, *, corners: bool, centers: bool) -> tuple[Between, ...]:
    """For each of ``wanted`` outputs, in TFLite's integers with 10 bits behind the point."""
    less = 1 if corners and wanted > 1 else 0
    scale = ((size - less) * 1024 + (wanted - less) // 2) // (wanted - less)
    found = []
    for i in range(wanted):
        place = i * scale + (scale // 2 - 512 if centers else 0)
        lower = max(place // 1024, 0)
        upper = min(max(place + 1023, 0) // 1024, size - 1)
        found.append(Between(lower, upper, place - 1024 * lower))
    return tuple(found)


@dataclass(frozen=True)
class Spread:
    """One axis of a transposed convolution: input i meets the outputs from ``i * stride - before``
    on, as many as the kernel has taps."""

    inputs: int
    stride: int
    before: int


def transposed(
    attributes: TransposeConv, window: tuple[int, int], made: tuple[int, ...]
) -> tuple[Spread, Spread]:
    """Height and width of a transposed convolution that makes outputs of the size ``made``: those
    of the convolution whose gradient it is."""
    axes = [
        (size, taps, stride, output_size(size, taps, stride, 1, attributes.padding))
        for size, taps, stride in zip(made, window, attributes.stride, strict=True)
    ]
    rows, columns = (
        Spread(inputs, stride, padding_before(size, taps, stride, 1, inputs))
        for size, taps, stride, inputs in axes
    )
    return rows, columns


@dataclass(frozen=True)
class Windows:
    """A window over (height, width): pairs in that order."""

    window: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    before: tuple[int, int]
    outputs: tuple[int, int]


def windows(
    attributes: Conv2D | DepthwiseConv2D | AveragePool2D | MaxPool2D,
    window: tuple[int, int],
    size: tuple[int, int],
) -> Windows:
    """The windows of an operator over an input of ``size`` (height, width)."""
    dilation = getattr(attributes, "dilation", (1, 1))
    axes = tuple(zip(size, window, attributes.stride, dilation, strict=True))
    outputs = tuple(output_size(*axis, attributes.padding) for axis in axes)
    before = tuple(padding_before(*axis, out) for axis, out in zip(axes, outputs, strict=True))
    return Windows(
        window, attributes.stride, dilation, (before[0], before[1]), (outputs[0], outputs[1])
    )


def framed(values: NDArray[Any], place: Windows) -> NDArray[Any]:
    """``values`` (N, H, W, C) with zeros around them wherever a window reaches out."""
    pairs = [(0, 0)]
    for axis in (0, 1):
        reach = (place.outputs[axis] - 1) * place.stride[axis]
        reach += (place.window[axis] - 1) * place.dilation[axis] + 1
        before = place.before[axis]
        pairs.append((before, max(0, reach - before - values.shape[axis + 1])))
    return np.pad(values, [*pairs, (0, 0)])


def tap(frame: NDArray[Any], place: Windows, row: int, column: int) -> NDArray[Any]:
    """What the window's element (row, column) meets in a frame: (N, OH, OW, C)."""
    slices = []
    for axis, offset in enumerate((row, column)):
        start, stride = offset * place.dilation[axis], place.stride[axis]
        slices.append(slice(start, start + (place.outputs[axis] - 1) * stride + 1, stride))
    return frame[:, slices[0], slices[1], :]
