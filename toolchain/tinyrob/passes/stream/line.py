"""A tensor along time, and what of it a stream computes."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Line:
    """A tensor whose rows along ``axis`` are steps of time, in coordinates of the whole window.

    Each inference makes the ``fresh`` rows in front of ``end``; those before them were made
    earlier. Rows from ``first`` on are the same function of the input's steps wherever the window
    stands; those in front of it, and the window's rows from ``end`` on, saw padding. ``end`` may
    lie beyond ``rows``, the whole tensor's: such rows belong to windows to come.
    """

    axis: int
    rows: int
    fresh: int
    end: int
    first: int = 0

    @property
    def whole(self) -> bool:
        """Whether all of the window's rows can be had."""
        return self.has(0, self.rows)

    def has(self, start: int, stop: int) -> bool:
        """Whether rows from ``start`` up to ``stop`` are a stream's."""
        return self.first <= start and stop <= self.end

    def cut(self, start: int, stop: int) -> Line:
        """The window's rows from ``start`` to ``stop`` only: nothing is moved."""
        first = max(0, self.first - start)
        return replace(self, rows=stop - start, end=self.end - start, first=first)

    def padded(self, before: int, after: int) -> Line:
        """With rows of padding, which are none of the stream's."""
        first = self.first + before if before else self.first
        return replace(self, rows=self.rows + before + after, end=self.end + before, first=first)

    def windows(self, reach: int, stride: int, before: int, rows: int) -> Line:
        """What a window of ``reach`` steps makes, ``before`` of them in front of the first row.
        ``fresh`` is a multiple of ``stride``."""
        return Line(
            self.axis,
            rows,
            self.fresh // stride,
            (self.end - reach + before) // stride + 1,
            max(0, -(-(self.first + before) // stride)),
        )
