"""How a layer is folded: how many of its sums, and of each sum's products, there are in hardware.

A layer's work is a loop nest: positions, outputs of a position, words of the window. ``pe`` outputs
are summed side by side, ``simd`` products of each a cycle, so an image takes positions x (outputs /
pe) x (window x channels / simd) cycles, whatever the weights are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from tinyrob.frozen import model as fr
from tinyrob.frozen.shapes import Shape
from tinyrob.ir.geometry import padding_before

Weighted = fr.Conv2D | fr.DepthwiseConv2D | fr.Dense
Foldable = Weighted | fr.MaxPool2D


class Products(IntEnum):
    """How a product is made; the numbers are ``tr_sums``' KIND."""

    MULTIPLIER = 0
    SHIFTS = 1
    TERNARY = 2
    TWO_A_MULTIPLIER = 3


@dataclass(frozen=True)
class Fold:
    """``pe`` outputs at once, ``simd`` input channels a cycle (depthwise and pools: 1).

    ``shallow``: results wait in flip-flops, few of them, where a longer queue would be block RAM.
    """

    pe: int
    simd: int = 1
    products: Products = Products.TERNARY
    shallow: bool = False


@dataclass(frozen=True)
class Axis:
    """A window along one axis of an image: sizes in, out, before and of the window."""

    size: int
    out: int
    before: int
    window: int
    stride: int
    dilation: int

    @property
    def extent(self) -> int:
        """What the window spans."""
        return (self.window - 1) * self.dilation + 1

    @property
    def over(self) -> bool:
        """Whether a window reaches over the image's border."""
        return self.before > 0 or (self.out - 1) * self.stride + self.extent > self.size


@dataclass(frozen=True)
class Work:
    """The loop nest of a layer; ``own``: an output reads its own channel only."""

    rows: Axis
    cols: Axis
    channels: int
    outputs: int
    own: bool

    @property
    def positions(self) -> int:
        """Of the output."""
        return self.rows.out * self.cols.out

    @property
    def many(self) -> int:
        """Outputs of an input channel, where they read one."""
        return self.outputs // self.channels if self.own else 1

    @property
    def products(self) -> int:
        """Of an output."""
        return self.rows.window * self.cols.window * (1 if self.own else self.channels)

    def lanes(self, fold: Fold) -> int:
        """Channels in a word that is read."""
        return fold.pe // self.many if self.own else fold.simd

    def groups(self, fold: Fold) -> int:
        """How often the window is read at a position."""
        return self.outputs // fold.pe

    def words(self, fold: Fold) -> int:
        """Words that a group reads: cycles a beat."""
        return self.products // (1 if self.own else fold.simd)

    def waiting(self, fold: Fold) -> int:
        """Results that may be under way or wait: its pipeline and a little more, so that it is not
        the limit. A short group is done before 16 of them have gone through the pipeline."""
        words = self.words(fold)
        return 4 if fold.shallow and words >= 8 else 32 if words == 1 else 16

    def cycles(self, fold: Fold) -> int:
        """Of an image: its words, and three a row to begin it."""
        return self.positions * self.groups(fold) * self.words(fold) + 3 * self.rows.out


def work_of(node: Foldable, size: Shape, shape: Shape) -> Work:
    """The work of ``node`` from inputs of ``size`` to ``shape``."""
    if isinstance(node, fr.Dense):
        one = Axis(1, 1, 0, 1, 1, 1)
        return Work(one, one, size[-1], shape[-1], False)
    pool = isinstance(node, fr.MaxPool2D)
    window = node.window if isinstance(node, fr.MaxPool2D) else node.kernel.shape[:2]
    dilation = (1, 1) if isinstance(node, fr.MaxPool2D) else node.dilation
    rows, cols = (
        Axis(
            size[i],
            shape[i],
            padding_before(size[i], window[i], node.strides[i], dilation[i], shape[i]),
            window[i],
            node.strides[i],
            dilation[i],
        )
        for i in (0, 1)
    )
    own = pool or isinstance(node, fr.DepthwiseConv2D)
    return Work(rows, cols, size[-1], shape[-1], own)


@dataclass(frozen=True)
class RowPlan:
    """When a row of outputs may start: ``need`` rows are there; ``release`` of them go after it.

    ``rows`` is the ring's size: what is needed, and what comes in meanwhile.
    """

    need: tuple[int, ...]
    release: tuple[int, ...]
    rows: int


def row_plan(axis: Axis) -> RowPlan:
    """Of the rows of an image: all of them have gone after its last row of outputs."""
    need, release, base = [], [], 0
    for out in range(axis.out):
        first = out * axis.stride - axis.before
        if out + 1 < axis.out:
            reach = min(axis.size, first + axis.extent)
            gone = min(axis.size, max(0, first + axis.stride))
        else:
            reach = gone = axis.size
        release.append(gone - base)
        need.append(max(reach - base, gone - base, 1))
        base = gone
    ahead = axis.stride if axis.stride <= 2 else 1
    return RowPlan(tuple(need), tuple(release), max(need) + ahead)


def weight_bits(node: Weighted) -> int:
    """Of the narrowest two's complement that holds the kernel: 2 where it is ternary."""
    low, high = int(node.kernel.min(initial=0)), int(node.kernel.max(initial=0))
    return max(2, (-low - 1).bit_length() + 1 if low else 0, high.bit_length() + 1)


def ternary(node: Weighted) -> bool:
    """Whether every weight is -1, 0 or 1."""
    return bool(np.abs(node.kernel.astype(np.int64)).max(initial=0) <= 1)


def divisors(number: int) -> list[int]:
    """In rising order."""
    small = [d for d in range(1, math.isqrt(number) + 1) if number % d == 0]
    return sorted({*small, *(number // d for d in small)})
