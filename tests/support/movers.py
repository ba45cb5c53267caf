"""Strategies for operators that only move values, and for those of pairs and single values.

Shapes come from the operators' NumPy forms on the drawn tensor, never from tinyrob's own rules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st

from tinyrob.ir import graph as ir

if TYPE_CHECKING:
    from support.graphs import Builder

Strategy = Callable[["Builder", int], int]


def _shape(b: Builder, source: int) -> tuple[int, ...]:
    return b.tensors[source].shape


def _move(b: Builder, attributes, operands, source: int, shape) -> int:
    return b.apply(attributes, operands, shape, b.tensors[source].quantization)


def expand_dims(b: Builder, source: int) -> int:
    shape = _shape(b, source)
    axis = b.integer(1, len(shape))
    stored = axis - len(shape) - 1 if b.integer(0, 1) else axis
    made = (*shape[:axis], 1, *shape[axis:])
    return _move(b, ir.ExpandDims(), (source, b.scalar(stored)), source, made)


def squeeze(b: Builder, source: int) -> int:
    shape = _shape(b, source)
    axes = [i for i, n in enumerate(shape) if n == 1 and i > 0]
    if b.integer(0, 1):
        made = tuple(n for i, n in enumerate(shape) if i not in axes)
        return _move(b, ir.Squeeze(tuple(axes)) if axes else ir.Reshape(made), (source,), source,
                     made)  # fmt: skip
    made = tuple(n for n in shape if n != 1) or ()
    return _move(b, ir.Squeeze(), (source,), source, made)


def transpose(b: Builder, source: int) -> int:
    shape = _shape(b, source)
    order = [0, *b.draw(st.permutations(range(1, len(shape))))] if len(shape) > 1 else [0]
    made = [shape[i] for i in order]
    return _move(b, ir.Transpose(), (source, b.ints(order)), source, made)


def strided_slice(b: Builder, source: int) -> int:
    shape = _shape(b, source)
    begin, end, strides, made = [0], [shape[0]], [1], [shape[0]]
    begin_mask = end_mask = shrink = 0
    for axis, size in enumerate(shape[1:], 1):
        first = b.integer(0, size - 1)
        if b.integer(0, 4) == 0 and len(shape) > 2 and len(made) > 1:
            shrink |= 1 << axis
            begin.append(first - size if b.integer(0, 1) else first)
            end.append(first + 1)
            strides.append(1)
            continue
        if b.integer(0, 3) == 0:
            step, last = -b.integer(1, 3), -1
            count = len(range(first, last, step))
            end_mask |= 1 << axis
            begin.append(first)
            end.append(0)
        else:
            step, last = b.integer(1, 3), b.integer(first + 1, size)
            count = len(range(first, last, step))
            begin.append(first - size if b.integer(0, 1) else first)
            end.append(last if last < size or b.integer(0, 1) else size + 7)
            if first == 0 and b.integer(0, 1):
                begin_mask |= 1 << axis
                begin[-1] = 1
        strides.append(step)
        made.append(count)
    attributes = ir.StridedSlice(begin_mask, end_mask, 0, 0, shrink)
    operands = (source, b.ints(begin), b.ints(end), b.ints(strides))
    return _move(b, attributes, operands, source, made)


def slices(b: Builder, source: int) -> int:
    begin, size, made = [0], [1], [1]
    shape = _shape(b, source)
    size[0] = made[0] = shape[0]
    for n in shape[1:]:
        first = b.integer(0, n - 1)
        count = b.integer(1, n - first)
        begin.append(first)
        size.append(-1 if first + count == n and b.integer(0, 1) else count)
        made.append(count)
    return _move(b, ir.Slice(), (source, b.ints(begin), b.ints(size)), source, made)


def _axis(b: Builder, source: int) -> int:
    rank = len(_shape(b, source))
    return b.integer(1, rank - 1) if rank > 1 else 0


def _several(b: Builder, attributes, operands, source: int, shapes) -> int:
    """An operator with several outputs; one of them goes on, and all can be met again."""
    grid = b.tensors[source].quantization
    made = [b.activation(shape, grid) for shape in shapes]
    b.ops.append(ir.Op(attributes, tuple(operands), tuple(made)))
    return b.choice(made)


def split(b: Builder, source: int) -> int:
    axis, shape = _axis(b, source), list(_shape(b, source))
    parts = b.choice([n for n in range(1, shape[axis] + 1) if shape[axis] % n == 0])
    shape[axis] //= parts
    stored = axis - len(shape) if b.integer(0, 1) else axis
    operands = (b.scalar(stored), source)
    return _several(b, ir.Split(parts), operands, source, [shape] * parts)


def split_v(b: Builder, source: int) -> int:
    axis, shape = _axis(b, source), list(_shape(b, source))
    cut = sorted({*(b.integer(1, shape[axis]) for _ in range(2)), shape[axis]})
    sizes = [y - x for x, y in zip([0, *cut], cut, strict=False)]
    shapes = [[*shape[:axis], n, *shape[axis + 1 :]] for n in sizes]
    operands = (source, b.ints(sizes), b.scalar(axis))
    return _several(b, ir.SplitV(len(sizes)), operands, source, shapes)


def unpack(b: Builder, source: int) -> int:
    shape = _shape(b, source)
    axis = b.integer(1, len(shape) - 1)
    made = [n for i, n in enumerate(shape) if i != axis]
    stored = axis - len(shape) if b.integer(0, 1) else axis
    return _several(b, ir.Unpack(shape[axis], stored), (source,), source, [made] * shape[axis])


def pack(b: Builder, source: int) -> int:
    shape, grid = _shape(b, source), b.tensors[source].quantization
    same = [i for i in b.activations if b.tensors[i].shape == shape
            and b.tensors[i].quantization == grid]  # fmt: skip
    inputs = [source, *(b.choice(same) for _ in range(b.integer(0, 2)))]
    axis = b.integer(1, len(shape))
    made = (*shape[:axis], len(inputs), *shape[axis:])
    stored = axis - len(made) if b.integer(0, 1) else axis
    return b.apply(ir.Pack(len(inputs), stored), inputs, made, grid)


def gather(b: Builder, source: int) -> int:
    """A move, or rows of a constant at the places that ARG_MAX finds."""
    if b.dtype == "int8" and len(_shape(b, source)) > 1 and b.integer(0, 2) == 0:
        return looked_up(b, source)
    axis, shape = _axis(b, source), list(_shape(b, source))
    indices = [b.integer(0, shape[axis] - 1) for _ in range(b.integer(1, 5))]
    shape[axis] = len(indices)
    return _move(b, ir.Gather(axis), (source, b.ints(indices)), source, shape)


def looked_up(b: Builder, source: int) -> int:
    axis, shape = _axis(b, source), _shape(b, source)
    made = [n for i, n in enumerate(shape) if i != axis]
    place = b.tensor(made, ir.Quantization((1.0,), (0,)), "int32")
    b.ops.append(ir.Op(ir.ArgMax(), (source, b.scalar(axis)), (place,)))
    grid, rows = b.grid(2.0**-4), shape[axis] + b.integer(0, 3)
    width = [b.integer(1, 5) for _ in range(b.integer(1, 4 - len(made)))] if len(made) < 4 else [2]
    table = b.tensor((), grid, data=b.random.integers(-128, 128, (rows, *width)))
    return b.apply(ir.Gather(), (table, place), (*made, *width), grid)


def gather_nd(b: Builder, source: int) -> int:
    shape = _shape(b, source)
    rows = [[0, b.integer(0, shape[1] - 1)] for _ in range(b.integer(1, 5))]
    operands = (source, b.ints([rows]))
    return _move(b, ir.GatherNd(), operands, source, (1, len(rows), *shape[2:]))


def reverse(b: Builder, source: int) -> int:
    axis, shape = _axis(b, source), _shape(b, source)
    stored = axis - len(shape) if b.integer(0, 1) else axis
    return _move(b, ir.ReverseV2(), (source, b.ints([stored])), source, shape)


def space_and_batch(b: Builder, source: int) -> int:
    """There and back, cropped: behind it the batch is 1 again."""
    n, h, w, c = _shape(b, source)
    block = [b.choice([k for k in (1, 2, 3) if size % k == 0]) for size in (h, w)]
    many = (n * block[0] * block[1], h // block[0], w // block[1], c)
    none = b.ints([[0, 0], [0, 0]])
    there = _move(b, ir.SpaceToBatchNd(), (source, b.ints(block), none), source, many)
    again = [b.choice([k for k in (1, 2, 3) if many[0] % k == 0])]
    again.append(many[0] // again[0])
    high, wide = many[1] * again[0], many[2] * again[1]
    crops = [[b.integer(0, min(1, size - 1)), 0] for size in (high, wide)]
    made = (1, high - crops[0][0], wide - crops[1][0], c)
    operands = (there, b.ints(again), b.ints(crops))
    return _move(b, ir.BatchToSpaceNd(), operands, source, made)


def broadcast_to(b: Builder, source: int) -> int:
    shape = [n if n > 1 or i == 0 else b.integer(1, 3) for i, n in enumerate(_shape(b, source))]
    return _move(b, ir.BroadcastTo(), (source, b.ints(shape)), source, shape)


def mirror_pad(b: Builder, source: int) -> int:
    mode, shape = b.integer(0, 1), _shape(b, source)
    pairs = [(0, 0)]
    pairs += [tuple(b.integer(0, min(n - 1 + mode, 3)) for _ in range(2)) for n in shape[1:]]
    made = [n + x + y for n, (x, y) in zip(shape, pairs, strict=True)]
    return _move(b, ir.MirrorPad(mode), (source, b.ints(pairs)), source, made)


def pad_v2(b: Builder, source: int) -> int:
    tensor = b.tensors[source]
    pairs = [(0, 0)] + [(b.integer(0, 2), b.integer(0, 2)) for _ in tensor.shape[1:]]
    made = [n + x + y for n, (x, y) in zip(tensor.shape, pairs, strict=True)]
    drawn = np.array(b.integer(b.low, b.high))
    value = b.tensor((), tensor.quantization, b.dtype, drawn)
    return _move(b, ir.PadV2(), (source, b.ints(pairs), value), source, made)


def depth_to_space(b: Builder, source: int) -> int:
    n, h, w, c = _shape(b, source)
    k = b.choice([k for k in (1, 2) if c % (k * k) == 0])
    return _move(b, ir.DepthToSpace(k), (source,), source, (n, h * k, w * k, c // (k * k)))


def space_to_depth(b: Builder, source: int) -> int:
    n, h, w, c = _shape(b, source)
    k = b.choice([k for k in (1, 2, 3) if h % k == 0 and w % k == 0])
    return _move(b, ir.SpaceToDepth(k), (source,), source, (n, h // k, w // k, c * k * k))


def nearest(b: Builder, source: int) -> int:
    n, _, _, c = _shape(b, source)
    size = (b.integer(1, 9), b.integer(1, 9))
    corners, centers = b.choice(((False, False), (True, False), (False, True)))
    attributes = ir.ResizeNearestNeighbor(corners, centers)
    return _move(b, attributes, (source, b.ints(size)), source, (n, *size, c))


def bilinear(b: Builder, source: int) -> int:
    n, _, _, c = _shape(b, source)
    size = (b.integer(1, 9), b.integer(1, 9))
    corners, centers = b.choice(((False, False), (True, False), (False, True)))
    attributes = ir.ResizeBilinear(corners, centers)
    return _move(b, attributes, (source, b.ints(size)), source, (n, *size, c))


MOVERS: dict[str, Strategy] = {
    "EXPAND_DIMS": expand_dims,
    "SQUEEZE": squeeze,
    "TRANSPOSE": transpose,
    "STRIDED_SLICE": strided_slice,
    "SLICE": slices,
    "SPLIT": split,
    "SPLIT_V": split_v,
    "UNPACK": unpack,
    "PACK": pack,
    "GATHER": gather,
    "GATHER_ND": gather_nd,
    "REVERSE_V2": reverse,
    "SPACE_TO_BATCH_ND": space_and_batch,
    "BATCH_TO_SPACE_ND": space_and_batch,
    "BROADCAST_TO": broadcast_to,
    "MIRROR_PAD": mirror_pad,
    "PADV2": pad_v2,
    "DEPTH_TO_SPACE": depth_to_space,
    "SPACE_TO_DEPTH": space_to_depth,
    "RESIZE_NEAREST_NEIGHBOR": nearest,
    "RESIZE_BILINEAR": bilinear,
}
FOUR_AXES = {
    "DEPTH_TO_SPACE", "SPACE_TO_DEPTH", "RESIZE_NEAREST_NEIGHBOR", "RESIZE_BILINEAR",
    "SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND",
}  # fmt: skip


def takes(kind: str, shape: tuple[int, ...]) -> bool:
    """Whether TFLite Micro's operator takes a tensor of this shape."""
    if kind in FOUR_AXES:
        return len(shape) == 4
    if kind in ("STRIDED_SLICE", "MIRROR_PAD", "PADV2", "TRANSPOSE"):
        return 2 <= len(shape) <= 4
    if kind in ("UNPACK", "SLICE", "SPLIT", "SPLIT_V", "GATHER", "GATHER_ND"):
        return 2 <= len(shape) <= 5
    if kind in ("EXPAND_DIMS", "PACK"):
        return len(shape) <= 4
    if kind == "SQUEEZE":
        return len(shape) > 1 and max(shape[1:]) > 1
    return len(shape) <= 4
