"""Measured rows as Markdown tables, and their places in the pages that show them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.comparison.render import markdown, placed
from benchmarks.kept import write_placed
from tinyrob.rtl.devices import DEVICES

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ROOT / "docs" / "reference" / "figures.md"
PLACES = ((ROOT / "README.md", "fpga"), (FIGURES, "fpga"), (FIGURES, "fpga-model"))
"""Pages, and the marks in them of what they show."""
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
_MODEL = (("cycles", "cycles"), ("LUT", "lut"), ("block RAM", "ebr"), ("DSP", "dsp"))


def table(rows: Sequence[dict[str, Any]]) -> str:
    """A line a row that has a route: LUTs and flip-flops of the largest of its routes."""
    return "\n".join(markdown(_HEAD, (_row(row) for row in rows if row["routes"])))


def model(rows: Sequence[dict[str, Any]]) -> str:
    """How far the model that layers are folded by is from what was routed: a line a part's row
    (on a board, the UART's server is there as well)."""
    head = ("network", "device", *(f"{what} (model)" for what, _ in _MODEL))
    body = []
    for row in rows:
        if row["routes"] and row["device"] in DEVICES:
            told = {**row["estimate"], "cycles": row["estimate"]["interval"]}
            found = {**_most(row), "cycles": row["interval"]}
            cells = (f"{found[key]:,} ({told[key]:,})" for _, key in _MODEL)
            body.append([row["network"], row["device"], *cells])
    return "\n".join(markdown(head, body))


_SHOWN = {"fpga": table, "fpga-model": model}


def shown(text: str, rows: Sequence[dict[str, Any]], place: str) -> str:
    """A page's ``text`` with what ``place`` shows. Raises DataError where it has no such place."""
    return placed(text, _SHOWN[place](rows), place)


def write(rows: Sequence[dict[str, Any]]) -> None:
    """The tables into every page that shows them. Raises DataError where one has no place."""
    for page, place in PLACES:
        write_placed(page, _SHOWN[place](rows), place)


def _most(row: dict[str, Any]) -> dict[str, int]:
    """Of each resource, what the largest of a row's routes takes."""
    routes = row["routes"].values()
    return {key: max(route[key] for route in routes) for key in ("lut", "ff", "ebr", "dsp")}


def _row(row: dict[str, Any]) -> list[str]:
    return [
        row["network"],
        row["device"],
        f"**{row['ms']:.3g}**",
        f"{row['interval']:,}",
        f"{row['latency']:,}",
        f"{row['mhz']:g} ({len(row['routes'])})",
        *(f"{count:,}" for count in _most(row).values()),
        f"{row['vectors']:,}",
    ]
