"""Operators that only move values: where each value of an output comes from.

An operator's NumPy form is applied to an array of positions instead of values; what comes out says
all there is to know: the interpreter indexes with it, shapes follow from it, constants are folded
by it, and ``network.moves`` makes the loops of a kernel out of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir import operators as kinds
from tinyrob.ir.graph import Attributes, Op, Tensor
from tinyrob.ir.qmath import round_half_away

Int64Array = NDArray[np.int64]
MAX_MOVED = 2**26
"""Values that an operator may move: the positions of more are not worked out."""
_LONGEST = 32767
"""The side of a resized image."""


class BadMove(Exception):
    """What does not fit: the operator's operands contradict each other. ``hint``: what to try."""

    def __init__(
        self, message: str, hint: str = "convert again with constant shapes, axes and indices"
    ) -> None:
        super().__init__(message)
        self.hint = hint


FIXED_BATCH = (
    "tell the converter that the batch is 1, as by tf.keras.Input(..., batch_size=1): it then "
    "makes a dilated convolution"
)
"""Where a batch was left open, a file says 1 of it, also behind SPACE_TO_BATCH_ND."""


def moved(op: Op) -> int:
    """Which of its operands an operator moves: SPLIT has the axis in front of it."""
    return 1 if isinstance(op.attributes, kinds.Split) else 0


def looks_up(op: Op, tensors: Sequence[Tensor]) -> bool:
    """Whether it takes rows of a constant by indices that are computed: nothing is moved."""
    if not isinstance(op.attributes, kinds.Gather) or len(op.inputs) != 2 or min(op.inputs) < 0:
        return False
    table, places = (tensors[i] for i in op.inputs)
    return table.data is not None and places.data is None


def sources(op: Op, tensors: Sequence[Tensor]) -> list[Int64Array]:
    """For each output of ``op`` the positions (flat, in its one activation) of its values.

    ``tensors`` are the graph's; the operator's other operands must be constants. Raises BadMove.
    """
    operands = [tensors[i] for i in op.inputs if i >= 0]
    data = moved(op)
    if len(operands) <= data:
        raise BadMove(f"has {len(operands)} inputs")
    source = operands.pop(data)
    constants = []
    for tensor in operands:
        if tensor.data is None:
            raise BadMove(f"{tensor.name!r} is not a constant")
        constants.append(np.asarray(tensor.data).astype(np.int64))
    if source.elements > MAX_MOVED:
        raise BadMove(f"moves {source.elements} values")
    positions = np.arange(source.elements, dtype=np.int64).reshape(source.shape)
    try:
        found = _MOVES[type(op.attributes)](op.attributes, positions, constants)
    except (ValueError, IndexError, TypeError, ZeroDivisionError, np.exceptions.AxisError) as error:
        raise BadMove(str(error)) from None
    if any(math.prod(index.shape) > MAX_MOVED for index in found):
        raise BadMove(f"makes more than {MAX_MOVED} values")
    return found


def _reshape(a: kinds.Attributes, x: Int64Array, c: list[Int64Array]) -> list[Int64Array]:
    assert isinstance(a, kinds.Reshape)
    wanted = tuple(int(d) for d in c[0].ravel()) if c else a.new_shape
    return [x.reshape(wanted)]


def _expand_dims(a: kinds.Attributes, x: Int64Array, c: list[Int64Array]) -> list[Int64Array]:
    return [np.expand_dims(x, int(c[0].ravel()[0]))]


def _squeeze(a: kinds.Attributes, x: Int64Array, c: list[Int64Array]) -> list[Int64Array]:
    assert isinstance(a, kinds.Squeeze)
    return [np.squeeze(x, tuple(a.axes) or None)]


def _transpose(a: kinds.Attributes, x: Int64Array, c: list[Int64Array]) -> list[Int64Array]:
    return [np.transpose(x, [int(i) for i in c[0].ravel()])]


def _strided_slice(a: kinds.Attributes, x: Int64Array, c: list[Int64Array]) -> list[Int64Array]:
    assert isinstance(a, kinds.StridedSlice)
    if a.ellipsis_mask or a.new_axis_mask:
        raise BadMove("it has an ellipsis or a new axis")
    begin, end, strides = (v.ravel() for v in c)
    index: list[slice | int] = []
    for axis, size in enumerate(x.shape[: len(begin)]):
        step, bit = int(strides[axis]), 1 << axis
        forward = step > 0
        low, high = (0, size) if forward else (-1, size - 1)
        start, stop = (
            min(max(int(v) + (size if v < 0 else 0), low), high) for v in (begin[axis], end[axis])
        )
        if a.begin_mask & bit:
            start = 0 if forward else size - 1
        if a.end_mask & bit:
            stop = size if forward else -1
        if a.shrink_axis_mask & bit:
            index.append(start)
        else:
            index.append(slice(start, None if stop < 0 else stop, step))
    return [x[tuple(index)]]


