"""Moved values as loops: from where each comes (``ir.moves``) to sizes, strides and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Int64Array = NDArray[np.int64]
AXES = 5


@dataclass(frozen=True)
class Loops:
    """Output values in order, as a nest of loops around runs of neighbours.

    ``run`` values lie side by side in the input. ``sizes`` are of at most ``AXES`` loops, the
    outermost first; a step of loop i moves by ``strides[i]`` values, or to ``tables[i][k]`` where
    that is not None. ``start`` is where the first value is.
    """

    run: int
    start: int
    sizes: tuple[int, ...]
    strides: tuple[int, ...]
    tables: tuple[tuple[int, ...] | None, ...]

    @property
    def is_view(self) -> bool:
        """Whether the output is one stretch of the input."""
        return not self.sizes


def loops_of(sources: Int64Array) -> Loops | None:
    """The loops that visit ``sources`` (the output's shape); None where it takes more of them.

    Every operator of ``ir.moves`` moves each axis on its own, so that a position is a sum of one
    term an axis: a multiple of the index, or an entry of a table.
    """
    start = int(sources.reshape(-1)[0])
    axes: list[tuple[int, Int64Array]] = []
    total = np.full(sources.shape, start, np.int64)
    for axis, size in enumerate(sources.shape):
        if size == 1:
            continue
        line = np.take(sources, range(size), axis)
        first = tuple(slice(None) if i == axis else 0 for i in range(sources.ndim))
        terms = line[first] - start
        axes.append((size, terms))
        total = total + terms.reshape([-1 if i == axis else 1 for i in range(sources.ndim)])
    if not np.array_equal(total, sources):
        return None
    merged = _merged(axes)
    run = 1
    if merged and _stride(merged[-1][1]) == 1:
        run = merged.pop()[0]
    if len(merged) > AXES:
        return None
    strides = [_stride(terms) for _, terms in merged]
    return Loops(
        run,
        start,
        tuple(size for size, _ in merged),
        tuple(0 if s is None else s for s in strides),
        tuple(
            tuple(int(t) for t in terms) if s is None else None
            for s, (_, terms) in zip(strides, merged, strict=True)
        ),
    )


def _stride(terms: Int64Array) -> int | None:
    """The step between neighbours, where it is one and the same."""
    steps = np.diff(terms)
    return int(steps[0]) if (steps == steps[0]).all() else None


def _merged(axes: Sequence[tuple[int, Int64Array]]) -> list[tuple[int, Int64Array]]:
    """Neighbouring axes that one loop can run through, as one."""
    result: list[tuple[int, Int64Array]] = []
    for size, terms in axes:
        if result:
            outer_size, outer = result[-1]
            step, inner = _stride(outer), _stride(terms)
            if step is not None and inner is not None and step == inner * size:
                result[-1] = (outer_size * size, inner * np.arange(outer_size * size))
                continue
        result.append((size, terms))
    return result
