"""``tinyrob export-rtl``: from a model to Verilog that has proved itself in simulation."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from tinyrob.boards.lattice import find_lattice_board, lattice_boards
from tinyrob.deployable import Deployable
from tinyrob.errors import BoardError, CheckFailed, DoesNotFit
from tinyrob.files.folder import check_replaceable
from tinyrob.files.html import table
from tinyrob.files.plan import BuildPlan
from tinyrob.frozen.model import FrozenModel
from tinyrob.hls.export import MakeVectors, frozen_of
from tinyrob.hls.project import Vectors
from tinyrob.project.build_folder import BuildFolder
from tinyrob.rtl import synth
from tinyrob.rtl.bitstream import make_bitstream
from tinyrob.rtl.board import check_speed, with_board
from tinyrob.rtl.budget import Form, forms
from tinyrob.rtl.devices import DEVICES, device_of, device_of_board
from tinyrob.rtl.litex import with_litex
from tinyrob.rtl.planner import Plan
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
    around: Callable[[BuildPlan], BuildPlan] = lambda plan: plan,
    *,
    plan: Plan | None = None,
) -> dict[str, Any]:
    """Writes the project to ``out`` and simulates every vector; a difference is a result.

    ``interval``: cycles an image may take (see ``network.streams``); None: as few as can be.
    ``around`` adds to the project before it is written: a board's design.
    ``plan``: how its layers are folded (``budget.forms``); None: none is.

    Keys: project, verilator {vectors, max_lsb, mismatches, latency, interval (cycles, whole ones)}.
    Raises UnsupportedModel, ToolMissing, BuildError, RunnerError.
    """
    folds = plan.folds if plan else None
    project = around(rtl_project(frozen_of(model), vectors, interval, folds))
    project.write(out, "RTL project")
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
            "interval": math.ceil(cycles.interval) if cycles else 0,
        },
    }


@dataclass(frozen=True, repr=False)
class RtlProject:
    """What was exported: the keys of ``tinyrob export-rtl --json``; ``origin`` of the vectors.

    ``bitstream`` is there where one was made: see ``bitstream.make_bitstream``.
    ``plan``: estimates of a folded design (``Plan.to_dict``); None where nothing is folded.
    """

    project: str
    verilator: dict[str, Any]
    synthesis: dict[str, int] | None
    route: dict[str, Any] | None
    origin: str
    bitstream: dict[str, Any] | None = None
    plan: dict[str, Any] | None = None

    @property
    def exact(self) -> bool:
        """Whether Verilator gave the reference's bits on every vector."""
        return not self.verilator["mismatches"]

    def check(self) -> None:
        """Raises CheckFailed where the Verilog differs from the reference."""
        if not self.exact:
            raise CheckFailed(
                f"the Verilog differs from the reference on {self.verilator['mismatches']} of "
                f"{self.verilator['vectors']} vectors",
                "this is a bug in tinyrob or da4ml: please report it with the model",
            )

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        made = {} if self.bitstream is None else {"bitstream": self.bitstream}
        return {
            "project": self.project,
            "verilator": self.verilator,
            "synthesis": self.synthesis,
            "route": self.route,
            **made,
            "plan": self.plan,
        }

    def __repr__(self) -> str:
        done = self.verilator
        return (
            f"<Verilog in {self.project}: max {done['max_lsb']} LSB on {done['vectors']:,} "
            f"vectors, {done['interval']:,} cycles an image>"
        )

    def _repr_html_(self) -> str:
        found = {**self.verilator, **(self.synthesis or {}), **(self.route or {})}
        return table(f"Verilog in {self.project}", ("", ""), found.items())


