"""Depthwise layers for Cortex-M with MVE: how their windows are laid out and taken together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from tinyrob.kernels.descriptor import Array, Descriptor
from tinyrob.kernels.mve import layout as mve
from tinyrob.kernels.portable import describe
from tinyrob.network import layers as net

_MOST_ROWS = 4
"""Output rows from one set of planes. What a 3x3 kernel allows: more would only take memory."""

_LONGEST_PLANE = 8191
"""Seven planes are the largest offset of a scatter of 16-bit lanes."""

_FARTHEST = 65535
"""The largest offset of an output in a group of eight: 16-bit lanes, too."""

_UNITS = 4
"""Pairs of windows that are finished together."""

LONG, ROWS, COLUMNS = range(3)
"""What is taken in pairs, as the descriptor's ``pairs`` has it: nothing, rows, columns."""


def columns(window: net.Window) -> int:
    """Columns that an output row reads, with padding."""
    return (window.out_w - 1) * window.stride_w + window.kernel_w


def dense_columns(window: net.Window) -> bool:
    """Whether a window's columns have no gaps."""
    return window.dilation_w == 1 or window.kernel_w == 1


def _turned(window: net.Window) -> net.Window:
    w = window
    return net.Window(
        w.in_w, w.in_h, w.out_w, w.out_h, w.kernel_w, w.kernel_h, w.stride_w, w.stride_h,
        w.dilation_w, w.dilation_h, w.pad_left, w.pad_top,
    )  # fmt: skip


@dataclass(frozen=True)
class _Plan:
    """One way to take a layer's windows; ``window`` is turned where ``across``."""

    window: net.Window
    across: bool
    pairs: int
    rows: int

    @property
    def lines(self) -> int:
        """Input rows that so many output rows read."""
        return (self.rows - 1) * self.window.stride_h + self.window.kernel_h

    @property
    def span(self) -> int:
        """Of a window in a plane."""
        return (self.window.kernel_w - 1) * self.lines + self.window.kernel_h

    @property
    def plane(self) -> int:
        return columns(self.window) * self.lines

    @property
    def step(self) -> int:
        """From unit to unit in a plane."""
        wide = 2 if self.pairs == COLUMNS else 1
        return self.window.stride_w * self.lines * wide

    def possible(self, channels: int) -> bool:
        """What tr_depthwise_conv2d_mve_s8.h asks for."""
        w = self.window
        if not dense_columns(w) or self.plane > _LONGEST_PLANE:
            return False
        if self.pairs == LONG:
            return True
        if self.pairs == ROWS:
            apart, fits = w.stride_h, w.dilation_h == 1 and w.out_h >= self.rows
        else:
            apart, fits = w.stride_w * self.lines, w.out_w % 2 == 0 or w.out_w >= 2 * _UNITS
        row, column = (1, w.out_h) if self.across else (w.out_w, 1)
        unit, second = (column, row) if self.pairs == ROWS else (2 * column, column)
        reach = ((_UNITS - 1) * unit + second) * channels
        return fits and self.span + apart <= mve.VECTOR and reach <= _FARTHEST

    @property
    def cost(self) -> int:
        """Instructions for eight channels, about."""
        w = self.window
        blocks = -(-w.out_h // self.rows)
        planes = blocks * (40 + self.lines * (25 + 5 * columns(w)))
        if self.pairs == LONG:
            return planes + 2 * w.out_h * (30 + w.out_w * (28 + 13 * -(-self.span // mve.VECTOR)))
        wide = 2 if self.pairs == COLUMNS else 1
        groups = -(-w.out_w // (_UNITS * wide))
        even = groups == 1 or (w.out_w - _UNITS * wide) % (groups - 1) == 0
        calls = 1 if even else 2
        pairs = sum(
            -(-max(min(self.rows, w.out_h - y), 1) // 2) for y in range(0, w.out_h, self.rows)
        )
        return planes + 8 * (blocks * calls * 25 + pairs * (35 * groups + 9 * calls))


def _plans(window: net.Window) -> Iterator[_Plan]:
    for across, turned in ((False, window), (True, _turned(window))):
        for rows in range(_MOST_ROWS, 1, -1):
            yield _Plan(turned, across, ROWS, rows)
        yield _Plan(turned, across, COLUMNS, 1)
        yield _Plan(turned, across, LONG, 1)


def _depthwise(layer: net.Layer) -> net.Depthwise:
    return describe.spec_of(layer, net.Depthwise)


def _plan(layer: net.Layer) -> _Plan | None:
    """The cheapest one; None where there is none."""
    spec = _depthwise(layer)
    channels = spec.in_c * spec.depth
    possible = [plan for plan in _plans(spec.window) if plan.possible(channels)]
    return min(possible, key=lambda plan: plan.cost, default=None)


def _chosen(layer: net.Layer) -> _Plan:
    plan = _plan(layer)
    assert plan is not None
    return plan


def accepts(layer: net.Layer) -> bool:
    """No gaps between a window's columns, or none between its rows; planes whose distance a
    scatter can reach."""
    return _plan(layer) is not None and mve.rescales_right(_depthwise(layer))


def accepts_pairs(layer: net.Layer) -> bool:
    """Also: windows that two at a time are cheaper than one."""
    return accepts(layer) and _chosen(layer).pairs != LONG


def scratch(layer: net.Layer) -> int:
    """Eight planes, and what the last units read beyond them."""
    plan = _chosen(layer)
    beyond = 0 if plan.pairs == LONG else (_UNITS - 1) * plan.step
    return 8 * plan.plane + mve.VECTOR + beyond


def describe_layer(layer: net.Layer) -> Descriptor:
    """tr_depthwise_conv2d_mve."""
    spec, plan = _depthwise(layer), _chosen(layer)
    stream = mve.depthwise(spec, plan.lines, plan.across, plan.pairs != LONG)
    return Descriptor(
        "tr_depthwise_conv2d_mve",
        {
            "window": asdict(plan.window),
            "batches": spec.batches,
            "in_c": spec.in_c,
            "depth": spec.depth,
            "rows": plan.rows,
            "lines": plan.lines,
            "across": int(plan.across),
            "pairs": plan.pairs,
            "rectified": int(mve.rectified(layer)),
            "input_zero_point": spec.input_zero_point,
            "zero_point": spec.output_zero_point,
            "lo": layer.clamp[0],
            "hi": layer.clamp[1],
            "stream": Array("int32_t", stream),
        },
    )
