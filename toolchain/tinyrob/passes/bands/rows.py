"""Which rows of its inputs a layer needs for some rows of its output, and the layer of those alone.

A row is a step along the image's height; of images of one row, along the width. Rows stand one
behind the other in memory, so that some of them are an image as well: of less height, with less
padding. The kernels stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from typing import TypeAlias

from tinyrob.network import layers as net

Span: TypeAlias = tuple[int, int]
"""The first row, and the one behind the last."""


class NotByRows(Exception):
    """Some rows of a layer cannot be computed on their own: nothing but padding is there."""


def _there(row: int) -> int:
    return row


@dataclass(frozen=True)
class Rows:
    """How a layer goes by rows: ``made`` of its output; of each input ``read`` (None: each output
    reads all of it), of which outputs [first, last) need ``needs(index, (first, last))``.

    ``cut`` makes the spec of those outputs, for inputs of those rows; both raise NotByRows. A band
    that is to end at a row ends at ``end(row)``, so that none is nothing but padding.
    """

    made: int
    read: tuple[int | None, ...]
    needs: Callable[[int, Span], Span]
    cut: Callable[[Span], net.Spec]
    end: Callable[[int], int] = _there


def rows_of(layer: net.Layer, constant: Callable[[int], bool]) -> Rows | None:
    """How a layer goes by rows; None where it does not. ``constant`` says which values are."""
    spec = layer.spec
    if isinstance(spec, net.Windowed | net.Pool):
        return _windowed(spec)
    if isinstance(spec, net.ConvAdd):
        return _summed(spec)
    rows = _image_rows(layer.shapes[-1])
    if rows is None:
        return None
    if isinstance(spec, net.Pad):
        return _padded(layer, spec)
    if isinstance(spec, net.Requantize | net.Lookup | net.AddN):
        return _each(spec, rows, len(layer.inputs))
    if isinstance(spec, net.Pair):
        masks = (spec.shape.a_repeats, spec.shape.b_repeats)
        size = spec.shape.size
        return _broadcast(
            layer, rows, size, masks, constant,
            lambda cut: replace(spec, shape=replace(spec.shape, size=cut)),
        )  # fmt: skip
    if isinstance(spec, net.Select):
        return _broadcast(
            layer, rows, spec.size, spec.repeats, constant, lambda cut: replace(spec, size=cut)
        )
    if isinstance(spec, net.Concat):
        return _joined(layer, spec, rows)
    return None


def _image_rows(shape: tuple[int, ...]) -> int | None:
    """The rows of an image (1, H, W, C), or of a line (1, W, C)."""
    if len(shape) not in (3, 4) or shape[0] != 1:
        return None
    return shape[2] if shape[1] == 1 and len(shape) == 4 else shape[1]


@dataclass(frozen=True)
class _Axis:
    """The axis of a window along which the rows are."""

    name: str
    size: int
    made: int
    kernel: int
    stride: int
    dilation: int
    pad: int

    def needs(self, made: Span) -> Span:
        """The input's rows for some of the output's; one at least."""
        start = made[0] * self.stride - self.pad
        stop = (made[1] - 1) * self.stride - self.pad + (self.kernel - 1) * self.dilation + 1
        if start >= self.size:
            raise NotByRows
        first = max(start, 0)
        return first, max(min(stop, self.size), first + 1)

    def cut(self, window: net.Window, made: Span) -> net.Window:
        """The window over those rows."""
        first, last = self.needs(made)
        beyond = max(first - (made[0] * self.stride - self.pad), 0)
        place = "pad_top" if self.name == "h" else "pad_left"
        return replace(
            window,
            **{
                f"in_{self.name}": last - first, f"out_{self.name}": made[1] - made[0],
                place: beyond,
            },
        )  # fmt: skip


def _axis(w: net.Window) -> _Axis:
    if w.in_h == w.out_h == 1:
        return _Axis("w", w.in_w, w.out_w, w.kernel_w, w.stride_w, w.dilation_w, w.pad_left)
    return _Axis("h", w.in_h, w.out_h, w.kernel_h, w.stride_h, w.dilation_h, w.pad_top)


def _windowed(spec: net.Windowed | net.Pool) -> Rows | None:
    if spec.batches != 1:
        return None
    window, axis = spec.window, _axis(spec.window)

    def cut(made: Span) -> net.Spec:
        return replace(spec, window=axis.cut(window, made))

    return Rows(axis.made, (axis.size,), lambda _, made: axis.needs(made), cut)


def _summed(spec: net.ConvAdd) -> Rows | None:
    conv = _windowed(spec.conv)
    if conv is None or prod(spec.add.shape.size) % conv.made:
        return None
    each = prod(spec.add.shape.size) // conv.made

    def cut(made: Span) -> net.Spec:
        inner = conv.cut(made)
        assert isinstance(inner, net.Conv)
        shape = replace(spec.add.shape, size=(1, 1, 1, each * (made[1] - made[0])))
        return replace(spec, conv=inner, add=replace(spec.add, shape=shape))

    def needs(index: int, made: Span) -> Span:
        return conv.needs(0, made) if index == 0 else made

    return Rows(conv.made, (*conv.read, conv.made), needs, cut)


def _each(spec: net.Requantize | net.Lookup | net.AddN, rows: int, inputs: int) -> Rows | None:
    """One value of one of each input."""
    if spec.elements % rows:
        return None
    each = spec.elements // rows
    return Rows(
        rows,
        (rows,) * inputs,
        lambda _, made: made,
        lambda made: replace(spec, elements=each * (made[1] - made[0])),
    )


def _broadcast(
    layer: net.Layer,
    rows: int,
    size: tuple[int, int, int, int],
    masks: tuple[int, ...],
    constant: Callable[[int], bool],
    made_of: Callable[[tuple[int, int, int, int]], net.Spec],
) -> Rows | None:
    """Operands that repeat along some axes. The rows are in the outermost that is more than 1."""
    axis = next((i for i, n in enumerate(size) if n > 1), None)
    if axis is None or size[axis] % rows:
        return None
    repeats = [bool(mask >> axis & 1) for mask in masks]
    # A constant that does not repeat would be cut as well: it is no value of the arena.
    cut_up = [constant(v) and not again for v, again in zip(layer.inputs, repeats, strict=True)]
    if all(repeats) or any(cut_up):
        return None
    each = size[axis] // rows

    def cut(made: Span) -> net.Spec:
        changed = [*size]
        changed[axis] = each * (made[1] - made[0])
        return made_of((changed[0], changed[1], changed[2], changed[3]))

    return Rows(
        rows, tuple(None if again else rows for again in repeats), lambda _, made: made, cut
    )


def _padded(layer: net.Layer, spec: net.Pad) -> Rows | None:
    if len(layer.shapes[0]) != 4 or spec.size[0] != 1 or spec.before[0] or spec.after[0]:
        return None
    axis = 1 if spec.size[1] > 1 or spec.before[1] or spec.after[1] else 2
    size, before = spec.size[axis], spec.before[axis]
    total = size + before + spec.after[axis]

    def needs(_: int, made: Span) -> Span:
        first = min(max(made[0] - before, 0), size - 1)
        return first, max(min(made[1] - before, size), first + 1)

    def cut(made: Span) -> net.Spec:
        first, last = needs(0, made)
        around = (max(before + first - made[0], 0), max(made[1] - before - last, 0))
        if sum(around) + last - first != made[1] - made[0]:
            raise NotByRows  # nothing but padding
        changed = [
            tuple(new if i == axis else old for i, old in enumerate(each))
            for each, new in ((spec.size, last - first), (spec.before, around[0]),
                              (spec.after, around[1]))
        ]  # fmt: skip
        return net.Pad(_four(changed[0]), _four(changed[1]), _four(changed[2]), spec.value)

    def end(row: int) -> int:
        if 0 < row <= before:
            return before + 1
        return total if row >= before + size else row

    return Rows(total, (size,), needs, cut, end)


def _four(sizes: tuple[int, ...]) -> tuple[int, int, int, int]:
    return sizes[0], sizes[1], sizes[2], sizes[3]


def _joined(layer: net.Layer, spec: net.Concat, rows: int) -> Rows | None:
    """Side by side along an axis within the rows."""
    if spec.rows % rows or any(_image_rows(shape) != rows for shape in layer.shapes[:-1]):
        return None
    each = spec.rows // rows
    return Rows(
        rows,
        (rows,) * len(layer.inputs),
        lambda _, made: made,
        lambda made: replace(spec, rows=each * (made[1] - made[0])),
    )
