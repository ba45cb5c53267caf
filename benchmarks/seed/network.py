"""A row's network as it is attacked: its surfaces, its artefact, and the inputs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.comparison.measure import BOARD, Place, path_of
from benchmarks.seed.plan import MLPERF, Row, Task
from tinyrob import data
from tinyrob.attack.artefacts import Artefacts
from tinyrob.attack.grid import Int8Array
from tinyrob.attack.target import Labels, RunnerTarget, Surface, Target, fooled
from tinyrob.deployable import load_model
from tinyrob.models import recipe_file
from tinyrob.models.run_folder import FLOAT, RECIPE


@dataclass(frozen=True)
class Run:
    """A row with a seed of its training, and where the training's folder is."""

    task: Task
    row: Row
    seed: int
    place: Place

    @property
    def folder(self) -> Path:
        """Of the training, and of the artefact that judges."""
        return self.place.runs / self.task.name / self.row.name / f"seed{self.seed}"


@dataclass(frozen=True)
class Network:
    """``target`` is climbed and asked, and what it says is the artefact's but for ``slack``;
    ``artefacts`` is None of a float network, which is its own artefact. ``right`` (N,) are the
    inputs that the artefact gets right, ``digest`` is of the network's file."""

    target: Target
    artefacts: Artefacts | None
    x: Int8Array
    y: Labels
    right: NDArray[np.bool_]
    digest: str


class FloatTarget:
    """A network of float epochs only, on int8 inputs: one surface, and its own judge."""

    slack = 0.0

    def __init__(self, folder: Path, shape: tuple[int, ...], classes: int) -> None:
        from tinyrob.attack.gradient_target import CompiledSurface, batches
        from tinyrob.models import topologies
        from tinyrob.tf import tensorflow
        from tinyrob.training import weights

        tf = tensorflow()
        recipe = recipe_file.load(str(folder / RECIPE))
        model = topologies.build(recipe, shape, classes, quantized=False)
        weights.start_from(model, weights.read(str(folder / FLOAT)))

        def raw(q: Any) -> Any:
            return model(q / 128.0, training=False)

        def joint(q: Any) -> tuple[Any, Any]:
            logits = raw(q)
            return logits, logits

        self.name, self.shape, self.classes = recipe.name, shape, classes
        self.surfaces: Sequence[Surface] = (CompiledSurface("float", shape, raw, raw, joint),)
        self._batches = batches
        self._logits = tf.function(
            lambda q: raw(tf.cast(q, tf.float32)),
            input_signature=[tf.TensorSpec((None, *shape), tf.int8)],
            autograph=False,
        )

    def logits(self, q: Int8Array) -> NDArray[np.float32]:
        """(N, C) of int8 inputs."""
        if not len(q):
            return np.zeros((0, self.classes), np.float32)
        return np.concatenate([self._logits(q[s]).numpy() for s in self._batches(len(q))])


def file_of(run: Run) -> Path | None:
    """A trained row's network; None where it is not trained, or MLPerf Tiny's."""
    from tinyrob.models.run_folder import FROZEN

    path = run.folder / (FLOAT if run.row.precision == "float" else FROZEN)
    return path if path.is_file() else None


def digest_of(run: Run) -> str:
    """SHA-256 of a trained row's file, of MLPerf Tiny's .tflite. Raises DataError."""
    if run.row.precision == MLPERF:
        return hashlib.sha256(load_model(path_of(run.task.mlperf, run.place)).tflite).hexdigest()
    path = file_of(run)
    assert path is not None
    return hashlib.sha256(path.read_bytes()).hexdigest()


@lru_cache(maxsize=1)
def opened(run: Run, digest: str) -> Network:
    """The network of a trained run; ``digest`` is that of its file. Raises what loading and
    building raise."""
    recipe = recipe_file.load(run.task.template)
    dataset = data.load(recipe.dataset, run.place.data_dir, recipe.features)
    x = data.to_int8(dataset.x_test[: run.task.samples])
    y = dataset.y_test[: run.task.samples].astype(np.int64)
    if run.row.precision == "float":
        target: Target = FloatTarget(run.folder, dataset.shape, len(dataset.classes))
        return Network(target, None, x, y, ~fooled(target.logits(x), y), digest)
    from tinyrob.attack.gradient_target import GraphTarget

    mlperf = run.row.precision == MLPERF
    named = path_of(run.task.mlperf, run.place) if mlperf else str(run.folder)
    model = load_model(named)
    artefacts = Artefacts(model, run.folder / "build", BOARD)
    graph = GraphTarget(model.graph, artefacts.exact)
    if mlperf and run.task.surrogate:
        surrogate = Path(path_of(run.task.surrogate, run.place)).absolute()
        graph.add_surrogate(surrogate, run.task.surrogate_input)
    made = Network(graph, artefacts, x, y, np.zeros(len(y), np.bool_), digest)
    return Network(graph, artefacts, x, y, right(made, x, y), digest)


@lru_cache(maxsize=1)
def source(task: Task, place: Place) -> Target:
    """MLPerf Tiny's network, which inputs are transferred from."""
    from tinyrob.attack.gradient_target import GraphTarget

    return GraphTarget(load_model(path_of(task.mlperf, place)).graph, exact=True)


def right(network: Network, q: Int8Array, y: Labels) -> NDArray[np.bool_]:
    """Which of int8 inputs (N, ...) the artefact gets right: of a float network the network, else
    the C that ships. Raises what building and running it raise."""
    if network.artefacts is None:
        return ~fooled(network.target.logits(q), y)
    with network.artefacts.open("host") as runner:
        judge = RunnerTarget(runner, network.target.shape, network.target.classes)
        return ~fooled(judge.logits(q), y)