class RtlOptions(TypedDict, total=False):
    """``interval``: the cycles an image may take; ``form`` of the layers, chosen for ``device``;
    ``synthesize`` by Yosys; ``route`` by nextpnr for ``device`` at ``mhz``; ``vectors`` and
    ``adversarial`` as in ``HlsOptions``. ``board``: also the board's design at ``mhz`` (None: the
    board file's clock), its UART at ``baud``; ``bitstream`` makes it; ``litex``: also
    a Wishbone peripheral, and a LiteX system that tries it."""

    interval: int | None
    form: Form
    synthesize: bool
    vectors: int
    adversarial: float | None
    data_dir: Path | None
    route: bool
    device: str
    mhz: int | None
    board: str | None
    baud: int | None
    bitstream: bool
    litex: bool
    progress: ProgressFor


def export(
    model: Deployable,
    out: Path,
    make: MakeVectors,
    *,
    interval: int | None = None,
    form: Form = "auto",
    vectors: int = 397,
    adversarial: float | None = None,
    data_dir: Path | None = None,
    synthesize: bool = False,
    route: bool = False,
    device: str = "ecp5-85k",
    mhz: int | None = None,
    board: str | None = None,
    baud: int | None = None,
    bitstream: bool = False,
    litex: bool = False,
    progress: ProgressFor = lambda label, total: nullcontext(lambda more: None),
) -> RtlProject:
    """``export_rtl`` as a user asks for it; ``make`` is called for
    ``vectors`` inputs when all else is known to be there.

    ``route`` implies ``synthesize``. Raises what ``export_rtl``, ``synth.route``,
    ``board.with_board`` and ``bitstream.make_bitstream`` raise, BoardError for an unknown board or
    a bitstream without one, DataError where ``out`` holds what tinyrob did not write.
    """
    part = device_of(device)
    chip = None if board is None else find_lattice_board(board)
    if chip is None and (bitstream or baud is not None):
        raise BoardError(
            f"{'a bitstream' if bitstream else 'a baud rate'} is a board's, and none is named",
            f"--board {', '.join(one.name for one in lattice_boards())}",
        )
    if chip is not None:
        hz = chip.hz if mhz is None else mhz * 1_000_000
        check_speed(chip, hz, baud or chip.baud)
        part = device_of_board(chip)
    check_replaceable(out, "RTL project")
    plan = forms(frozen_of(model), part, form, interval, fits=chip is not None)
    chosen = make(model, vectors, adversarial, data_dir)

    def around(made: BuildPlan) -> BuildPlan:
        made = with_litex(made, model, chosen) if litex else made
        return made if chip is None else with_board(made, model, chip, hz, baud or chip.baud)

    result = export_rtl(model, out, chosen, interval, progress, around, plan=plan)
    cells, routed = None, None
    if synthesize or route:
        with progress("yosys", 1):
            cells = synth.synthesize(out)
    if route:
        with progress("nextpnr", 1):
            routed = synth.route(out, device, mhz or 100)
    project = RtlProject(
        result["project"],
        result["verilator"],
        cells,
        routed,
        chosen.origin,
        plan=plan.to_dict() if plan else None,
    )
    if chip is None or not bitstream:
        return project
    # Only what gives the right bits is made into one.
    project.check()
    with progress("bitstream", 1):
        return replace(project, bitstream=make_bitstream(out, chip))


def verilator_of_build(folder: BuildFolder) -> VerilatorRunner:
    """A build folder's frozen model in Verilog, in its ``verilator/``, made once, compiled."""
    from tinyrob.deployable import from_frozen
    from tinyrob.frozen.io import load_frozen
    from tinyrob.hls.testvectors import clean

    frozen, out = load_frozen(folder.frozen), folder.path / FOLDER
    chosen = _smallest(frozen)
    plan = rtl_project(
        frozen, clean(from_frozen(frozen), _VECTORS), None, chosen.folds if chosen else None
    )
    made = out / "manifest.json"
    if not made.is_file() or made.read_bytes() != plan.files["manifest.json"]:
        plan.write(out, "RTL project")
    return VerilatorRunner(out)


def _smallest(model: FrozenModel) -> Plan | None:
    """For the first device that holds ``model``: what is small is soon compiled for simulation."""
    *smaller, largest = DEVICES.values()
    for device in smaller:
        try:
            return forms(model, device)
        except DoesNotFit:
            continue
    return forms(model, largest)
