"""Datasets by name, or as a recipe's table describes a user's own.

One line of ``DATASETS`` and one module adds a named one, ``tinyrob.data.own`` a kind of own ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tinyrob.data import arrays, cifar10, digits, speech_commands, svhn
from tinyrob.data.dataset import Dataset, to_int8
from tinyrob.data.own import description
from tinyrob.data.own.description import Description
from tinyrob.errors import DataError, did_you_mean
from tinyrob.features.read import KEY
from tinyrob.features.read import read as read_features
from tinyrob.features.spec import Features
from tinyrob.files.toml_table import Table, read_toml

__all__ = [
    "DATASETS",
    "Data",
    "Dataset",
    "Description",
    "Source",
    "check",
    "classes_of",
    "default_root",
    "inventory",
    "load",
    "of_recipe",
    "of_recordings",
    "read",
    "to_int8",
]

Data = str | Description
"""A dataset's name, or a description of a user's own."""


@dataclass(frozen=True)
class Source:
    """How a dataset is read, and what ``tinyrob data list`` says of it.

    ``labels`` is there where a name may go on with labels: ``speech_commands:yes,no``; ``classes``
    are known without reading it.
    """

    load: Callable[..., Dataset]
    summary: str
    folders: tuple[str, ...] = ()  # any one of them holds it; none: it is embedded
    labels: Callable[[str], tuple[str, ...]] | None = None
    classes: tuple[str, ...] = ()


DIGITS = tuple("0123456789")
DATASETS: Mapping[str, Source] = {
    "digits": Source(
        digits.load, "1,797 handwritten digits, 8x8x1, 10 classes; embedded", (), None, DIGITS
    ),
    "cifar10": Source(
        cifar10.load,
        "60,000 photographs, 32x32x3, 10 classes",
        (cifar10.BINARY, cifar10.PYTHON),
        None,
        cifar10.CLASSES,
    ),
    "svhn": Source(
        svhn.load,
        "99,289 house-number digits, 32x32x3, 10 classes",
        (svhn.FOLDER,),
        None,
        DIGITS,
    ),
    speech_commands.NAME: Source(
        speech_commands.load,
        "105,829 spoken words as 49x10x1 features; labels are chosen: speech_commands:yes,no",
        (speech_commands.FOLDER,),
        speech_commands.labels_of,
    ),
}


def default_root() -> Path:
    """Where datasets are looked for: ``TINYROB_DATA``, else the user's cache folder."""
    named = os.environ.get("TINYROB_DATA")
    if named:
        return Path(named).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "tinyrob" / "data"


def check(name: str) -> None:
    """Raises DataError where ``name`` names no dataset, or labels that it cannot have.

    ``arrays`` names those that ``tinyrob.train`` is given.
    """
    base, _, labels = name.partition(":")
    if name == arrays.NAME:
        return
    if base not in DATASETS:
        raise DataError(
            f"unknown dataset {name!r}",
            f"{did_you_mean(base, DATASETS)}known: {', '.join(DATASETS)}; data of your own are "
            "described in a recipe's [dataset] table (tinyrob new DIR --data PATH writes one)",
        )
    chosen = DATASETS[base].labels
    if chosen is not None:
        chosen(labels)
    elif ":" in name:
        raise DataError(f"{name!r}: {base} has no labels to choose", f"its name is {base!r}")


def classes_of(name: str) -> tuple[str, ...]:
    """The classes of a named dataset, without reading it; none where the name is unknown."""
    base, _, labels = name.partition(":")
    source = DATASETS.get(base)
    if source is None:
        return ()
    try:
        return source.classes if source.labels is None else source.labels(labels)
    except DataError:
        return ()


def of_recordings(name: Data) -> bool:
    """Whether inputs can be made anew from recordings, changed."""
    if isinstance(name, Description):
        return description.KINDS[name.kind].recordings
    source = DATASETS.get(name.partition(":")[0])
    return source is not None and source.labels is not None


def read(t: Table, base: Path) -> Data:
    """The key ``dataset`` of a recipe: a name, or a table. Raises the table's error."""
    if t.is_table("dataset"):
        return description.read(t.table("dataset"), base)
    name = t.text("dataset")
    try:
        check(name)
    except DataError as error:
        raise t.wrong("dataset", error.message, error.hint or "") from error
    return name


def of_recipe(path: Path) -> tuple[Data, Features | None]:
    """What a recipe's file trains on, and what it makes of recordings. Raises DataError."""
    top = read_toml(path, DataError)
    table = top.optional_table(KEY)
    return read(top, path.parent), None if table is None else read_features(table)


def load(
    name: Data,
    data_dir: str | os.PathLike[str] | None = None,
    features: Features | None = None,
) -> Dataset:
    """The dataset called ``name``, from ``data_dir`` or ``default_root()``; a user's own, which is
    described, or named by the file of a recipe that describes it. Recordings become ``features``
    (None: those that the dataset has always had).

    Raises DataError for an unknown name, features of what are no recordings, and where a file is
    missing, damaged or cut short.
    """
    if isinstance(name, str) and name.endswith(".toml"):
        name, own = of_recipe(Path(name))
        features = features or own
    if features is not None and not of_recordings(name):
        called = name.name if isinstance(name, Description) else name
        raise DataError(
            f"{called} holds no recordings, and features are made of sound",
            "leave the table [features] out, or name a dataset of recordings",
        )
    if isinstance(name, Description):
        named = Path(data_dir) if data_dir is not None else None
        return description.load(name, named, default_root() / "features", features)
    check(name)
    if name == arrays.NAME:
        raise DataError(
            "the dataset is arrays, and there are none",
            "give them in Python: tinyrob.train(recipe, (x_train, y_train, x_test, y_test))",
        )
    base, _, labels = name.partition(":")
    root = Path(data_dir) if data_dir is not None else default_root()
    source = DATASETS[base]
    return source.load(root, labels, features) if source.labels else source.load(root)


def inventory(data_dir: str | os.PathLike[str] | None = None) -> list[dict[str, str]]:
    """For each dataset: ``name``, ``summary`` and ``state`` (where it is, or what is wrong)."""
    root = Path(data_dir) if data_dir is not None else default_root()
    rows = []
    for name, source in DATASETS.items():
        found = [root / folder for folder in source.folders if (root / folder).is_dir()]
        if not source.folders:
            state = "embedded"
        elif found:
            state = f"in {found[0]}"
        else:
            state = f"not in {root}: tinyrob data fetch {name}"
        rows.append({"name": name, "summary": source.summary, "state": state})
    return rows
