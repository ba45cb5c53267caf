"""Reads what Intel's HLS compiler and Quartus report, from the JavaScript of their HTML report.

``report.html`` shows what ``lib/*.js`` assigns to variables. What is wanted of them are lists and
values by their keys, so no JavaScript is run or parsed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tinyrob.errors import BuildError

_AREA = ("lut", "ff", "bram_18k", "dsp", "mlab")
_FIT = {"alm": "alm", "reg": "ff", "dsp": "dsp", "ram": "bram_18k", "mlab": "mlab"}


def read_intel_reports(project: Path, top: str) -> dict[str, Any]:
    """What there is of ``csynth``, ``cosim`` and ``quartus`` in a project folder; {} for nothing.

    Keys as ``reports.read_reports`` has them; ``quartus`` is after place and route: ``clock_mhz``
    and resources, with ALMs where the estimate has ALUTs. Raises BuildError, naming the file,
    where a report is not what its name says.
    """
    folder = project / f"{top}-fpga.prj" / "reports" / "lib"
    found: dict[str, Any] = {}
    for name, path, reader in (
        ("csynth", folder / "report_data.js", _area),
        ("cosim", folder / "verification_data.js", _verification),
        ("quartus", folder / "quartus_data.js", _fit),
    ):
        if path.is_file():
            try:
                read = reader(path.read_text(encoding="utf-8", errors="replace"))
            except ValueError as error:
                raise BuildError(
                    f"{path} is not a report that tinyrob can read: {error}",
                    "synthesize again; if it stays, the tool's version writes another format",
                ) from None
            if read is not None:
                found[name] = read
    return found


def _area(text: str) -> dict[str, Any]:
    part = text[_at(text, "areaJSON") :]
    total = re.search(r"""["']?\btotal\b["']?\s*:\s*\[([^\]]*)\]""", part)
    if total is None:
        raise ValueError("it has no total area")
    counts = [round(float(word)) for word in total[1].split(",")]
    if len(counts) < len(_AREA):
        raise ValueError(f"its total area has {len(counts)} numbers")
    return {"resources": dict(zip(_AREA, counts, strict=False))}


def _verification(text: str) -> dict[str, Any] | None:
    """None before the component has been simulated: then there is an empty object."""
    part = text[_at(text, "verifJSON") :]
    if not re.search(r"\bfunctions\b", part):
        return None
    data = re.search(r"""["']?\bdata\b["']?\s*:\s*\[[^,\]]*,\s*"([^"]*)"\s*,\s*"([^"]*)\"""", part)
    if data is None:
        raise ValueError("it has no latency")
    # Each is "minimum,maximum,average"; the maximum is what the other tools give, too.
    latency, interval = (_count(words.split(",")) for words in data.groups())
    return {"passed": True, "latency": latency, "initiation_interval": interval}


def _count(words: list[str]) -> int | None:
    return int(words[1]) if len(words) > 1 and words[1].strip().isdigit() else None


def _fit(text: str) -> dict[str, Any] | None:
    """None where Quartus has not placed and routed the component."""
    part = text[_at(text, "quartusJSON") :]
    clock = re.search(r"""["']?\bclock\b["']?\s*:\s*["']?(TBD|[\d.]+)""", part)
    if clock is None:
        raise ValueError("it has no clock")
    if clock[1] == "TBD":
        return None
    summary = part.find("quartusFitResourceUsageSummary")
    resources = {}
    for key, name in _FIT.items():
        # The last node is the whole component.
        values = re.findall(rf"""["']?\b{key}\b["']?\s*:\s*["']?([\d.,]*\d)""", part[summary:])
        if summary < 0 or not values:
            raise ValueError(f"it has no {key}")
        resources[name] = round(float(values[-1].replace(",", "")))
    return {"clock_mhz": float(clock[1]), "resources": resources}


def _at(text: str, variable: str) -> int:
    found = re.search(rf"\b{variable}\b\s*=", text)
    if found is None:
        raise ValueError(f"it has no {variable}")
    return found.start()
