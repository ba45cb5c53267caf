"""Measured rows as a Markdown table, and its place in the pages that show it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.comparison.render import placed

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", ROOT / "docs" / "reference" / "figures.md")
PLACE = "fpga"
_HEAD = (
    "network",
    "device or board",
    "ms an image",
    "cycles",
    "latency",
    "MHz (seeds)",
    "LUT",
    "FF",
    "block RAM",
    "DSP",
    "inputs, 0 LSB",
)


def table(rows: Sequence[dict[str, Any]]) -> str:
    """A line a row that has a route: LUTs and flip-flops of the largest of its routes."""
    lines = [_line(_HEAD), _line(["---", "---", *["---:"] * (len(_HEAD) - 2)])]
    lines += [_row(row) for row in rows if row["routes"]]
    return "\n".join(lines)


def write(rows: Sequence[dict[str, Any]]) -> None:
    """The table into every page that shows it. Raises DataError where one has no place for it."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(placed(text, table(rows), PLACE), encoding="utf-8")


def _row(row: dict[str, Any]) -> str:
    routes = list(row["routes"].values())
    most = {key: max(route[key] for route in routes) for key in ("lut", "ff", "ebr", "dsp")}
    return _line(
        [
            row["network"],
            row["device"],
            f"**{row['ms']:.3g}**",
            f"{row['interval']:,}",
            f"{row['latency']:,}",
            f"{row['mhz']:g} ({len(routes)})",
            *(f"{most[key]:,}" for key in ("lut", "ff", "ebr", "dsp")),
            f"{row['vectors']:,}",
        ]
    )


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
