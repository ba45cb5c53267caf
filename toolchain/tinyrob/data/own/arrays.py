"""Arrays of any shape: an .npz, or a folder of .npy files, with inputs ``x`` and classes ``y``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.data import units as grids
from tinyrob.data.dataset import from_int8
from tinyrob.data.own import split as splits
from tinyrob.data.own.made import Made
from tinyrob.data.own.split import SPLITS, Item, Split
from tinyrob.data.units import Units
from tinyrob.errors import DataError
from tinyrob.files.archive import parse_npz, read_npy
from tinyrob.files.limits import DATA_BYTES, Damaged, read_limited
from tinyrob.files.names import complaint
from tinyrob.files.toml_table import Table

MOST_CLASSES = 1024
_HINT = "np.savez(path, x=inputs, y=classes) makes the right file"


@dataclass(frozen=True)
class Arrays:
    """Names of the arrays; ``range`` is what floats lie in (None: measured), ``unit`` theirs."""

    x: str
    y: str
    group: str
    range: tuple[float, float] | None
    unit: tuple[str, ...]
    channels: tuple[str, ...]
    each: bool | None
    classes: tuple[str, ...]


def ask(t: Table) -> Arrays:
    """The keys of arrays."""
    return Arrays(
        t.text("x", "x"),
        t.text("y", "y"),
        t.text("group") if t.has("group") else "",
        ask_range(t),
        ask_unit(t),
        t.texts("channels") if t.has("channels") else (),
        t.boolean("per_channel") if t.has("per_channel") else None,
        t.texts("classes") if t.has("classes") else (),
    )


def ask_range(t: Table) -> tuple[float, float] | None:
    """The key ``range``: [low, high]."""
    if not t.has("range"):
        return None
    ends = t.numbers("range")
    if len(ends) != 2 or ends[0] >= ends[1]:
        raise t.wrong("range", f"must be [low, high] with low below high, is {list(ends)}")
    return ends[0], ends[1]


def ask_unit(t: Table) -> tuple[str, ...]:
    """The key ``unit``: one for all, or a list of one a channel."""
    if t.is_list("unit"):
        return t.texts("unit") or ("",)
    return (t.text("unit") if t.has("unit") else "",)


def load(options: Arrays, how: Split, root: Path) -> Made:
    """All examples. Raises DataError that names file, array and row."""
    if how.by_name:
        parts = []
        for number, name in enumerate(SPLITS):
            for given in how.by_name.get(name, ()):
                parts.append((number, _part(root, given, options)))
        _alike(parts)
    else:
        parts = [(0, _arrays(root, options, ""))]
    x = np.concatenate([one["x"] for _, one in parts])
    y, classes = numbered([one["y"] for _, one in parts], options.classes, str(root))
    place = np.concatenate([np.full(len(one["x"]), number) for number, one in parts])
    groups: list[str | None] = [None] * len(x)
    if options.group:
        groups = [str(v) for _, one in parts for v in one["group"].tolist()]
    items = [
        Item(str(number), label, group)
        for number, (label, group) in enumerate(zip(y.tolist(), groups, strict=True))
    ]
    if how.by_name:
        splits.check_groups(items, place)
        splits.check_filled(place, how, str(root))
    else:
        place = splits.assign(items, how, classes)
    made, units = on_grid(x, place == 0, options, str(root))
    return Made(made, items, place, classes, units, _form(x))


def _form(x: NDArray[Any]) -> str:
    if x.dtype == np.uint8 and x.ndim == 4 and x.shape[3] in (1, 3):
        return "pixels"
    return "windows" if x.ndim == 3 else "features"


def _part(root: Path, given: str, options: Arrays) -> dict[str, NDArray[Any]]:
    """A split's arrays: of the file ``given`` in the folder, or named ``x_<given>`` in the file."""
    if root.is_dir() and not given.endswith(".npz"):
        return _arrays(root, options, f"_{given}")
    if root.is_dir():
        return _arrays(root / given, options, "")
    return _arrays(root, options, f"_{given}")


def _arrays(root: Path, options: Arrays, suffix: str) -> dict[str, NDArray[Any]]:
    wanted = {"x": options.x + suffix, "y": options.y + suffix}
    if options.group:
        wanted["group"] = options.group + suffix
    found: Mapping[str, NDArray[Any]]
    try:
        if root.is_dir():
            found = {n: _npy(root / f"{n}.npy") for n in wanted.values()}
        else:
            found = parse_npz(read_limited(root, DATA_BYTES))
    except FileNotFoundError:
        raise DataError(f"there is no file or folder {root}", _HINT) from None
    except OSError as error:
        raise DataError(f"cannot read {root}: {error.strerror}", "check the path") from None
    except Damaged as error:
        raise DataError(f"{root} holds no arrays: {error}", _HINT) from None
    for key, name in wanted.items():
        if name not in found:
            raise DataError(
                f"{root} has no array {name!r}; it has {', '.join(map(repr, found)) or 'none'}",
                f"name it with dataset.{key}, or save it as {name!r}: {_HINT}",
            )
    arrays = {key: found[name] for key, name in wanted.items()}
    _check(arrays, root, wanted)
    return arrays


def _npy(path: Path) -> NDArray[Any]:
    if not path.is_file():
        there = ", ".join(sorted(p.name for p in path.parent.iterdir())[:8]) or "nothing"
        raise DataError(f"{path.parent} has no {path.name}; it has {there}", _HINT)
    try:
        return read_npy(path)
    except Damaged as error:
        raise Damaged(f"{path.name}: {error}") from None


