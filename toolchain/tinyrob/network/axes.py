"""Shapes turned into what kernels want: windows, broadcasts, merged axes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from tinyrob.errors import UnsupportedModel
from tinyrob.ir.geometry import windows
from tinyrob.ir.graph import AveragePool2D, Conv2D, DepthwiseConv2D, MaxPool2D
from tinyrob.network.layers import Broadcast, Matrices, Window

Shape = tuple[int, ...]
Four = tuple[int, int, int, int]

LARGEST_EXTENT = 32767


def window(
    options: Conv2D | DepthwiseConv2D | AveragePool2D | MaxPool2D,
    kernel: tuple[int, int],
    image: Shape,
    where: str,
) -> Window:
    """An operator's window over an NHWC image.

    Raises UnsupportedModel where an extent is over 32767: kernels keep them in 16 bits.
    """
    place = windows(options, kernel, (image[1], image[2]))
    result = Window(
        image[1], image[2], *place.outputs, *kernel, *place.stride, *place.dilation, *place.before
    )
    reach = ((k - 1) * d + 1 for k, d in zip(kernel, place.dilation, strict=True))
    extents = (*vars(result).values(), *reach, *image)
    if max(extents) > LARGEST_EXTENT:
        raise UnsupportedModel(
            f"{where}: an extent of {max(extents)}; kernels take up to {LARGEST_EXTENT}",
            "split the layer",
        )
    return result


def four(shape: Sequence[int], fill: int, where: str) -> Four:
    """At most four axes, with ``fill`` in front. Raises UnsupportedModel for more than four."""
    extra = len(shape) - 4
    if extra > 0 and any(n != fill for n in shape[:extra]):
        raise UnsupportedModel(
            f"{where} works along {len(shape)} axes; kernels take 4", "reshape around it"
        )
    padded = (*(fill for _ in range(-extra)), *shape[max(extra, 0) :])
    return padded[0], padded[1], padded[2], padded[3]


def broadcast(a: Shape, b: Shape, out: Shape, where: str) -> Broadcast:
    """Axes along which both operands advance alike are merged, so that equal shapes give one run.

    Raises UnsupportedModel where more than four runs are left.
    """
    size, masks = broadcasts((a, b), out, where)
    return Broadcast(size, masks[0], masks[1])


def broadcasts(
    shapes: Sequence[Shape], out: Shape, where: str
) -> tuple[tuple[int, int, int, int], tuple[int, ...]]:
    """The runs of ``broadcast`` for any number of operands, and a mask for each."""
    rank = len(out)
    full = [(1,) * (rank - len(s)) + tuple(s) for s in shapes]
    runs: list[tuple[int, tuple[bool, ...]]] = []  # size, which operands repeat
    for n, *sizes in zip(out, *full, strict=True):
        if n == 1:
            continue
        repeats = tuple(size == 1 for size in sizes)
        if runs and runs[-1][1] == repeats:
            runs[-1] = (runs[-1][0] * n, repeats)
        else:
            runs.append((n, repeats))
    size = four([n for n, _ in runs], 1, where)
    first = 4 - len(runs)
    masks = [0] * len(full)
    for i, (_, repeats) in enumerate(runs):
        for k, repeated in enumerate(repeats):
            masks[k] |= repeated << (first + i)
    return size, tuple(masks)


def matrices(a: Shape, b: Shape, adjoint_a: bool, adjoint_b: bool, where: str) -> Matrices:
    """Products of the last two axes, for each place along those in front of them.

    Raises UnsupportedModel where these take more than three loops.
    """
    rows, depth = a[-2:][:: -1 if adjoint_a else 1]
    _, columns = b[-2:][:: -1 if adjoint_b else 1]
    rank = max(len(a), len(b)) - 2
    full_a, full_b = ((1,) * (rank + 2 - len(s)) + tuple(s[:-2]) for s in (a, b))
    out = tuple(max(m, n) for m, n in zip(full_a, full_b, strict=True))
    steps = broadcast(full_a, full_b, out, where)
    if steps.size[0] != 1:
        raise UnsupportedModel(f"{where} multiplies along four axes", "reshape around it")
    strides = []
    for repeats, each in ((steps.a_repeats, rows * depth), (steps.b_repeats, depth * columns)):
        found = []
        for axis in (3, 2, 1):
            found.append(0 if repeats >> axis & 1 else each)
            each *= 1 if repeats >> axis & 1 else steps.size[axis]
        strides.append((found[2], found[1], found[0]))
    return Matrices(
        steps.size[1:], strides[0], strides[1], rows, depth, columns,
        (1, rows) if adjoint_a else (depth, 1), (1, depth) if adjoint_b else (columns, 1),
    )  # fmt: skip


def reduction(
    shape: Shape, axes: Sequence[int], where: str
) -> tuple[tuple[int, int, int], tuple[int, int]]:
    """Axes merged to (outer, middle, inner) that stay and two that are reduced between them.

    Raises UnsupportedModel where the reduced axes fall into more than two groups.
    """
    reduced = {axis % len(shape) for axis in axes}
    groups: list[tuple[bool, list[int]]] = []
    for axis, n in enumerate(shape):
        if n == 1:
            continue
        if groups and groups[-1][0] == (axis in reduced):
            groups[-1][1].append(n)
        else:
            groups.append((axis in reduced, [n]))
    kept, gone = [1], []
    for is_reduced, sizes in groups:
        if is_reduced:
            gone.append(prod(sizes))
            kept.append(1)
        else:
            kept[-1] = prod(sizes)
    if len(gone) > 2:
        raise UnsupportedModel(
            f"{where} reduces axes {sorted(reduced)} of {shape}: more than two groups of axes",
            "transpose or split the mean",
        )
    while len(gone) < 2:
        # A group of size 1 in front of what is there changes nothing.
        gone.insert(0, 1)
        kept.insert(0, 1)
    return (kept[0], kept[1], kept[2]), (gone[0], gone[1])
