"""What is measured, in any process: a run is trained, a cell of it is attacked."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.comparison.measure import BOARD
from benchmarks.seed import recipes
from benchmarks.seed.attacks import Counting, made
from benchmarks.seed.network import Network, Run, digest_of, file_of, opened, right, source
from benchmarks.seed.plan import MLPERF, Column
from tinyrob.attack.grid import inside
from tinyrob.cluster.workers import Tell
from tinyrob.models import recipe_file
from tinyrob.models.run_folder import RECIPE


@dataclass(frozen=True)
class Cell:
    """A column of a run that is trained; None: accuracy without an attack, and flash."""

    run: Run
    column: Column | None
    digest: str


def trained(run: Run, _tell: Tell) -> dict[str, Any]:
    """The network of a run: its file's SHA-256 and the seconds that training took here.

    An unfinished training goes on; one of another recipe is set aside. Raises what training does.
    """
    started = time.monotonic()
    if run.row.precision != MLPERF and not is_trained(run):
        from tinyrob.training import session

        recipe = recipe_file.parse(recipes.text(run.task, run.row, run.seed), run.row.name)
        same = _same_recipe(run)
        begun = same and any(run.folder.glob("checkpoint-*.npz"))
        session.train(recipe, run.place.data_dir, run.folder, resume=begun, fresh=not begun)
    return {"network": digest_of(run), "seconds": round(time.monotonic() - started, 1)}


def is_trained(run: Run) -> bool:
    """Whether the run's folder holds a network of the recipe that it has now."""
    return file_of(run) is not None and _same_recipe(run)


def _same_recipe(run: Run) -> bool:
    path = run.folder / RECIPE
    wanted = recipes.text(run.task, run.row, run.seed)
    return path.is_file() and path.read_text(encoding="utf-8") == wanted


def measured(cell: Cell, _tell: Tell) -> dict[str, Any]:
    """The figures of a cell, and which inputs stand (a hexadecimal number, first input highest).

    Raises what attacking, building and running raise.
    """
    started = time.monotonic()
    network = opened(cell.run, cell.digest)
    if cell.column is None:
        found = {"accuracy": share(network.right), "inputs": len(network.right)}
        return {**found, **_flash(cell.run, network), "stands": packed(network.right)}
    task, column = cell.run.task, cell.column
    count = task.inputs(column)
    index = np.flatnonzero(network.right[:count])
    stands = network.right.copy()
    target = Counting(network.target)
    if len(index):
        x, y, ball = network.x[index], network.y[index], task.ball(column)
        climbed = source(task, cell.run.place) if column.name == "transfer" else target
        for points in made(column.name, dict(column.settings))(climbed, x, y, ball, cell.run.seed):
            if not inside(points, x, ball.norm, ball.eps).all():
                raise AssertionError(f"{column.name} left its ball: a bug in tinyrob")
            stands[index] &= right(network, points, y)
    return {
        "accuracy": share(stands[:count]),
        "inputs": count,
        "queries": round(target.queries / max(len(index), 1)),
        "seconds": round(time.monotonic() - started, 1),
        "settings": task.settings(column),
        "stands": packed(stands),
    }


def _flash(run: Run, network: Network) -> dict[str, int]:
    """Of the whole firmware that runs one inference; a float network has none."""
    if network.artefacts is None:
        return {}
    from tinyrob.boards.read import find_board
    from tinyrob.build.measure import measure

    cost = measure(run.row.name, network.artefacts.model, find_board(BOARD))
    return {"flash_bytes": cost.flash_bytes}


def share(mask: NDArray[np.bool_]) -> float:
    """Of the inputs, 0 to 1."""
    return round(float(mask.mean()), 6)


def packed(mask: NDArray[np.bool_]) -> str:
    """Bits as a hexadecimal number."""
    return np.packbits(mask).tobytes().hex()


def unpacked(text: str, count: int) -> NDArray[np.bool_]:
    """The ``count`` bits of ``packed``."""
    return np.unpackbits(np.frombuffer(bytes.fromhex(text), np.uint8), count=count).astype(np.bool_)
