"""Running a project's Makefile, and the one line of its output that says what went wrong."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tinyrob.errors import BuildError, ToolMissing
from tinyrob.project.toolchains import CLANG, Toolchain

_ERROR = re.compile(r"(?:error:|undefined reference|No such file|cannot find)", re.IGNORECASE)
_MAKES = re.compile(r"make(\[\d+\])?: \*\*\* ")
_JOBS = 2


def run_make(folder: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """``make`` in ``folder``, its output captured, in English. Raises ToolMissing without make."""
    if shutil.which("make") is None:
        raise ToolMissing("make is not on PATH", "apt-get install make")
    # An outer make (`make demo`) must not reach into this one.
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    return subprocess.run(
        ["make", "-s", f"-j{_JOBS}", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        env={**environment, "LC_ALL": "C"},
    )


def compiler_version(toolchain: Toolchain) -> str:
    """The first line that the cross compiler says of itself. Raises ToolMissing, BuildError."""
    command = toolchain.command()
    said = _said([*command, "--version"])
    if toolchain.kind == CLANG:
        return f"{said} (zig {_said([command[0], 'version'])})"
    return said


def _said(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0 or not done.stdout.strip():
        raise BuildError(f"{' '.join(command)} failed: {first_error(done.stderr)}")
    return done.stdout.splitlines()[0]


def first_error(output: str) -> str:
    """The first line of a compiler's, linker's or make's output that tells of an error, else its
    last: make's own words only where nothing else was said."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    told = [line for line in lines if not _MAKES.match(line)] or lines
    return next((line for line in lines if _ERROR.search(line)), told[-1] if told else "no output")
