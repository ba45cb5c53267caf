"""``tinyrob export-hls``: from a model to a project that has proved itself in C simulation."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from tinyrob.deployable import Deployable
from tinyrob.errors import CheckFailed, UnsupportedModel
from tinyrob.files.folder import check_replaceable
from tinyrob.files.html import table
from tinyrob.frozen.io import frozen_bytes
from tinyrob.frozen.model import FrozenModel
from tinyrob.hls.backend import choose
from tinyrob.hls.boards import FpgaBoard
from tinyrob.hls.costs import IoType
from tinyrob.hls.csim import CsimRunner, cxx_compiler, open_project
from tinyrob.hls.estimate import estimate
from tinyrob.hls.frontend import to_hls
from tinyrob.hls.overrides import Overrides, read_overrides
from tinyrob.hls.project import Vectors, project
from tinyrob.hls.quartus import for_quartus
from tinyrob.hls.schedule import Schedule, plan
from tinyrob.hls.synthesize import require_tool
from tinyrob.hls.synthesize import synthesize as run_tool
from tinyrob.run.base import Progress

ProgressFor = Callable[[str, int], AbstractContextManager[Progress]]
MakeVectors = Callable[[Deployable, int, float | None, Path | None], Vectors]
"""Inputs for a model: how many, as many again attacked within an eps, the folder of datasets."""


@dataclass(frozen=True, repr=False)
class HlsProject:
    """What was exported; ``first_divergence`` is (layer, index, expected, got) or None."""

    project: Path
    top: str
    board: FpgaBoard
    backend: str
    schedule: Schedule
    estimate: dict[str, Any]
    vectors: int
    max_lsb: int
    mismatches: int
    first_divergence: tuple[str, tuple[int, ...], int, int] | None
    origin: str = ""
    synthesis: dict[str, Any] | None = None

    @property
    def exact(self) -> bool:
        """Whether C simulation gave the reference's bits on every vector."""
        return self.mismatches == 0

    def check(self) -> None:
        """Raises CheckFailed where C simulation differs from the reference."""
        if self.mismatches:
            first = self.first_divergence
            where = f", first in layer {first[0]}" if first else ""
            raise CheckFailed(
                f"C simulation differs from the reference on {self.mismatches} of "
                f"{self.vectors} vectors{where}",
                "this is a bug in tinyrob or hls4ml: please report it with the model",
            )

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        first = self.first_divergence
        return {
            "project": str(self.project),
            "board": self.board.name,
            "part": self.board.part,
            "backend": self.backend,
            "io_type": self.schedule.io_type,
            "csim": {
                "vectors": self.vectors,
                "max_lsb": self.max_lsb,
                "mismatches": self.mismatches,
                "first_divergence": None
                if first is None
                else dict(zip(("layer", "index", "expected", "got"), first, strict=True)),
            },
            "estimate": self.estimate,
            "synthesis": self.synthesis,
        }

    def __repr__(self) -> str:
        cycles = self.estimate["initiation_interval"]
        return (
            f"<HLS project {self.project} for {self.board.name}: max {self.max_lsb} LSB on "
            f"{self.vectors:,} vectors, about {cycles:,} cycles an image>"
        )

    def _repr_html_(self) -> str:
        rows = [
            (self.board.units[name], f"{used['used']:,}", f"{used['available']:,}")
            for name, used in self.estimate["resources"].items()
        ]
        return table(repr(self)[1:-1], ("resource", "about", "of"), rows)


class HlsOptions(TypedDict, total=False):
    """``board``: an FPGA (None: pynq-z2, or the backend's). ``backend``: vitis, vivado or quartus
    (None: the board's). ``io_type``, ``interval`` (cycles an image may take) and ``overrides`` (a
    TOML file, or Overrides) lead the schedule; ``synthesize`` runs the vendor's tool. ``vectors``:
    how many inputs are compared; ``adversarial``: as many again, attacked within so many steps."""

    board: str | None
    backend: str | None
    io_type: IoType | None
    interval: int | None
    overrides: Overrides | Path | None
    synthesize: bool
    vectors: int
    adversarial: float | None
    data_dir: Path | None
    progress: ProgressFor


