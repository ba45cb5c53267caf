"""The zoo: frozen networks with their recipe and the figures measured when they were added.

An entry is a folder with ``frozen.npz``, ``recipe.toml``, ``card.json`` and, of runs that kept one,
``history.json`` (the curves: one record an epoch). Loading one executes
nothing, unpickles nothing and needs no TensorFlow.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tinyrob.errors import ModelFormatError, TinyrobError
from tinyrob.frozen.model import FrozenModel

ZOO = Path(__file__).resolve().parent.parent / "zoo"
FROZEN, RECIPE, CARD, HISTORY = "frozen.npz", "recipe.toml", "card.json", "history.json"
"""An entry's files; a training run's folder has the same, without the card."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_HINT = "reinstall tinyrob, or add the entry again"


@dataclass(frozen=True)
class Card:
    """What is known of an entry. ``clean_accuracy`` is on ``test_images``, the whole test split.

    ``sha256`` is of frozen.npz; ``parameters`` counts kernel weights and biases; ``versions`` are
    of the packages that it was measured with. ``notes`` tell what a reader of the figures must
    know: how choices were made, what was not measured.
    """

    name: str
    recipe: str
    dataset: str
    data_digest: str
    seed: int
    epochs: int
    clean_accuracy: float
    test_images: int
    parameters: int
    sha256: str
    versions: Mapping[str, str]
    notes: Sequence[str] = ()


def names(folder: Path = ZOO) -> tuple[str, ...]:
    """The entries' names, sorted."""
    return tuple(sorted(path.parent.name for path in folder.glob(f"[!.]*/{CARD}")))


def load(name: str, folder: Path = ZOO) -> FrozenModel:
    """The frozen model. Raises ModelFormatError where it is unknown or not what its card says."""
    from tinyrob.frozen.io import load_frozen

    expected, path = card(name, folder).sha256, folder / name / FROZEN
    model = load_frozen(path)
    if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
        raise ModelFormatError(f"{path} is not the file that its card.json was written for", _HINT)
    return model


def card(name: str, folder: Path = ZOO) -> Card:
    """The card. Raises ModelFormatError where it is unknown or damaged."""
    if name not in names(folder):
        raise ModelFormatError(
            f"there is no model {name!r} in the zoo", f"it has {', '.join(names(folder)) or 'none'}"
        )
    path = folder / name / CARD
    try:
        return Card(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ModelFormatError(f"{path} is damaged: {error}", _HINT) from error


def recipe_text(name: str, folder: Path = ZOO) -> str:
    """The TOML of the recipe that trained an entry. Raises ModelFormatError."""
    card(name, folder)
    return (folder / name / RECIPE).read_text(encoding="utf-8")


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
    from tinyrob import data
    from tinyrob.files.plan import replace_folder
    from tinyrob.frozen.io import load_frozen
    from tinyrob.train.session import frozen_accuracy

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
    name = facts["recipe"] if name is None else name
    if not _NAME.fullmatch(name):
        raise TinyrobError(
            f"{name!r} cannot name a zoo entry", "use lower-case letters, digits and dashes"
        )
    dataset = data.load(facts["dataset"], data_dir)
    if dataset.digest != facts["data_digest"]:
        raise TinyrobError(
            f"these {dataset.name} data are not those that {run} was trained on",
            "name the folder that it was trained with: --data-dir",
        )
    accuracy = frozen_accuracy(model, dataset)
    made = _card(name, model, run, accuracy, len(dataset.x_test), notes)
    folder.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder))
    try:
        fresh.chmod(0o755)
        for file in (FROZEN, RECIPE, HISTORY):
            if file != HISTORY or (run / file).is_file():
                shutil.copyfile(run / file, fresh / file)
        (fresh / CARD).write_text(json.dumps(asdict(made), indent=1) + "\n", encoding="utf-8")
        replace_folder(fresh, folder / name)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return made


def _card(
    name: str, model: FrozenModel, run: Path, accuracy: float, images: int, notes: Sequence[str]
) -> Card:
    from importlib.metadata import version

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
    )
