"""Values brought to other places, or put between others."""

from __future__ import annotations

from math import prod

import numpy as np

from tinyrob.ir import graph as ir
from tinyrob.ir.geometry import between
from tinyrob.network import layers as net
from tinyrob.network.axes import four
from tinyrob.network.lowering.common import Lowered
from tinyrob.network.view import View


def pad(view: View) -> Lowered:
    """PAD and PADV2."""
    paddings = view.constant(1).astype(np.int64)
    size = four(view.inputs[0].shape, 1, view.where)
    before, after = (four([int(x) for x in paddings[:, i]], 0, view.where) for i in (0, 1))
    value = view.zero_point_out
    if isinstance(view.op.attributes, ir.PadV2):
        value = int(view.constant(2).reshape(-1)[0])
    return net.Pad(size, before, after, value), view.full


def concatenation(view: View) -> Lowered:
    """CONCATENATION."""
    options = view.options(ir.Concatenation)
    axis = options.axis % len(view.output.shape)
    lengths = tuple(prod(tensor.shape[axis:]) for tensor in view.inputs)
    return net.Concat(prod(view.output.shape[:axis]), lengths), view.clamp(options.activation)


def pack(view: View) -> Lowered:
    """PACK."""
    axis = view.options(ir.Pack).axis % len(view.output.shape)
    length = prod(view.output.shape[axis + 1 :])
    spec = net.Concat(prod(view.output.shape[:axis]), (length,) * len(view.inputs))
    return spec, view.full


def bilinear(view: View) -> Lowered:
    """RESIZE_BILINEAR."""
    options = view.options(ir.ResizeBilinear)
    batches, height, width, channels = view.inputs[0].shape
    how = {"corners": options.align_corners, "centers": options.half_pixel_centers}
    rows = between(height, view.output.shape[1], **how)
    columns = between(width, view.output.shape[2], **how)
    return net.Bilinear(batches, height, width, channels, rows, columns), view.full