def export(
    model: Deployable,
    out: Path,
    make: MakeVectors,
    *,
    board: str | None = None,
    backend: str | None = None,
    io_type: IoType | None = None,
    interval: int | None = None,
    overrides: Overrides | Path | None = None,
    vectors: int = 100,
    adversarial: float | None = None,
    data_dir: Path | None = None,
    synthesize: bool = False,
    progress: ProgressFor = lambda label, total: nullcontext(lambda more: None),
) -> HlsProject:
    """``export_hls`` as a user asks for it; ``make`` is called for
    ``vectors`` inputs when all else is known to be there.

    Raises what ``export_hls`` raises, BoardError for an unknown board, DataError where ``out``
    holds what tinyrob did not write.
    """
    tool, target = choose(backend, board)
    if synthesize:
        require_tool(tool)
    asked = read_overrides(overrides) if isinstance(overrides, Path) else overrides or Overrides()
    asked = replace(
        asked,
        io_type=asked.io_type if io_type is None else io_type,
        interval=asked.interval if interval is None else interval,
    )
    check_replaceable(out, "HLS project")
    frozen_of(model)
    made = export_hls(
        model, target, tool, out, make(model, vectors, adversarial, data_dir), asked, progress
    )
    return replace(made, synthesis=run_tool(out, made.top, tool)) if synthesize else made


def frozen_of(model: Deployable) -> FrozenModel:
    """The frozen model that hardware is made from. Raises UnsupportedModel where there is none."""
    if model.frozen is None:
        raise UnsupportedModel(
            f"{model.name} is a .tflite: its scales may be any numbers, and an FPGA's logic rounds "
            "by shifts: it takes networks that tinyrob froze, whose steps are powers of two",
            "export a model of the zoo, a training run's folder, or a QKeras file; a float Keras "
            'model is trained on from a recipe (topology = { keras = "FILE" }). `tinyrob build` '
            "takes any int8 .tflite to firmware",
        )
    return model.frozen


def export_hls(
    model: Deployable,
    board: FpgaBoard,
    backend: str,
    out: Path,
    vectors: Vectors,
    overrides: Overrides | None = None,
    progress: ProgressFor = lambda label, total: nullcontext(lambda more: None),
) -> HlsProject:
    """Writes the project to ``out``, compiles it with g++ and compares every vector.

    A difference is a result, not an exception. Raises UnsupportedModel, RecipeError, DoesNotFit,
    ToolMissing or BuildError with ``out`` left as it was (but where the project does not compile).
    """
    frozen = frozen_of(model)
    cxx_compiler()
    network = for_quartus(to_hls(frozen)) if backend == "quartus" else to_hls(frozen)
    schedule = plan(network, board, overrides)
    overlay = None
    if board.accelerator:
        # Without adder graphs it may be slower; it need not be as fast as the core.
        loose = replace(overrides or Overrides(), interval=None)
        overlay = plan(network, board, loose, shared=False)
    files = project(network, schedule, board, backend, vectors, frozen_bytes(frozen), overlay)
    files.write(out, "HLS project")

    runner = CsimRunner(open_project(out))
    with progress("csim", len(vectors.inputs)) as more:
        got = runner.run(vectors.inputs, more).outputs
    difference = np.abs(got.astype(np.int16) - vectors.outputs).reshape(len(got), -1)
    wrong = difference.any(axis=1)
    return HlsProject(
        project=out,
        origin=vectors.origin,
        top=network.name,
        board=board,
        backend=backend,
        schedule=schedule,
        estimate=estimate(network, schedule, board),
        vectors=len(vectors.inputs),
        max_lsb=int(difference.max(initial=0)),
        mismatches=int(wrong.sum()),
        first_divergence=_first(model, runner, vectors, int(wrong.argmax()))
        if wrong.any()
        else None,
    )


def _first(
    model: Deployable, runner: CsimRunner, vectors: Vectors, index: int
) -> tuple[str, tuple[int, ...], int, int] | None:
    """The first layer of vector ``index`` whose value is not the graph's."""
    from tinyrob.ir.interp import trace

    one = vectors.inputs[index]
    expected = trace(model.graph, one)
    for name, got in runner.layers(one).items():
        if name in expected:
            want = expected[name].reshape(got.shape)
            unequal = np.argwhere(want != got)
            if len(unequal):
                at = tuple(int(i) for i in unequal[0])
                return name, at, int(want[at]), int(got[at])
    return None
