"""Measured figures as a table, beside the standard runtime's."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.bench.budgets import Table
from tinyrob.build.measure import Figures

_COLUMNS = (
    "model", "board", "kernels", "instructions", "a MAC", "TFLM", "cycles (estimate)", "flash",
    "code + weights + other", "TFLM", "RAM", "arena + static + stack", "TFLM",
)  # fmt: skip
_TEXTS = 3


def render(measured: Sequence[Figures], baseline: Table) -> str:
    """Markdown, with aligned columns: one row for each network and board."""
    rows = [_COLUMNS, *(cells(one, baseline) for one in measured)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "| "
        + " | ".join(
            cell.ljust(width) if i < _TEXTS else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        + " |"
        for row in rows
    ]
    rule = (
        "-" * (width + 2) if i < _TEXTS else "-" * (width + 1) + ":"
        for i, width in enumerate(widths)
    )
    return "\n".join([lines[0], "|" + "|".join(rule) + "|", *lines[1:]])


def cells(one: Figures, baseline: Table) -> tuple[str, ...]:
    """A row's texts; a dash where there is no figure."""
    other = baseline.get(one.model, {}).get(one.board, {})
    ratio = one.instructions_per_mac
    return (
        one.model,
        one.board,
        one.isa,
        _number(one.instructions),
        "-" if ratio is None else f"{ratio:.2f}",
        _number(other.get("instructions")),
        _number(one.cycles_estimate),
        _number(one.flash_bytes),
        " + ".join(_number(one.flash[key]) for key in ("code", "weights", "other")),
        _number(other.get("flash_bytes")),
        _number(one.ram_bytes),
        " + ".join(_number(one.ram[key]) for key in ("arena", "static", "stack")),
        _number(other.get("ram_bytes")),
    )


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"
