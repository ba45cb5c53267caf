"""What all layers share: what a kernel is told, windows, broadcasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir.qmath import Factor

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Integers = NDArray[np.integer[Any]]

IDENTITY = Factor(2**30, 1)
"""The factor 1: x * 2 * 2**30 / 2**31, exact for |x| < 2**30."""


@dataclass(frozen=True)
class Window:
    """A window over an image: sizes in elements; right and bottom padding follow from ``out``."""

    in_h: int
    in_w: int
    out_h: int
    out_w: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    dilation_h: int
    dilation_w: int
    pad_top: int
    pad_left: int

    @property
    def padded(self) -> bool:
        """Whether any window reaches outside the image."""
        reach_h = (self.out_h - 1) * self.stride_h + (self.kernel_h - 1) * self.dilation_h + 1
        reach_w = (self.out_w - 1) * self.stride_w + (self.kernel_w - 1) * self.dilation_w + 1
        top_left = self.pad_top > 0 or self.pad_left > 0
        return top_left or reach_h > self.in_h or reach_w > self.in_w


@dataclass(frozen=True)
class Broadcast:
    """The output's four axes, and for each operand which of them it repeats along (bit mask)."""

    size: tuple[int, int, int, int]
    a_repeats: int = 0
    b_repeats: int = 0


@dataclass(frozen=True, eq=False)
class Spec:
    """What a layer computes. ``kind`` keys the kernel table; ``clamps``: has a clamp at its end.

    ``joins``: all the operator's inputs are handed to the kernel; else one is, and the rest is in
    the spec.
    """

    kind: ClassVar[str]
    clamps: ClassVar[bool] = True
    joins: ClassVar[bool] = False

    @property
    def macs(self) -> int:
        """Multiplications of an input with a weight, padding counted as MLPerf does: in full."""
        return 0
