"""A board's bitstream by the open tools, and what stands in its way: resources, the clock."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tinyrob.boards.lattice import LatticeBoard
from tinyrob.errors import BuildError, DoesNotFit
from tinyrob.files.json_text import read_json
from tinyrob.rtl import tools

_PACK = {"ecp5": "ecppack", "ice40": "icepack"}
_UNITS = {"lut": "LUTs", "ff": "flip-flops", "ram": "block RAMs", "dsp": "DSP blocks"}
# What a cell of Yosys takes at least: the ECP5's carry cell is two LUTs, its 16 x 4 RAM six.
_CELLS: dict[str, dict[str, tuple[str, int]]] = {
    "ecp5": {
        "LUT4": ("lut", 1),
        "CCU2C": ("lut", 2),
        "TRELLIS_DPR16X4": ("lut", 6),
        "TRELLIS_FF": ("ff", 1),
        "DP16KD": ("ram", 1),
        "PDPW16KD": ("ram", 1),
        "MULT18X18D": ("dsp", 1),
    },
    "ice40": {"SB_LUT4": ("lut", 1), "SB_RAM40_4K": ("ram", 1), "SB_MAC16": ("dsp", 1)},
}
_BELS = {
    "TRELLIS_COMB": "lut",
    "TRELLIS_FF": "ff",
    "DP16KD": "ram",
    "MULT18X18D": "dsp",
    "ICESTORM_LC": "lut",
    "ICESTORM_RAM": "ram",
    "ICESTORM_DSP": "dsp",
}
"""What nextpnr calls places, as a board's resources."""


def bitstream_file(project: Path, board: LatticeBoard) -> Path:
    """Where a project's bitstream is, once it is made."""
    return project / "build" / "board" / f"board.{board.suffix}"


def make_bitstream(project: Path, board: LatticeBoard, seed: int = 1) -> dict[str, Any]:
    """Synthesized, placed, routed and packed: ``bitstream`` (its file), ``clock_mhz``,
    ``fmax_mhz``, and ``lut``, ``ff``, ``ram``, ``dsp``, each [used, available].

    Raises ToolMissing, DoesNotFit with each resource that is too small, BuildError where a tool
    fails or the clock cannot be met, naming the layer of the critical path.
    """
    found = {
        "YOSYS": tools.find("yosys"),
        "NEXTPNR": tools.find(f"nextpnr-{board.family}"),
        "PACK": tools.find(_PACK[board.family]),
    }
    folder, built = project / "board", project / "build" / "board"
    tools.make(folder, "synth", f"YOSYS={found['YOSYS']}")
    check_fits(built / "stat.json", board)
    route = (f"NEXTPNR={found['NEXTPNR']}", f"SEED={seed}", "NEXTPNRFLAGS=--timing-allow-fail")
    try:
        tools.make(folder, "route", *route)
    except BuildError as error:
        full = re.search(
            r"[Uu]nable to (?:find|place).*?type '(\w+)'|for cell type '(\w+)'", error.message
        )
        bel = next((name for name in full.groups() if name), "") if full else ""
        if bel not in _BELS:
            raise
        raise _too_small(
            board, [f"more {_UNITS[_BELS[bel]]} than it has (nextpnr: {bel})"]
        ) from None
    made = read_clock(built / "report.json", project)
    tools.make(folder, "bitstream", *route, f"PACK={found['PACK']}")
    return {"board": board.name, "bitstream": str(bitstream_file(project, board)), **made}


def check_fits(stat: Path, board: LatticeBoard) -> None:
    """Raises DoesNotFit with every resource of which Yosys' cells take more than the part has."""
    try:
        cells = read_json(stat)["design"]["num_cells_by_type"]
        used = dict.fromkeys(_UNITS, 0)
        for cell, number in cells.items():
            unit, times = _CELLS[board.family].get(cell, ("", 0))
            if board.family == "ice40" and cell.startswith("SB_DFF"):
                unit, times = "ff", 1
            if unit:
                used[unit] += times * int(number)
    except (OSError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
        raise BuildError(
            f"{stat} is not a statistic of Yosys: {error}", "synthesize again"
        ) from None
    have = {unit: getattr(board, unit) for unit in _UNITS}
    short = [
        f"at least {used[unit]:,} {_UNITS[unit]} of {have[unit]:,}"
        for unit in _UNITS
        if used[unit] > have[unit]
    ]
    if short:
        raise _too_small(board, short)


def _too_small(board: LatticeBoard, short: list[str]) -> DoesNotFit:
    return DoesNotFit(
        f"the design does not fit {board.name} ({board.part}): it takes {' and '.join(short)}",
        "give the network more cycles (--interval 400, 1000, …), or take a larger board",
    )


def read_clock(path: Path, project: Path) -> dict[str, Any]:
    """The figures in nextpnr's report. Raises BuildError where it is none, or a clock is not met,
    with the layer that the critical path ends in."""
    try:
        report = read_json(path)
        clocks = {
            name: (float(c["achieved"]), float(c["constraint"]))
            for name, c in report["fmax"].items()
        }
        name = min(clocks, key=lambda one: clocks[one][0] / clocks[one][1])
        reached, wanted = clocks[name]
        used: dict[str, list[int]] = {}
        for bel, figures in report["utilization"].items():
            unit = _BELS.get(bel)
            if unit is not None:
                used[unit] = [int(figures["used"]), int(figures["available"])]
        cells = critical_cells(report)
    except (OSError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
        raise BuildError(f"{path} is not a report of nextpnr: {error}", "route again") from None
    if reached < wanted:
        raise BuildError(
            f"the clock of {wanted:.4g} MHz cannot be met: the critical path allows "
            f"{reached:.4g} MHz, and it is in {place_of(cells, project)}",
            f"--mhz {int(reached)}, or another seed (make -C board bitstream SEED=2 in {project})",
        )
    return {"clock_mhz": round(wanted, 2), "fmax_mhz": round(reached, 1), **used}


def critical_cells(report: Any) -> list[str]:
    """The names of the cells on the longest path within a clock."""
    paths = [p["path"] for p in report.get("critical_paths", []) if p["from"] == p["to"]]
    paths.sort(key=lambda path: sum(float(step["delay"]) for step in path))
    return [str(step["to"]["cell"]) for step in paths[-1]] if paths else []


def place_of(cells: list[str], project: Path) -> str:
    """Where most of these cells are: a layer, or the part of the design around the network."""
    streams = {s["stream"]: s["name"] for s in read_json(project / "manifest.json")["streams"]}
    votes: dict[str, int] = {}
    for cell in cells:
        layer = next(
            (
                f"layer {name!r}"
                for stream, name in sorted(streams.items(), key=lambda one: -len(one[0]))
                if re.search(rf"(?:^|\.){re.escape(stream)}(?![0-9A-Za-z])", cell)
            ),
            "the UART's server" if "server" in cell else "",
        )
        if layer:
            votes[layer] = votes.get(layer, 0) + 1
    found = max(votes, key=lambda name: votes[name], default="")
    return found or f"the cell {cells[-1]!r}" if cells else "a path that nextpnr does not tell"