def _check(arrays: dict[str, NDArray[Any]], root: Path, names: Mapping[str, str]) -> None:
    x = arrays["x"]
    if x.ndim < 2 or x.size == 0 or x.ndim > 5:
        raise DataError(
            f"{root}: {names['x']} has the shape {x.shape}, not (N, ...) with one to four axes "
            "behind N, none of them empty",
            _HINT,
        )
    if x.dtype.kind not in "fiu" or (x.dtype.kind in "iu" and x.dtype.itemsize > 4):
        raise DataError(
            f"{root}: {names['x']} holds {x.dtype}, not numbers that a sensor gives",
            "save uint8, int8, int16 or float32",
        )
    for key in ("y", "group"):
        if key in arrays and arrays[key].shape != (len(x),):
            hint = "give one for each input"
            if key == "y" and arrays[key].ndim == 2:
                hint = "one-hot rows become class numbers by y.argmax(1)"
            raise DataError(
                f"{root}: {names[key]} has the shape {arrays[key].shape}, not ({len(x)},)", hint
            )
    if x.dtype.kind == "f":
        check_finite(x, f"{root}: {names['x']}")


def check_finite(x: NDArray[Any], where: str) -> None:
    """Raises DataError that names the first row with NaN or infinity."""
    if np.isfinite(x).all():
        return
    rows = np.flatnonzero(~np.isfinite(x).reshape(len(x), -1).all(axis=1))
    raise DataError(
        f"{where} has NaN or infinite values in {len(rows):,} rows, first in row {rows[0]}",
        "leave those rows out, or mend them: numpy.nan_to_num",
    )


def _alike(parts: Sequence[tuple[int, dict[str, NDArray[Any]]]]) -> None:
    kinds = {(one["x"].shape[1:], one["x"].dtype.name) for _, one in parts}
    if len(kinds) > 1:
        told = " and ".join(f"{kind} {shape}" for shape, kind in sorted(kinds, key=str))
        raise DataError(f"the splits' inputs differ: {told}", "save all splits alike")


def numbered(
    parts: Sequence[NDArray[Any]], names: tuple[str, ...], where: str
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Class numbers, and the classes' names, of labels that are integers or texts."""
    text = {part.dtype.kind in "US" for part in parts}
    if len(text) > 1:
        raise DataError(f"{where}: labels are numbers in one split, names in another", "choose one")
    y = np.concatenate(parts)
    if y.dtype.kind in "US":
        labels = [str(v, "utf-8", "replace") if isinstance(v, bytes) else str(v) for v in y]
        classes = names or tuple(sorted(set(labels)))
        unknown = sorted(set(labels) - set(classes))
        if unknown:
            row = labels.index(unknown[0])
            raise DataError(
                f"{where}: row {row} is of the class {unknown[0]!r}, which dataset.classes has not",
                f"it names {', '.join(classes)}",
            )
        numbers = np.array([classes.index(one) for one in labels], np.int64)
    else:
        if y.dtype.kind == "f" and np.isfinite(y).all() and (y == np.floor(y)).all():
            y = y.astype(np.int64)
        if y.dtype.kind not in "iub":
            raise DataError(
                f"{where}: labels are {y.dtype}, not class numbers or names",
                "save one integer or text for each input",
            )
        numbers = y.astype(np.int64)
        most = len(names) if names else MOST_CLASSES
        outside = np.flatnonzero((numbers < 0) | (numbers >= most))
        if len(outside):
            raise DataError(
                f"{where}: label {numbers[outside[0]]} in row {outside[0]} is out of range",
                f"class numbers are 0 to {most - 1}"
                + (", as dataset.classes names so many" if names else ""),
            )
        classes = names or tuple(map(str, range(int(numbers.max()) + 1)))
    check_classes(classes, where)
    return numbers, classes


def check_classes(classes: Sequence[str], where: str) -> None:
    """Raises DataError for names that no screen shows, twice the same, or too many."""
    for name in classes:
        why = complaint(name)
        if why is not None:
            raise DataError(f"{where}: the class {name!r} {why}", "rename it")
    if len(set(classes)) != len(classes):
        raise DataError(f"{where}: two classes have one name", "correct dataset.classes")
    if not 1 <= len(classes) <= MOST_CLASSES:
        raise DataError(f"{where}: {len(classes)} classes, not 1 to {MOST_CLASSES}")


def on_grid(
    x: NDArray[Any], training: NDArray[np.bool_], options: Arrays, where: str
) -> tuple[NDArray[np.uint8], Units | None]:
    """Inputs as bytes, and what these stand for: the range is that of the training examples."""
    if x.dtype == np.uint8:
        return np.ascontiguousarray(x), None
    if x.dtype == np.int8:
        return from_int8(np.ascontiguousarray(x)), None
    each = options.each if options.each is not None else x.ndim <= 3 and options.range is None
    channels = x.shape[-1]
    for key, given in (("channels", options.channels), ("unit", options.unit)):
        if len(given) not in (0, 1, channels):
            raise DataError(
                f"{where}: dataset.{key} names {len(given)}, and inputs have {channels} channels",
                f"inputs are {x.shape[1:]}: channels are on the last axis",
            )
    if not training.any():
        raise DataError(f"{where}: the train split is empty", "correct dataset.split")
    seen = x[training]
    if options.range is not None:
        grids.check_range(seen, options.range, where)
        units = grids.of_ranges([options.range], options.channels, options.unit)
    else:
        units = grids.measured(seen, each, options.channels, options.unit)
    return from_int8(units.quantize(x)), units
