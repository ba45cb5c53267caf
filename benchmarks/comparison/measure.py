"""One row: attacks scored on the generated C, and what the network costs on a board."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.comparison.entries import Entry, Task
from tinyrob.errors import DataError

BOARD = "stm32f405"
RUNNERS = ("host",)
"""Who scores: the C that ships. TFLite Micro would take minutes for each thousand inputs of an
image network, and ``tinyrob validate`` shows that its bytes are the same."""

Watch = Callable[[str, float], None]


@dataclass(frozen=True)
class Place:
    """Where things are: models that are not the zoo's, datasets, and what attacks have found."""

    models: Path | None
    data_dir: Path | None
    runs: Path


def place_of(folder: Path, data_dir: Path | None, runs: Path) -> Place:
    """Of the figures in ``folder``: models in the folder TINYROB_MODELS, else ../shared/models."""
    models = Path(os.environ.get("TINYROB_MODELS", folder.resolve().parents[1] / "shared/models"))
    return Place(models, data_dir and data_dir.absolute(), runs.absolute())


def row(task: Task, entry: Entry, place: Place, watch: Watch) -> dict[str, Any]:
    """The figures of ``entry`` but for its suite, in JSON's types; accuracies from 0 to 1.

    Attacks go on where an earlier call was stopped. Raises DataError where a file is missing,
    and what attacking and building raise.
    """
    from tinyrob.deployable import load_model

    named = path_of(entry.model, place)
    model = load_model(named)
    found = _attacked(task, entry, named, place, watch, task.attacks, task.eps, "")
    return {
        "model": entry.model,
        "digest": hashlib.sha256(model.tflite).hexdigest(),
        "samples": found["samples"],
        "seed": found["seed"],
        "surfaces": found["surfaces"],
        "clean": found["clean"]["host"],
        "attacks": _figures(found, task.attacks),
        "flags": found["flags"],
        **costs(entry, place),
    }


def costs(entry: Entry, place: Place) -> dict[str, Any]:
    """What ``entry`` costs: these keys of a row. Raises what building and running raise."""
    from tinyrob.boards.read import find_board
    from tinyrob.build.measure import measure
    from tinyrob.deployable import load_model

    model = load_model(path_of(entry.model, place))
    found = measure(model.name, model, find_board(BOARD))
    return {
        "board": BOARD,
        "flash_bytes": found.flash_bytes,
        "ram_bytes": found.ram_bytes,
        "instructions": found.instructions,
    }


def suite(task: Task, entry: Entry, place: Place, watch: Watch) -> dict[str, Any]:
    """The worst case of ``entry`` over the task's suite; goes on and raises as ``row`` does."""
    named = path_of(entry.model, place)
    whole = _attacked(task, entry, named, place, watch, (), task.suite_eps, task.suite)
    return {
        "name": task.suite,
        "worst": _figures(whole, ("worst-case",))["worst-case"],
        "flags": whole["flags"],
    }


def digest_of(entry: Entry, place: Place) -> str:
    """SHA-256 of an entry's .tflite. Raises DataError where its file is missing."""
    from tinyrob.deployable import load_model

    return hashlib.sha256(load_model(path_of(entry.model, place)).tflite).hexdigest()


def path_of(name: str, place: Place) -> str:
    """A zoo name as it is; a file's name in the models' folder."""
    if not name.endswith((".tflite", ".h5")):
        return name
    path = place.models / name if place.models else None
    if path is None or not path.is_file():
        raise DataError(
            f"{name} is not there", "set TINYROB_MODELS to the folder that holds MLPerf's models"
        )
    return str(path)


def _attacked(
    task: Task,
    entry: Entry,
    named: str,
    place: Place,
    watch: Watch,
    attacks: tuple[str, ...],
    eps: tuple[int, ...],
    suite: str,
) -> Mapping[str, Any]:
    from tinyrob.attack.session import attack
    from tinyrob.attack.settings import Settings

    settings = Settings(
        model=named,
        suite=suite or "quick",
        attacks=attacks,
        linf=tuple(float(e) for e in eps),
        l2=(),
        samples=task.samples,
        on=RUNNERS,
        dataset=task.dataset,
        data_dir=place.data_dir,
        surrogate=Path(path_of(entry.surrogate, place)) if entry.surrogate else None,
        surrogate_input=entry.surrogate_input,
        out=place.runs / Path(entry.model).stem / (suite or "attacks"),
    )
    found, _ = attack(settings, watch)
    return found


def _figures(found: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Accuracy by attack, then by eps (as text, for JSON)."""
    return {
        name: {
            f"{attack['eps']:g}": attack["accuracy"]["host"]
            for attack in found["attacks"]
            if attack["name"] == name and attack["norm"] == "linf"
        }
        for name in names
    }
