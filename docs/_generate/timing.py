"""What estimates of cycles stand on: the cores' tables, and every point they were compared at."""

from __future__ import annotations

from _generate.markdown import table, text
from tinyrob.boards.read import all_boards
from tinyrob.timing.tables import FOLDER, timings

_INTRO = """# Estimates of cycles

`tinyrob build`, `run --on emulator --profile`, `fit` and the report estimate cycles: exact counts
of executed basic blocks, times a table of the core, plus what the board's flash costs. From
`toolchain/tinyrob/timing/cores/*.toml`, each figure with its source. On a board cycles are
counted (`--on serial`), and take the estimate's place.

## How far they were off

"""
_POINTS = """
Images of others, of which the latency on a board is published. One chip and one generator were used
for the flash's two fitted constants, and that generator's code loads single words where ours loads
several. Cores without a point here were compared with nothing: their error is not known.

## What each core's table stands on

"""
_FLASH = """
## Flash

These boards' files have a model of their flash (`[flash_timing]`). Elsewhere an estimate is at zero
wait states, and says that it is a lower bound where the part's flash waits:

"""


def page() -> str:
    """The points, the cores, the boards."""
    points = [
        (core, str(p.images), text(p.board), text(p.fitted), text(p.error))
        for core, timing in timings().items()
        for p in timing.points
    ]
    cores = []
    for core, timing in timings().items():
        lines = (FOLDER / f"{core.replace('-', '_')}.toml").read_text(encoding="utf-8").splitlines()
        assumed = sum("[A]" in line for line in lines if "=" in line)
        known = "unknown" if timing.error_percent is None else f"{timing.error_percent:g} %"
        cores.append((core, text(timing.reference), str(assumed) if assumed else "", known))
    flash = ", ".join(f"`{board.name}`" for board in all_boards() if board.flash_timing)
    return (
        _INTRO
        + table(("core", "images", "board", "fitted", "error"), points)
        + _POINTS
        + table(("core", "manual", "figures assumed", "error told"), cores)
        + _FLASH
        + flash
        + ".\n"
    )