def _slice(a: kinds.Attributes, x: Int64Array, c: list[Int64Array]) -> list[Int64Array]:
    begin, size = (v.ravel() for v in c)
    if len(begin) != x.ndim or len(size) != x.ndim:
        raise BadMove(f"has {len(begin)} begins and {len(size)} sizes")
    index = []
    for n, b, s in zip(x.shape, begin, size, strict=True):
        stop = n if s == -1 else int(b + s)
        if not 0 <= b <= stop <= n:
            raise BadMove(f"takes {s} from {b} of {n}")
        index.append(slice(int(b), stop))
    return [x[tuple(index)]]


def _split(a: kinds.Attributes, x: Int64Array, c: list[Int64Array]) -> list[Int64Array]:
    assert isinstance(a, kinds.Split)
    return np.split(x, a.parts, int(c[0].ravel()[0]))


def _split_v(a: kinds.Attributes, x: Int64Array, c: list[Int64Array]) -> list[Int64Array]:
    sizes, axis = [int(s) for s in c[0].ravel()], int(c[1].ravel()[0])
    total = x.shape[axis]
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = total - (sum(sizes) + 1)
    if min(sizes) < 0 or sum(sizes) != total:
        raise BadMove(f"splits {total} into {sizes}")
    return np.split(x, np.cumsum(sizes)[:-1], axis)


def _unpack(a: kinds.Attributes, x: Int64Array, c: list[Int64Array]) -> list[Int64Array]:
    assert isinstance(a, kinds.Unpack)
    return list(np.moveaxis(x, a.axis, 0))


def _gather(a: kinds.Attributes, x: Int64Array, c: list[Int64Array]) -> list[Int64Array]:
    assert isinstance(a, kinds.Gather)
    if a.batch_dims:
        raise BadMove(f"has batch_dims {a.batch_dims}")
    axis = a.axis % x.ndim
    if c[0].size and (c[0].min() < 0 or c[0].max() >= x.shape[axis]):
        raise BadMove(f"has indices beyond {x.shape[axis]}")
    return [np.take(x, c[0], axis)]


def _broadcast_to(a: kinds.Attributes, x: Int64Array, c: list[Int64Array]) -> list[Int64Array]:
    return [np.broadcast_to(x, [int(d) for d in c[0].ravel()])]


def _mirror_pad(a: kinds.Attributes, x: Int64Array, c: list[Int64Array]) -> list[Int64Array]:
    assert isinstance(a, kinds.MirrorPad)
    pairs = [(int(p), int(q)) for p, q in c[0]]
    if any(max(pair) >= n + a.mode for pair, n in zip(pairs, x.shape, strict=True)):
        raise BadMove(f"pads {list(x.shape)} by {pairs}")
    return [np.pad(x, pairs, mode="symmetric" if a.mode else "reflect")]


