"""Runs the vendor's HLS tool on a project, where it is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from tinyrob.errors import BuildError, ToolMissing
from tinyrob.hls.reports import read_reports
from tinyrob.hls.reports_intel import read_intel_reports

# In the order in which they are looked for.
TOOLS: dict[str, tuple[str, ...]] = {
    "vitis": ("vitis_hls", "vitis-run"),
    "vivado": ("vivado_hls",),
    "quartus": ("i++",),
}
_SETTINGS = {"quartus": "init_hls.sh"}


def find_tool(backend: str) -> str | None:
    """The program that takes a project of ``backend``, if one is on PATH."""
    return next((tool for tool in TOOLS[backend] if shutil.which(tool)), None)


def require_tool(backend: str) -> str:
    """As ``find_tool``. Raises ToolMissing where there is none."""
    tool = find_tool(backend)
    if tool is None:
        raise ToolMissing(
            f"{' or '.join(TOOLS[backend])} is not on PATH",
            f"source the tool's {_SETTINGS.get(backend, 'settings64.sh')}, or leave --synthesize "
            "away: the project and its proof need no vendor's tool",
        )
    return tool


def synthesize(project: Path, top: str, backend: str) -> dict[str, Any]:
    """C simulation, synthesis, co-simulation, export, logic synthesis; the reports' figures.

    Raises ToolMissing where the tool is not on PATH, BuildError with its first error where it
    fails or leaves no report.
    """
    tool = require_tool(backend)
    command = command_for(tool)
    if backend == "quartus":
        fit = ["COMPILE=--quartus-compile"] if shutil.which("quartus_sh") else []
        _run(project, [*command, *fit])
        found = read_intel_reports(project, top)
    else:
        _run(project, command)
        if shutil.which("vivado"):
            _run(project, ["vivado", "-mode", "batch", "-source", "vivado_synth.tcl"])
        found = read_reports(project, top)
    if "csynth" not in found:
        raise BuildError(
            f"{tool} ended without a synthesis report in {project}", "see its log there"
        )
    return {"tool": tool, **found}


def command_for(tool: str) -> list[str]:
    """What builds a project. Vitis HLS takes options from build_opt.tcl, Vivado HLS from here."""
    if tool == "i++":
        return ["make", "synthesize"]
    if tool == "vitis-run":
        return [tool, "--mode", "hls", "--tcl", "build_prj.tcl"]
    if tool == "vitis_hls":
        return [tool, "-f", "build_prj.tcl"]
    return [tool, "-f", "build_prj.tcl", "reset=1 csim=1 synth=1 cosim=1 validation=1 export=1"]


def _run(project: Path, command: list[str]) -> None:
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        lines = [line.strip() for line in (done.stdout + "\n" + done.stderr).splitlines()]
        wrong = [line for line in lines if line.startswith(("ERROR", "FAIL")) or "error:" in line]
        said = (wrong or [line for line in lines if line] or ["no output"])[0]
        raise BuildError(
            f"{command[0]} failed: {said}",
            f"run `{' '.join(command)}` in {project} to see all of it",
        )
