"""The zoo: frozen networks with their recipe and the figures measured when they were added.

An entry is a folder with ``frozen.npz``, ``recipe.toml``, ``card.json`` and, of runs that kept one,
``history.json`` (the curves: one record an epoch). Loading one executes
nothing, unpickles nothing and needs no TensorFlow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyrob.errors import ModelFormatError, did_you_mean
from tinyrob.files.json_text import check, number, read_json, whole
from tinyrob.files.limits import Damaged
from tinyrob.frozen.model import FrozenModel
from tinyrob.models.run_folder import CARD, FROZEN, RECIPE

ZOO = Path(__file__).resolve().parent.parent / "zoo"
_HINT = "reinstall tinyrob, or add the entry again"


@dataclass(frozen=True)
class Card:
    """What is known of an entry. ``clean_accuracy`` is on ``test_images``, the whole test split.

    ``sha256`` is of frozen.npz; ``parameters`` counts kernel weights and biases; ``versions`` are
    of the packages that it was measured with. ``notes`` tell what a reader of the figures must
    know: how choices were made, what was not measured. ``init`` and ``teacher`` say what the first
    weights and soft labels were ``from``, with the SHA-256 of that file; None where there was none.
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
    init: Mapping[str, Any] | None = None
    teacher: Mapping[str, Any] | None = None


_CARD = {
    **dict.fromkeys(("name", "recipe", "dataset", "data_digest", "sha256"), str),
    **dict.fromkeys(("seed", "epochs", "test_images", "parameters"), whole(0, 1 << 53)),
    "clean_accuracy": number(0.0, 1.0),
    "versions": {str: str},
    "notes?": [str],
    "init?": ({str: object}, None),
    "teacher?": ({str: object}, None),
}


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
            f"there is no model {name!r} in the zoo",
            f"{did_you_mean(name, names(folder))}it has {', '.join(names(folder)) or 'none'}",
        )
    path = folder / name / CARD
    try:
        raw = read_json(path)
        check(raw, _CARD)
        return Card(**raw)
    except (OSError, Damaged, TypeError) as error:
        raise ModelFormatError(f"{path} is damaged: {error}", _HINT) from error


def recipe_text(name: str, folder: Path = ZOO) -> str:
    """The TOML of the recipe that trained an entry. Raises ModelFormatError."""
    card(name, folder)
    return (folder / name / RECIPE).read_text(encoding="utf-8")