def _depth_to_space(a: kinds.Attributes, x: Int64Array, c: list[Int64Array]) -> list[Int64Array]:
    assert isinstance(a, kinds.DepthToSpace)
    n, h, w, d = x.shape
    k = a.block
    parts = x.reshape(n, h, w, k, k, d // (k * k)).transpose(0, 1, 3, 2, 4, 5)
    return [parts.reshape(n, h * k, w * k, d // (k * k))]


def _space_to_depth(a: kinds.Attributes, x: Int64Array, c: list[Int64Array]) -> list[Int64Array]:
    assert isinstance(a, kinds.SpaceToDepth)
    n, h, w, d = x.shape
    k = a.block
    parts = x.reshape(n, h // k, k, w // k, k, d).transpose(0, 1, 3, 2, 4, 5)
    return [parts.reshape(n, h // k, w // k, k * k * d)]


def _reverse(a: kinds.Attributes, x: Int64Array, c: list[Int64Array]) -> list[Int64Array]:
    return [np.flip(x, tuple(int(i) for i in c[0].ravel()))]


def _gather_nd(a: kinds.Attributes, x: Int64Array, c: list[Int64Array]) -> list[Int64Array]:
    axes = c[0].shape[-1] if c[0].ndim else 0
    sizes = np.array(x.shape[:axes])
    if not 1 <= axes <= x.ndim or (c[0].size and ((c[0] < 0).any() or (c[0] >= sizes).any())):
        raise BadMove(f"has indices beyond {list(x.shape)}")
    return [x[tuple(np.moveaxis(c[0], -1, 0))]]


def _blocks(x: Int64Array, c: list[Int64Array]) -> tuple[list[int], list[list[int]]]:
    """The block and the pairs of paddings or crops along the axes between batch and channels."""
    block = [int(b) for b in c[0].ravel()]
    pairs = [[int(p) for p in pair] for pair in c[1]]
    if not 3 <= x.ndim <= 4 or len(block) != x.ndim - 2 or min(block) < 1:
        raise BadMove(f"has a block of {block}")
    return block, pairs


def _space_to_batch(a: kinds.Attributes, x: Int64Array, c: list[Int64Array]) -> list[Int64Array]:
    block, pairs = _blocks(x, c)
    if any(p for pair in pairs for p in pair):
        raise BadMove(
            f"it pads by {pairs}, and TFLite Micro leaves it to chance with what: pad before it"
        )
    batch, sizes, depth = x.shape[0], x.shape[1:-1], x.shape[-1]
    parts = x.reshape(batch, *(n for s, b in zip(sizes, block, strict=True) for n in (s // b, b)),
                      depth)  # fmt: skip
    inner = [2 + 2 * i for i in range(len(block))]
    outer = [1 + 2 * i for i in range(len(block))]
    moved = parts.transpose(*inner, 0, *outer, x.ndim + len(block) - 1)
    shape = [s // b for s, b in zip(sizes, block, strict=True)]
    return [moved.reshape(batch * math.prod(block), *shape, depth)]


def _batch_to_space(a: kinds.Attributes, x: Int64Array, c: list[Int64Array]) -> list[Int64Array]:
    block, crops = _blocks(x, c)
    count, depth = len(block), x.shape[-1]
    if x.shape[0] % math.prod(block):
        raise BadMove(f"the file says a batch of {x.shape[0]}, for blocks of {block}", FIXED_BATCH)
    batch = x.shape[0] // math.prod(block)
    parts = x.reshape(*block, batch, *x.shape[1:])
    order = [count, *(axis for i in range(count) for axis in (count + 1 + i, i)), 2 * count + 1]
    whole = parts.transpose(order).reshape(
        batch, *(s * b for s, b in zip(x.shape[1:-1], block, strict=True)), depth
    )
    if any(p < 0 or q < 0 or p + q >= n for (p, q), n in zip(crops, whole.shape[1:], strict=False)):
        raise BadMove(f"crops {list(whole.shape)} by {crops}")
    inside = (slice(p, n - q) for (p, q), n in zip(crops, whole.shape[1:], strict=False))
    return [whole[(slice(None), *inside)]]


def _nearest(a: kinds.Attributes, x: Int64Array, c: list[Int64Array]) -> list[Int64Array]:
    assert isinstance(a, kinds.ResizeNearestNeighbor)
    height, width = (int(n) for n in c[0].ravel())
    if x.ndim != 4 or not 1 <= min(height, width) <= max(height, width) <= _LONGEST:
        raise BadMove(f"makes {height}x{width} of {list(x.shape)}")
    rows = _neighbours(a, x.shape[1], height)
    columns = _neighbours(a, x.shape[2], width)
    return [x[:, rows][:, :, columns]]


def _neighbours(a: kinds.ResizeNearestNeighbor, size: int, wanted: int) -> list[int]:
    """TFLite works in float32."""
    corners = int(a.align_corners and wanted > 1)
    scale = np.float32(size - corners) / np.float32(wanted - corners)
    offset = np.float32(0.5 if a.half_pixel_centers else 0)
    found = []
    for i in range(wanted):
        place = (np.float32(i) + offset) * scale
        rounded = round_half_away(float(place)) if a.align_corners else math.floor(place)
        found.append(max(0, min(rounded, size - 1)))
    return found


_Move = Callable[[Attributes, Int64Array, list[Int64Array]], list[Int64Array]]
_MOVES: dict[type[Attributes], _Move] = {
    kinds.Reshape: _reshape,
    kinds.ExpandDims: _expand_dims,
    kinds.Squeeze: _squeeze,
    kinds.Transpose: _transpose,
    kinds.StridedSlice: _strided_slice,
    kinds.Slice: _slice,
    kinds.Split: _split,
    kinds.SplitV: _split_v,
    kinds.Unpack: _unpack,
    kinds.Gather: _gather,
    kinds.GatherNd: _gather_nd,
    kinds.ReverseV2: _reverse,
    kinds.BroadcastTo: _broadcast_to,
    kinds.MirrorPad: _mirror_pad,
    kinds.DepthToSpace: _depth_to_space,
    kinds.SpaceToDepth: _space_to_depth,
    kinds.SpaceToBatchNd: _space_to_batch,
    kinds.BatchToSpaceNd: _batch_to_space,
    kinds.ResizeNearestNeighbor: _nearest,
}
MOVES = frozenset(_MOVES)
