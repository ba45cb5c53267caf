"""What waiting for the flash costs: lines that the instruction stream enters, data that miss."""

from __future__ import annotations

from collections import OrderedDict

from tinyrob.boards.board import FlashTiming


class DataCache:
    """Lines of rows, the least recently used goes; a miss brings one row. Without lines, every
    read is a miss."""

    def __init__(self, timing: FlashTiming) -> None:
        self._timing = timing
        self._lines: OrderedDict[int, set[int]] = OrderedDict()
        self._last: int | None = None

    def missed(self, address: int) -> bool:
        """Reads; whether the flash had to be waited for."""
        if self._timing.cache_lines == 0:
            return True
        row = address // self._timing.row_bytes
        if row == self._last:
            return False
        self._last = row
        tag, sector = divmod(row, self._timing.rows_a_line)
        rows = self._lines.pop(tag, set())
        hit = sector in rows
        rows.add(sector)
        self._lines[tag] = rows
        if len(self._lines) > self._timing.cache_lines:
            self._lines.popitem(last=False)
        return not hit


class LineCounter:
    """Counts how often the instruction stream enters another line of the flash."""

    def __init__(self, line_bytes: int) -> None:
        self._bytes = line_bytes
        self._last = -1

    def entered(self, at: int, size: int) -> int:
        """Lines that a block of ``size`` bytes enters."""
        first, last = at // self._bytes, (at + size - 1) // self._bytes
        count = last - first + (first != self._last)
        self._last = last
        return count
