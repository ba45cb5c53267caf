"""Parts that stand between two layers' streams: windows, queues, and changes of a beat's width."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tinyrob.errors import UnsupportedModel
from tinyrob.frozen import model as fr
from tinyrob.frozen.model import Grid, Node
from tinyrob.frozen.shapes import Shape
from tinyrob.ir.geometry import padding_before

# From how many bits on a queue is in block RAM.
_BLOCK_RAM = 2048


@dataclass(frozen=True)
class Piece:
    """A module of ``templates/rtl`` with a stream on both sides; ``bits`` a beat come out."""

    module: str
    label: str
    parameters: Mapping[str, int]
    bits: int


def resized(taken: int, given: int, bits: int) -> tuple[Piece, ...]:
    """What makes beats of ``given`` values of ``bits`` bits from beats of ``taken``."""
    step = math.gcd(taken, given)
    pieces = []
    if taken != step:
        parameters = {"BITS": step * bits, "COUNT": taken // step}
        pieces.append(Piece("tr_split", "split", parameters, step * bits))
    if given != step:
        parameters = {"BITS": step * bits, "COUNT": given // step}
        pieces.append(Piece("tr_collect", "collect", parameters, given * bits))
    return tuple(pieces)


def queue(bits: int, depth: int) -> tuple[Piece, ...]:
    """A queue of ``depth`` beats (0: none): in block RAM where that is worth one."""
    if depth == 0:
        return ()
    module = "tr_queue" if bits * depth >= _BLOCK_RAM else "tr_fifo"
    return (Piece(module, "queue", {"BITS": bits, "DEPTH": max(2, depth)}, bits),)


def window(node: Node, grid: Grid, size: Shape, shape: Shape, bits: int) -> tuple[Piece, ...]:
    """What makes beats of whole windows of an image of ``size``, whose values are on ``grid``.

    Nothing for a 1 x 1 window. Raises UnsupportedModel for a padded maximum of signed values.
    """
    bits *= size[2]
    if isinstance(node, fr.ZeroPad2D):
        (top, bottom), (left, right) = node.padding
        return _window(bits, size, (top, bottom), (left, right), (1, 1), (1, 1), (1, 1))
    assert isinstance(node, fr.Conv2D | fr.DepthwiseConv2D | fr.MaxPool2D)
    pool = isinstance(node, fr.MaxPool2D)
    if isinstance(node, fr.MaxPool2D):
        extent, dilation = node.window, (1, 1)
    else:
        extent, dilation = node.kernel.shape[:2], node.dilation
    strides = node.strides
    rows = _pads(size[0], extent[0], strides[0], dilation[0], shape[0])
    cols = _pads(size[1], extent[1], strides[1], dilation[1], shape[1])
    if pool and grid.lo < 0 and sum(rows) + sum(cols):
        raise UnsupportedModel(
            f"layer {node.name!r} pads a signed maximum, which would need values below zero",
            "pool behind a ReLU, or with padding='valid'; or give it cycles (--interval), so that "
            "it is folded",
        )
    if (*extent, *strides) == (1, 1, 1, 1):
        return ()
    return _window(bits, size, rows, cols, extent, strides, dilation)


def _window(
    bits: int,
    size: Shape,
    rows: tuple[int, int],
    cols: tuple[int, int],
    extent: tuple[int, ...],
    strides: tuple[int, int],
    dilation: tuple[int, int],
) -> tuple[Piece, ...]:
    parameters = {
        "BITS": bits, "HEIGHT": size[0], "WIDTH": size[1],
        "TOP": rows[0], "BOTTOM": rows[1], "LEFT": cols[0], "RIGHT": cols[1],
        "KH": extent[0], "KW": extent[1], "SH": strides[0], "SW": strides[1],
        "DH": dilation[0], "DW": dilation[1],
    }  # fmt: skip
    return (Piece("tr_window", "window", parameters, extent[0] * extent[1] * bits),)


def _pads(size: int, extent: int, stride: int, dilation: int, outputs: int) -> tuple[int, int]:
    before = padding_before(size, extent, stride, dilation, outputs)
    needed = (outputs - 1) * stride + (extent - 1) * dilation + 1
    return before, max(0, needed - size) - before
