"""Real figures without vendor tools: Yosys counts LUTs and flip-flops, nextpnr finds the clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tinyrob.errors import BuildError, DoesNotFit
from tinyrob.files.json_text import read_json
from tinyrob.rtl import tools
from tinyrob.rtl.bitstream import critical_cells, place_of
from tinyrob.rtl.devices import device_of


def synthesize(project: Path) -> dict[str, int]:
    """Cells after Yosys: ``lut``, ``ff``, ``carry``, ``dsp``, ``ram`` (distributed), ``ebr``
    (block). Raises as ``tools.make``."""
    tools.make(project, "synth", f"YOSYS={tools.find('yosys')}")
    return read_cells(project / "build" / "stat.json")


def read_cells(path: Path) -> dict[str, int]:
    """The figures in Yosys' ``stat -json``. Raises BuildError where it is none."""
    try:
        cells = read_json(path)["design"]["num_cells_by_type"]
        count = {name: int(number) for name, number in cells.items()}
    except (OSError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
        raise BuildError(
            f"{path} is not a statistic of Yosys: {error}", "synthesize again"
        ) from None
    return {
        "lut": count.get("LUT4", 0),
        "ff": count.get("TRELLIS_FF", 0),
        "carry": count.get("CCU2C", 0),
        "dsp": count.get("MULT18X18D", 0),
        "ram": count.get("TRELLIS_DPR16X4", 0),
        "ebr": count.get("DP16KD", 0),
    }


def route(project: Path, device: str, mhz: int, seed: int = 1) -> dict[str, Any]:
    """Placed and routed by nextpnr: ``fmax_mhz``, what is used, and ``critical``: where the longest
    path is.

    Raises DoesNotFit before it starts where Yosys' cells are more than the part has.
    """
    part = device_of(device)
    cells = read_cells(project / "build" / "stat.json")
    # A lower bound: a carry cell takes two places, distributed RAM eight; chains take ends, too.
    wanted = cells["lut"] + 2 * cells["carry"] + 8 * cells["ram"]
    needs = {
        "LUT places": (wanted, part.luts),
        "block RAMs": (cells["ebr"], part.rams),
        "multipliers": (cells["dsp"], part.dsps),
    }
    short = [f"{n:,} {what} of {has:,}" for what, (n, has) in needs.items() if n > has]
    if short:
        raise DoesNotFit(
            f"the network needs at least {' and '.join(short)} on {device}",
            "give it more cycles (--interval 400, 1000, …), so that layers are folded, or take a "
            "larger --device",
        )
    tools.make(
        project,
        "route",
        f"NEXTPNR={tools.find('nextpnr-ecp5')}",
        f"DEVICE={part.option}",
        f"PACKAGE={part.package}",
        f"MHZ={mhz}",
        f"SEED={seed}",
    )
    report = project / "build" / "report.json"
    found = read_route(report)
    place = place_of(critical_cells(read_json(report)), project)
    return {"device": device, "seed": seed, **found, "critical": place}


def read_route(path: Path) -> dict[str, Any]:
    """The figures in nextpnr's report. Raises BuildError where it is none."""
    try:
        report = read_json(path)
        clocks = [float(clock["achieved"]) for clock in report["fmax"].values()]
        used, none = report["utilization"], {"used": 0}
        return {
            "fmax_mhz": round(min(clocks), 1),
            "lut": int(used["TRELLIS_COMB"]["used"]),
            "lut_available": int(used["TRELLIS_COMB"]["available"]),
            "ff": int(used["TRELLIS_FF"]["used"]),
            "ebr": int(used.get("DP16KD", none)["used"]),
            "dsp": int(used.get("MULT18X18D", none)["used"]),
        }
    except (OSError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
        raise BuildError(f"{path} is not a report of nextpnr: {error}", "route again") from None
