"""Reads what Vivado HLS, Vitis HLS and Vivado report: real figures, to stand beside estimates."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from tinyrob.errors import BuildError

_RESOURCES = {
    "LUT": "lut",
    "FF": "ff",
    "DSP": "dsp",
    "DSP48E": "dsp",
    "BRAM_18K": "bram_18k",
    "URAM": "uram",
}
# Rows of report_utilization, by the names that 7 series and UltraScale parts give them.
_ROWS = {
    "Slice LUTs": ("lut", 1),
    "CLB LUTs": ("lut", 1),
    "Slice Registers": ("ff", 1),
    "CLB Registers": ("ff", 1),
    "Block RAM Tile": ("bram_18k", 2),
    "DSPs": ("dsp", 1),
    "URAM": ("uram", 1),
}


def read_reports(project: Path, top: str) -> dict[str, Any]:
    """What there is of ``csynth``, ``vivado`` and ``cosim`` in a project folder; {} for nothing.

    Raises BuildError, naming the file, where a report is not what its name says.
    """
    solution = project / f"{top}_prj" / "solution1"
    found: dict[str, Any] = {}
    for name, path, reader in (
        ("csynth", solution / "syn" / "report" / f"{top}_csynth.xml", _csynth),
        ("vivado", project / "vivado_synth.rpt", _utilization),
        ("cosim", solution / "sim" / "report" / f"{top}_cosim.rpt", _cosim),
    ):
        if path.is_file():
            try:
                found[name] = reader(path.read_text(encoding="utf-8", errors="replace"))
            except (ET.ParseError, ValueError, AttributeError, TypeError) as error:
                raise BuildError(
                    f"{path} is not a report that tinyrob can read: {error}",
                    "synthesize again; if it stays, the tool's version writes another format",
                ) from None
    return found


def _csynth(text: str) -> dict[str, Any]:
    root = ET.fromstring(text)

    def number(path: str) -> int | None:
        node = root.find(path)
        if node is None or node.text is None:
            raise ValueError(f"it has no {path.removeprefix('./')}")
        # HLS writes "undef" or "?" where a loop has no fixed bound.
        return int(node.text) if node.text.strip().isdigit() else None

    clock = root.find("./PerformanceEstimates/SummaryOfTimingAnalysis/EstimatedClockPeriod")
    summary = "./PerformanceEstimates/SummaryOfOverallLatency"
    resources = root.find("./AreaEstimates/Resources")
    if clock is None or resources is None:
        raise ValueError("it has no timing or no area")
    return {
        "clock_ns": float(str(clock.text)),
        "latency": number(f"{summary}/Worst-caseLatency"),
        "initiation_interval": number(f"{summary}/Interval-max"),
        "resources": {
            _RESOURCES[child.tag]: int(str(child.text))
            for child in resources
            if child.tag in _RESOURCES
        },
    }


def _utilization(text: str) -> dict[str, Any]:
    resources: dict[str, int] = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) < 4:
            continue
        label = cells[1].rstrip("*").strip()
        if label in _ROWS and _ROWS[label][0] not in resources:
            name, times = _ROWS[label]
            resources[name] = round(float(cells[2]) * times)
    if "lut" not in resources:
        raise ValueError("it has no row of LUTs")
    return {"resources": resources}


def _cosim(text: str) -> dict[str, Any]:
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) >= 9 and cells[1] in ("Verilog", "VHDL") and cells[2] != "NA":
            return {
                "passed": bool(re.fullmatch("pass", cells[2], re.IGNORECASE)),
                "latency": _count(cells[5]),
                "initiation_interval": _count(cells[8]),
            }
    raise ValueError("it has no row of a simulated RTL")


def _count(text: str) -> int | None:
    return int(text) if text.isdigit() else None
