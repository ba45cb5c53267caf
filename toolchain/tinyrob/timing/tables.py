"""The cores whose timing is known, from the TOML files beside this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tinyrob.errors import BoardError
from tinyrob.files.toml_table import Table, read_toml

FOLDER = Path(__file__).with_name("cores")

COSTS = (
    "load", "load_pipelined", "load_use", "store", "store_indexed", "address_stall", "double",
    "multiple", "word", "multiply", "multiply_add", "multiply_long", "divide", "if_then",
    "if_then_folded", "float_divide", "float_multiply_add", "table_branch", "branch_refill",
    "branch_register_refill", "branch_load_refill", "table_branch_refill", "wide_target",
)  # fmt: skip
"""What a table must say, in cycles."""


PAIRS = ("none", "narrow", "all")
"""None; of 16 bits each; of any size: where they are of unlike units and need not wait for each
other."""


@dataclass(frozen=True)
class Point:
    """A comparison with silicon: of how many ``images``, on which board, what was ``fitted``, and
    the ``error`` seen."""

    images: int
    board: str
    fitted: str
    error: str


@dataclass(frozen=True)
class Timing:
    """A core's table. ``measured`` says what the model was compared with, and ``error_percent``
    the largest error seen there (or, where nothing was, a guess that ``measured`` calls one; None:
    unknown). ``pairs``: which two instructions are issued in one cycle (``PAIRS``), ``words`` how
    many words a multiple load or store moves in one."""

    core: str
    reference: str
    measured: str
    error_percent: float | None
    cycles: Mapping[str, int]
    pairs: str = "none"
    words: int = 1
    points: tuple[Point, ...] = ()


@cache
def timings() -> Mapping[str, Timing]:
    """By the core's name, as board files have it. Raises BoardError for a damaged table."""
    found = {}
    for path in sorted(FOLDER.glob("*.toml")):
        top = read_toml(path, BoardError)
        costs = top.table("cycles")
        timing = Timing(
            top.text("core"),
            top.text("reference"),
            top.text("measured"),
            top.number("error_percent", 0, 100) if top.has("error_percent") else None,
            {name: costs.integer(name, 0, 64) for name in COSTS},
            top.choice("pairs", PAIRS, "none"),
            top.integer("words", 1, 2, 1),
            tuple(map(_point, top.tables("points"))) if top.has("points") else (),
        )
        costs.done()
        top.done()
        found[timing.core] = timing
    return found


def _point(table: Table) -> Point:
    found = Point(
        table.integer("images", 1),
        table.text("board"),
        table.text("fitted"),
        table.text("error"),
    )
    table.done()
    return found


def timing_of(core: str) -> Timing:
    """A core's table. Raises BoardError where there is none."""
    if core not in timings():
        raise BoardError(
            f"there is no timing table for a {core}",
            f"there are tables for {', '.join(timings())}: a board counts its own cycles "
            "(--on serial)",
        )
    return timings()[core]
