"""Convolutions and pools along time: the same windows, over the rows that the fresh ones need."""

from __future__ import annotations

from dataclasses import replace
from math import gcd

import numpy as np

from tinyrob.errors import Obstacle
from tinyrob.ir import graph as ir
from tinyrob.ir.geometry import Windows, windows
from tinyrob.ir.graph import Op
from tinyrob.passes.stream.writer import Apart, Dirty, Finer, Writer

Windowed = ir.Conv2D | ir.DepthwiseConv2D | ir.AveragePool2D | ir.MaxPool2D


def windowed(writer: Writer, number: int, op: Op) -> None:
    """CONV_2D, DEPTHWISE_CONV_2D and pools. Raises Apart, Dirty, Finer."""
    source = op.inputs[0]
    line, tensor = writer.lines[source], writer.source.tensors[source]
    if line.axis not in (1, 2):
        raise Apart(None)
    side, options = line.axis - 1, op.attributes
    assert isinstance(options, Windowed)
    if isinstance(options, ir.AveragePool2D | ir.MaxPool2D):
        kernel: tuple[int, ...] = options.window
    else:
        kernel = writer.tensors[op.inputs[1]].shape[1:3]
    place = windows(options, (kernel[0], kernel[1]), (tensor.shape[1], tensor.shape[2]))
    reach = (kernel[side] - 1) * place.dilation[side] + 1
    stride, before = place.stride[side], place.before[side]
    if place.outputs[side] == 1:
        raise Apart(None)
    if line.fresh % stride:
        raise Finer(stride // gcd(stride, line.fresh), number, _stride(writer, op, stride))
    made = line.windows(reach, stride, before, place.outputs[side])
    behind = (made.rows - 1) * stride + reach - before - line.rows
    causes = writer.pads_of([source])
    if before or behind > 0:
        causes = causes | {number: padding(writer, op, before, max(behind, 0))}
    if made.first >= min(made.end, made.rows):
        raise Dirty(causes)  # not one window without padding
    start = (made.end - made.fresh) * stride - before
    given = writer.anyway(source, start, (made.end - 1) * stride - before + reach)
    slid, given = _without_padding(
        writer, op, options, place, side, reach, given, causes.get(number)
    )
    writer.begin(op.outputs[0], made, causes)
    writer.put(Op(slid, (given, *op.inputs[1:]), op.outputs))


def _without_padding(
    writer: Writer, op: Op, options: Windowed, place: Windows, side: int, reach: int, given: int,
    cause: Obstacle | None,
) -> tuple[Windowed, int]:  # fmt: skip
    """The operator without padding along time, and its input with that of the other axis."""
    if options.padding == "VALID" or reach <= place.stride[side]:
        return options, given
    across = 1 - side
    size = writer.tensors[given].shape[across + 1]
    needed = (place.outputs[across] - 1) * place.stride[across]
    needed += (place.window[across] - 1) * place.dilation[across] + 1 - size
    options = replace(options, padding="VALID")
    if needed <= 0:
        return options, given
    if not isinstance(options, ir.Conv2D | ir.DepthwiseConv2D):
        raise Apart(cause)  # padding takes no part in a pool
    pads = np.zeros((4, 2), np.int32)
    pads[across + 1] = place.before[across], needed - place.before[across]
    shape = list(writer.tensors[given].shape)
    shape[across + 1] += needed
    name = writer.source.layer_name(op)
    padded = writer.like(given, f"{name}/padded", tuple(shape))
    writer.put(Op(ir.Pad(), (given, writer.integers(f"{name}/paddings", pads)), (padded,)))
    return options, padded


def padding(writer: Writer, op: Op, before: int, after: int) -> Obstacle:
    """What padding along time is to a stream."""
    return Obstacle(
        writer.source.layer_name(op),
        f"it pads {before} steps in front of the window and {after} behind it, and a stream has "
        "other steps there",
        "train it with padding 'valid' along time; 'causal' where only steps are read that see "
        "none of the padding",
    )


def _stride(writer: Writer, op: Op, stride: int) -> Obstacle:
    """What a stride is to a stream whose window is shorter."""
    return Obstacle(
        writer.source.layer_name(op),
        f"with its stride of {stride} steps, all strides together are longer than the window",
        "train it with smaller strides along time",
    )
