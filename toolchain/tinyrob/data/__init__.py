"""Datasets by name. One line of ``DATASETS`` and one module adds another."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tinyrob.data import arrays, cifar10, digits, speech_commands, svhn
from tinyrob.data.dataset import Dataset, to_int8
from tinyrob.errors import DataError, did_you_mean

__all__ = ["DATASETS", "Dataset", "Source", "check", "default_root", "inventory", "load", "to_int8"]


@dataclass(frozen=True)
class Source:
    """How a dataset is read, and what ``tinyrob data list`` says of it.

    ``labels`` is there where a name may go on with labels: ``speech_commands:yes,no``.
    """

    load: Callable[..., Dataset]
    summary: str
    folders: tuple[str, ...] = ()  # any one of them holds it; none: it is embedded
    labels: Callable[[str], tuple[str, ...]] | None = None


DATASETS: Mapping[str, Source] = {
    "digits": Source(digits.load, "1,797 handwritten digits, 8x8x1, 10 classes; embedded"),
    "cifar10": Source(
        cifar10.load,
        "60,000 photographs, 32x32x3, 10 classes",
        (cifar10.BINARY, cifar10.PYTHON),
    ),
    "svhn": Source(svhn.load, "99,289 house-number digits, 32x32x3, 10 classes", (svhn.FOLDER,)),
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
            f"{did_you_mean(base, DATASETS)}known: {', '.join(DATASETS)}",
        )
    chosen = DATASETS[base].labels
    if chosen is not None:
        chosen(labels)
    elif ":" in name:
        raise DataError(f"{name!r}: {base} has no labels to choose", f"its name is {base!r}")


def load(name: str, data_dir: str | os.PathLike[str] | None = None) -> Dataset:
    """The dataset called ``name``, from ``data_dir`` or ``default_root()``.

    Raises DataError for an unknown name, and where a file is missing, damaged or cut short.
    """
    check(name)
    if name == arrays.NAME:
        raise DataError(
            "the dataset is arrays, and there are none",
            "give them in Python: tinyrob.train(recipe, (x_train, y_train, x_test, y_test))",
        )
    base, _, labels = name.partition(":")
    root = Path(data_dir) if data_dir is not None else default_root()
    source = DATASETS[base]
    return source.load(root, labels) if source.labels else source.load(root)


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
