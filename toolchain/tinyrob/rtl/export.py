"""``tinyrob export-rtl``: from a model to Verilog that has proved itself in simulation."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from tinyrob.deployable import Deployable
from tinyrob.hls.export import frozen_of
from tinyrob.hls.project import Vectors
from tinyrob.project.manifest import BuildFolder
from tinyrob.rtl.project import rtl_project
from tinyrob.rtl.verilator import VerilatorRunner
from tinyrob.run.base import Progress

ProgressFor = Callable[[str, int], AbstractContextManager[Progress]]
FOLDER = "verilator"
_VECTORS = 10


def export_rtl(
    model: Deployable,
    out: Path,
    vectors: Vectors,
    interval: int | None = None,
    progress: ProgressFor = lambda label, total: nullcontext(lambda more: None),
) -> dict[str, Any]:
    """Writes the project to ``out`` and simulates every vector; a difference is a result.

    ``interval``: cycles an image may take (see ``network.streams``); None: as few as can be.

    Keys: project, verilator {vectors, max_lsb, mismatches, latency, interval (cycles)}.
    Raises UnsupportedModel, ToolMissing, BuildError, RunnerError.
    """
    plan = rtl_project(frozen_of(model), vectors, interval)
    plan.write(out, "RTL project")
    runner = VerilatorRunner(out)
    with progress("verilator", len(vectors.inputs)) as more:
        got = runner.run(vectors.inputs, more).outputs
    difference = np.abs(got.astype(np.int16) - vectors.outputs).reshape(len(got), -1)
    cycles = runner.cycles
    return {
        "project": str(out),
        "verilator": {
            "vectors": len(got),
            "max_lsb": int(difference.max(initial=0)),
            "mismatches": int(difference.any(axis=1).sum()),
            "latency": cycles.latency if cycles else 0,
            "interval": round(cycles.interval, 2) if cycles else 0,
        },
    }


def verilator_of_build(folder: BuildFolder) -> VerilatorRunner:
    """A build folder's frozen model in Verilog, in its ``verilator/``, made once, compiled."""
    from tinyrob.deployable import from_frozen
    from tinyrob.frozen.io import load_frozen
    from tinyrob.hls.testvectors import clean

    frozen, out = load_frozen(folder.frozen), folder.path / FOLDER
    plan = rtl_project(frozen, clean(from_frozen(frozen), _VECTORS))
    made = out / "manifest.json"
    if not made.is_file() or made.read_bytes() != plan.files["manifest.json"]:
        plan.write(out, "RTL project")
    return VerilatorRunner(out)
