"""A recipe's ``[dataset]`` table: data of a user's own, described, read and made into splits."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from tinyrob.data.dataset import Dataset
from tinyrob.data.own import arrays, audio, images, split, windows
from tinyrob.data.own.made import Made
from tinyrob.data.own.split import SPLITS, Split
from tinyrob.errors import DataError, TinyrobError
from tinyrob.features.spec import Features
from tinyrob.files.toml_table import Table

BALANCED = "balanced"


@dataclass(frozen=True)
class Kind:
    """``ask`` reads a kind's keys, ``load`` makes all its examples, ``holds`` says what it is."""

    ask: Callable[[Table], Any]
    load: Callable[..., Made]
    holds: str
    recordings: bool = False


KINDS: Mapping[str, Kind] = {
    "images": Kind(images.ask, images.load, "pictures in a folder a class"),
    "arrays": Kind(arrays.ask, arrays.load, "an .npz or .npy files of x and y"),
    "windows": Kind(windows.ask, windows.load, "CSV or Parquet files of sensor channels"),
    "audio": Kind(audio.ask, audio.load, "recordings in a folder a class", True),
}


@dataclass(frozen=True)
class Description:
    """The table: ``kind``, where the data lie, the kind's own keys, and how they are split.

    ``path`` is looked for in ``--data-dir`` where that is given, beside the recipe, and in the
    working folder. ``class_weights`` are each class's in the loss: ``"balanced"`` gives each class
    as much weight as the others, however few examples it has; a table names some, others have 1.
    """

    kind: str
    path: str
    options: Any
    split: Split
    class_weights: str | Mapping[str, float] = ""
    values: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    base: Path = field(default=Path(), repr=False, compare=False)

    @property
    def name(self) -> str:
        """What figures call it: ``images:pictures``."""
        return f"{self.kind}:{self.path}"

    def root(self, data_dir: Path | None = None) -> Path:
        """The file or folder. Raises DataError where it is in none of the places."""
        places = [*([data_dir] if data_dir is not None else []), self.base, Path()]
        tried = list(dict.fromkeys(_at(place, self.path) for place in places))
        for path in tried:
            if path.exists():
                return path
        raise DataError(
            f"the data of the recipe are not there: {' or '.join(map(str, tried))}",
            "correct dataset.path, name the folder that it lies in with --data-dir, or the recipe "
            "with --dataset RECIPE.toml",
        )

    def to_dict(self) -> dict[str, Any]:
        """As a frozen model carries it: ``read`` takes it back. ``path`` from the working folder,
        unless the recipe has it whole."""
        path = self.path
        if not Path(path).is_absolute():
            beside = _at(self.base, path)
            if beside.exists():
                path = Path(os.path.relpath(beside)).as_posix()
        return {**self.values, "path": path}


def _at(place: Path, path: str) -> Path:
    """``a/../b`` is b, whether there is an a or not."""
    return Path(os.path.normpath(place / path))


def read(t: Table, base: Path) -> Description:
    """The table ``[dataset]``; ``base`` is its file's folder. Raises the table's error."""
    kind = t.choice("kind", tuple(KINDS))
    path = t.text("path")
    weights: str | dict[str, float] = ""
    if t.is_text("class_weights"):
        weights = t.choice("class_weights", (BALANCED,))
    elif t.has("class_weights"):
        inner = t.table("class_weights")
        weights = {name: inner.number(name, 1e-3, 1e3) for name in inner.keys()}  # noqa: SIM118
    options = KINDS[kind].ask(t)
    how = split.ask(t.optional_table("split"))
    t.done()
    return Description(kind, path, options, how, weights, t.plain(), base)


def from_metadata(raw: Any, where: str) -> Description | None:
    """What a frozen model or manifest says of its data; None where it says nothing readable."""
    if not isinstance(raw, dict):
        return None
    try:
        return read(Table(raw, where, "data.", DataError), Path())
    except TinyrobError:
        return None


def load(
    described: Description,
    data_dir: Path | None = None,
    cache: Path | None = None,
    features: Features | None = None,
) -> Dataset:
    """The dataset; recordings as ``features``. Raises DataError with all that is wrong,
    ToolMissing."""
    root, kind = described.root(data_dir), KINDS[described.kind]
    more = (cache, features) if kind.recordings else ()
    made = kind.load(described.options, described.split, root, *more)
    return replace(_dataset(described, made), features=made.features)


def _dataset(described: Description, made: Made) -> Dataset:
    """Shuffled splits: the first so many of one are then of all classes."""
    labels = np.array([item.label for item in made.items], np.int64)
    dice = np.random.default_rng([1804, described.split.seed])
    order = {
        name: dice.permutation(np.flatnonzero(made.place == number))
        for number, name in enumerate(SPLITS)
    }
    remake = None if made.remake is None else made.remake(order["train"])
    x = {name: np.ascontiguousarray(made.x[rows]) for name, rows in order.items()}
    y = {name: labels[rows] for name, rows in order.items()}
    validates = len(order["validation"]) > 0
    recorded = made.recorded
    return Dataset(
        described.name,
        x["train"],
        y["train"],
        x["test"],
        y["test"],
        made.classes,
        x["validation"] if validates else None,
        y["validation"] if validates else None,
        remake,
        made.units,
        made.form,
        _weights(described, made.classes, y["train"]),
        described.to_dict(),
        made.features,
        None if recorded is None else lambda split, chosen: recorded(order[split][chosen]),
    )


def _weights(
    described: Description, classes: tuple[str, ...], labels: Any
) -> tuple[float, ...] | None:
    """Each class's weight, so that a training example's is 1 on average."""
    asked = described.class_weights
    if not asked:
        return None
    counts = Counter(labels.tolist())
    if asked == BALANCED:
        raw = [1.0 / counts[number] if counts[number] else 0.0 for number in range(len(classes))]
    else:
        assert not isinstance(asked, str)
        unknown = [name for name in asked if name not in classes]
        if unknown:
            raise DataError(
                f"dataset.class_weights: there is no class {unknown[0]!r}",
                f"classes are {', '.join(classes)}",
            )
        raw = [asked.get(name, 1.0) for name in classes]
    mean = sum(raw[number] * count for number, count in counts.items()) / max(len(labels), 1)
    return tuple(weight / mean for weight in raw)
