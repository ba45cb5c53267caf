"""A finished training run becomes an entry of the zoo, with the figures measured."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tinyrob import data
from tinyrob.errors import TinyrobError
from tinyrob.features.read import from_metadata
from tinyrob.files.folder import check_replaceable, replaced
from tinyrob.frozen.io import load_frozen
from tinyrob.frozen.model import FrozenModel
from tinyrob.models.run_folder import CARD, FROZEN, HISTORY, RECIPE
from tinyrob.models.zoo import ZOO, Card
from tinyrob.training.session import frozen_accuracy

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


def add(
    run: Path,
    name: str | None = None,
    data_dir: Path | None = None,
    folder: Path = ZOO,
    notes: Sequence[str] = (),
) -> Card:
    """Measures a finished training run's frozen model and makes it the entry ``name``.

    The default name is the recipe's. An entry of that name is replaced. Raises TinyrobError for an
    impossible name or an unfinished run, DataError where the data are not those of the run.
    """
    if not (run / FROZEN).is_file() or not (run / RECIPE).is_file():
        raise TinyrobError(
            f"{run} is no finished training run: it lacks {FROZEN} or {RECIPE}",
            "finish it with `tinyrob train … --resume`",
        )
    model = load_frozen(run / FROZEN)
    facts: Mapping[str, Any] = model.metadata
    if "data_digest" not in facts:
        raise TinyrobError(
            f"{run / FROZEN} does not say what it was trained on", "freeze it by training"
        )
    if facts["dataset"] is None or (facts.get("data") or {}).get("source"):
        raise TinyrobError(
            f"{run} was trained on data of a user's own, which a reader of the zoo does not have",
            "load the run itself: tinyrob.load(folder), `tinyrob build FOLDER`",
        )
    name = facts["recipe"] if name is None else name
    if not _NAME.fullmatch(name):
        raise TinyrobError(
            f"{name!r} cannot name a zoo entry", "use lower-case letters, digits and dashes"
        )
    dataset = data.load(facts["dataset"], data_dir, from_metadata(facts, str(run / FROZEN)))
    if dataset.digest != facts["data_digest"]:
        raise TinyrobError(
            f"these {dataset.name} data are not those that {run} was trained on",
            "name the folder that it was trained with: --data-dir",
        )
    check_replaceable(folder / name, "zoo entry")
    accuracy = frozen_accuracy(model, dataset)
    made = _card(name, model, run, accuracy, len(dataset.x_test), notes)
    with replaced(folder / name, "zoo entry") as fresh:
        for file in (FROZEN, RECIPE, HISTORY):
            if file != HISTORY or (run / file).is_file():
                shutil.copyfile(run / file, fresh / file)
        (fresh / CARD).write_text(json.dumps(asdict(made), indent=1) + "\n", encoding="utf-8")
    return made


def _card(
    name: str, model: FrozenModel, run: Path, accuracy: float, images: int, notes: Sequence[str]
) -> Card:
    facts = model.metadata
    parameters = sum(
        n.kernel.size + n.bias.size  # type: ignore[attr-defined]
        for n in model.nodes
        if hasattr(n, "kernel")
    )
    return Card(
        name=name,
        recipe=facts["recipe"],
        dataset=facts["dataset"],
        data_digest=facts["data_digest"],
        seed=facts["seed"],
        epochs=facts["epochs"],
        clean_accuracy=round(accuracy, 6),
        test_images=images,
        parameters=int(parameters),
        sha256=hashlib.sha256((run / FROZEN).read_bytes()).hexdigest(),
        versions={p: version(p) for p in ("tinyrob", "tensorflow", "tf-keras", "qkeras", "numpy")},
        notes=tuple(notes),
        init=facts.get("init"),
        teacher=facts.get("teacher"),
    )
