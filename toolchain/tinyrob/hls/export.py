"""``tinyrob export-hls``: from a model to a project that has proved itself in C simulation."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tinyrob.deployable import Deployable
from tinyrob.errors import UnsupportedModel
from tinyrob.frozen.io import frozen_bytes
from tinyrob.frozen.model import FrozenModel
from tinyrob.hls.boards import FpgaBoard
from tinyrob.hls.csim import CsimRunner, cxx_compiler, open_project
from tinyrob.hls.estimate import estimate
from tinyrob.hls.frontend import to_hls
from tinyrob.hls.overrides import Overrides
from tinyrob.hls.project import Vectors, project
from tinyrob.hls.quartus import for_quartus
from tinyrob.hls.schedule import Schedule, plan
from tinyrob.run.base import Progress

ProgressFor = Callable[[str, int], AbstractContextManager[Progress]]


@dataclass(frozen=True)
class Export:
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


def frozen_of(model: Deployable) -> FrozenModel:
    """The frozen model that hardware is made from. Raises UnsupportedModel where there is none."""
    if model.frozen is None:
        raise UnsupportedModel(
            f"{model.name} is a .tflite: its scales are arbitrary, HLS needs powers of two",
            "export a model of the zoo, a training run, or a QKeras model",
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
) -> Export:
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
    return Export(
        project=out,
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
