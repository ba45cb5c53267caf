"""Cycles that an image takes through a window and logic that takes some cycles a position.

The window walks over an image and its border, a value a cycle, and waits in front of logic that
still computes: for a position that costs ``slots`` cycles the walk to the next one is free.
"""

from __future__ import annotations

from tinyrob.rtl.folding import Axis, Work


def walked(work: Work) -> int:
    """Cycles of the walk alone."""
    return _length(work.rows) * _length(work.cols)


def walked_in_steps(work: Work, slots: int) -> int:
    """Cycles of an image whose positions take ``slots`` cycles each, once values come as fast as
    they are asked for."""
    rows, cols, width = work.rows, work.cols, _length(work.cols)
    along = cols.stride
    turn = rows.stride * width - (cols.out - 1) * along
    inner, turns = rows.out * (cols.out - 1), rows.out - 1
    between = walked(work) - inner * along - turns * turn
    return inner * max(slots, along) + turns * max(slots, turn) + max(slots, between)


def _length(axis: Axis) -> int:
    """Of an axis and its border: what the windows lie on, and what they leave out at its end."""
    covered = (axis.out - 1) * axis.stride + axis.extent - axis.before
    return axis.before + max(axis.size, covered)
