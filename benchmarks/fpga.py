"""What the zoo's networks cost on an FPGA: simulated, synthesized, placed and routed by open tools.

    python -m benchmarks.fpga benchmarks/fpga.json [--network N]… [--seeds 1 2 3] [--vectors 20]

Each case is exported for its device and interval, simulated on test examples (a difference ends the
run), synthesized by Yosys, and routed by nextpnr with every seed. The case's row in the file is
replaced when it is done; others stay. ``ms`` is of an image at the median of the clocks.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tinyrob
from tinyrob.files.json_text import read_json
from tinyrob.rtl import synth, tools


@dataclass(frozen=True)
class Case:
    """A network on a device, the cycles that an image is given, and the bar: ms an image."""

    network: str
    device: str
    interval: int
    bar_ms: float | None = None


CASES = (
    Case("cifar10-stq-jr", "ecp5-85k", 75_000, 2.0),
    Case("cifar10-robust", "ecp5-85k", 140_000, 3.0),
    Case("svhn-stq-jr", "ecp5-45k", 35_000, 0.7),
    Case("speech-robust", "ecp5-45k", 9_000, 0.15),
    Case("digits-stq-jr", "ecp5-85k", 100),
    Case("digits-stq-jr", "ecp5-25k", 1_000),
)


def measured(case: Case, folder: Path, seeds: list[int], vectors: int) -> dict[str, Any]:
    """The row of ``case``, whose project is made in ``folder``."""
    found = tinyrob.load(case.network).export_rtl(
        folder, interval=case.interval, device=case.device, vectors=vectors
    )
    found.check()
    cells = synth.synthesize(folder)
    routes = []
    for seed in seeds:
        (folder / "build" / "report.json").unlink(missing_ok=True)
        routes.append(synth.route(folder, case.device, 100, seed))
    mhz = statistics.median(route["fmax_mhz"] for route in routes)
    cycles = found.verilator["interval"]
    return {
        "network": case.network,
        "device": case.device,
        "interval": cycles,
        "latency": found.verilator["latency"],
        "vectors": found.verilator["vectors"],
        "mismatches": found.verilator["mismatches"],
        "mhz": mhz,
        "mhz_by_seed": {str(route["seed"]): route["fmax_mhz"] for route in routes},
        "ms": round(cycles / mhz / 1000, 4),
        "bar_ms": case.bar_ms,
        "lut": max(route["lut"] for route in routes),
        "ff": routes[0]["ff"],
        "ebr": routes[0]["ebr"],
        "dsp": routes[0]["dsp"],
        "yosys": cells,
        "estimate": found.plan,
        "tools": versions(),
    }


def versions() -> dict[str, str]:
    """What the tools say that they are."""
    asked = {"verilator": "--version", "yosys": "-V", "nextpnr-ecp5": "--version"}
    found = {}
    for tool, option in asked.items():
        done = subprocess.run([tools.find(tool), option], capture_output=True, text=True)
        number = re.search(r"\d+\.[\w.+-]+", done.stdout + done.stderr)
        found[tool] = number[0] if number else "unknown"
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--network", action="append")
    parser.add_argument("--device", action="append")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--vectors", type=int, default=20)
    asked = parser.parse_args()
    rows = read_json(asked.file) if asked.file.is_file() else []
    for case in CASES:
        if asked.network and case.network not in asked.network:
            continue
        if asked.device and case.device not in asked.device:
            continue
        with tempfile.TemporaryDirectory() as name:
            row = measured(case, Path(name) / "rtl", asked.seeds, asked.vectors)
        key = (case.network, case.device)
        rows = [old for old in rows if (old["network"], old["device"]) != key] + [row]
        asked.file.write_text(json.dumps(rows, indent=1) + "\n")
        print(f"{case.network} on {case.device}: {row['ms']} ms at {row['mhz']} MHz", flush=True)


if __name__ == "__main__":
    main()
