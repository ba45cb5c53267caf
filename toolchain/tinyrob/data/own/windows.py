"""Windows (T, C) cut out of recordings of sensor channels: CSV or Parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.data.own import arrays, rows
from tinyrob.data.own import split as splits
from tinyrob.data.own.arrays import Arrays, ask_range, ask_unit
from tinyrob.data.own.made import Made
from tinyrob.data.own.split import SPLITS, Item, Split
from tinyrob.errors import DataError
from tinyrob.files.limits import DATA_BYTES, MIB
from tinyrob.files.toml_table import Table
from tinyrob.files.walk import files_below

BY = ("time", "file")


@dataclass(frozen=True)
class Windows:
    """``window`` and ``stride`` in rows; ``label`` and ``group`` name columns.

    Without ``label``, the folder that a file lies in is its class. Without a ``group``, splits are
    cut ``by`` time, the end of each recording testing, or files stay whole.
    """

    window: int
    stride: int
    channels: tuple[str, ...]
    label: str
    group: str
    by: str
    range: tuple[float, float] | None
    unit: tuple[str, ...]
    each: bool
    classes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Recording:
    """Rows (T, C) of one file that follow each other, of one class and one group."""

    key: str
    values: NDArray[np.float32]
    label: str
    group: str | None
    split: int


def ask(t: Table) -> Windows:
    """The keys of windows."""
    window = t.integer("window", 2, 65536)
    return Windows(
        window,
        t.integer("stride", 1, 65536, max(1, window // 2)),
        t.texts("channels") if t.has("channels") else (),
        t.text("label") if t.has("label") else "",
        t.text("group") if t.has("group") else "",
        t.choice("by", BY, "time"),
        ask_range(t),
        ask_unit(t),
        t.boolean("per_channel", True),
        t.texts("classes") if t.has("classes") else (),
    )


def load(options: Windows, how: Split, root: Path) -> Made:
    """All windows as bytes (N, T, C). Raises DataError that names file, line and column."""
    recordings, channels = _recordings(options, how, root)
    named = options.classes or tuple(sorted({r.label for r in recordings}))
    arrays.check_classes(named, str(root))
    for recording in recordings:
        if recording.label not in named:
            raise DataError(
                f"{recording.key}: the class {recording.label!r} is not in dataset.classes",
                f"it names {', '.join(named)}",
            )
    by_time = not how.by_name and not options.group and options.by == "time"
    cut = list(_by_time(recordings, options, how) if by_time else _whole(recordings, options))
    if not cut:
        longest = max(len(r.values) for r in recordings)
        raise DataError(
            f"{root}: no recording is as long as a window of {options.window} rows: the longest "
            f"has {longest}",
            "lower dataset.window; a recording ends where its file, class or group ends",
        )
    if len(cut) * options.window * len(channels) * 4 > DATA_BYTES:
        raise DataError(
            f"{len(cut):,} windows of {options.window}x{len(channels)} are more than "
            f"{DATA_BYTES // MIB:,} MiB",
            "raise dataset.stride",
        )
    x = np.stack([values for _, values, _ in cut])
    items = [Item(f"{r.key}@{n}", named.index(r.label), r.group) for n, (r, _, _) in enumerate(cut)]
    place = np.array([number for _, _, number in cut], np.int64)
    if how.by_name:
        splits.check_groups(items, place)
        splits.check_filled(place, how, str(root))
    elif not by_time:
        place = splits.assign(items, how, named)
    else:
        _check_time(items, place, named, how)
    grid = Arrays("x", "y", "", options.range, options.unit, channels, options.each, named)
    made, units = arrays.on_grid(x, place == 0, grid, str(root))
    return Made(made, items, place, named, units, "windows")


def _files(root: Path, how: Split) -> Iterator[tuple[Path, str, int]]:
    """Each file, its path below ``root`` and its split."""
    if root.is_file():
        yield root, root.name, 0
        return
    if not root.is_dir():
        raise DataError(
            f"there is no file or folder {root}",
            "dataset.path is looked for beside the recipe, and in the working folder",
        )
    found = files_below(root, rows.SUFFIXES)
    if not found:
        raise DataError(
            f"no tables below {root}", f"files that are read end in {', '.join(rows.SUFFIXES)}"
        )
    named = how.by_name
    if not named:
        yield from ((path, path.relative_to(root).as_posix(), 0) for path in found)
        return
    taken: dict[Path, int] = {}
    for number, name in enumerate(SPLITS):
        for pattern in named.get(name, ()):
            matching = [p for p in found if _matches(p.relative_to(root), pattern)]
            if not matching:
                raise DataError(
                    f"{root}: dataset.split.{name}: no table matches {pattern!r}",
                    "a file, a folder, or a pattern such as session-1*.csv",
                )
            for path in matching:
                if taken.setdefault(path, number) != number:
                    raise DataError(
                        f"{path} is in two splits: {SPLITS[taken[path]]} and {name}",
                        "what is trained on cannot test",
                    )
    yield from ((p, p.relative_to(root).as_posix(), n) for p, n in sorted(taken.items()))


def _matches(path: Path, pattern: str) -> bool:
    inside = path.as_posix()
    return path.match(pattern) or inside == pattern or inside.startswith(pattern.rstrip("/") + "/")


def _recordings(
    options: Windows, how: Split, root: Path
) -> tuple[list[Recording], tuple[str, ...]]:
    found: list[Recording] = []
    channels = options.channels
    for path, key, number in _files(root, how):
        table = rows.read(path)
        if not channels:
            channels = tuple(
                name for name in table.numeric() if name not in (options.label, options.group)
            )
            if not channels:
                raise DataError(f"{path} has no column of numbers", "name dataset.channels")
        values = table.numbers(channels, "channels")
        if options.label:
            labels = table.texts(options.label, "label")
        else:
            folder = key.rpartition("/")[0].rpartition("/")[2]
            if not folder:
                raise DataError(
                    f"{path} lies in no folder that would be its class",
                    'name the column that holds it: dataset.label = "activity"; or a folder a '
                    "class",
                )
            labels = [folder] * table.count
        groups: Sequence[str | None]
        if options.group:
            groups = table.texts(options.group, "group")
        else:
            groups = [key if options.by == "file" else None] * table.count
        found += _pieces(key, values, labels, groups, number)
    return found, channels


def _pieces(
    key: str,
    values: NDArray[np.float32],
    labels: Sequence[str],
    groups: Sequence[str | None],
    number: int,
) -> Iterator[Recording]:
    start = 0
    for row in range(1, len(labels) + 1):
        ends = row == len(labels)
        if ends or labels[row] != labels[start] or groups[row] != groups[start]:
            yield Recording(
                f"{key}:{start}", values[start:row], labels[start], groups[start], number
            )
            start = row


def _windows(values: NDArray[Any], options: Windows) -> Iterator[NDArray[Any]]:
    for start in range(0, len(values) - options.window + 1, options.stride):
        yield values[start : start + options.window]


def _whole(
    recordings: Sequence[Recording], options: Windows
) -> Iterator[tuple[Recording, NDArray[Any], int]]:
    for recording in recordings:
        for values in _windows(recording.values, options):
            yield recording, values, recording.split


def _by_time(
    recordings: Sequence[Recording], options: Windows, how: Split
) -> Iterator[tuple[Recording, NDArray[Any], int]]:
    """Each recording's end tests, what is before it chooses: no window reaches over a border.

    The seed plays no part: what is drawn at random out of overlapping windows leaks.
    """
    for recording in recordings:
        count = len(recording.values)
        tested = count - round(how.test * count)
        chosen = tested - round(how.validation * count)
        for number, part in enumerate(
            (slice(0, chosen), slice(chosen, tested), slice(tested, count))
        ):
            for values in _windows(recording.values[part], options):
                yield recording, values, number


def _check_time(
    items: Sequence[Item], place: NDArray[np.int64], classes: Sequence[str], how: Split
) -> None:
    wanted = [0, *([1] if how.validation else []), 2]
    there = {(item.label, number) for item, number in zip(items, place.tolist(), strict=True)}
    missing = [
        f"{classes[label]!r} has no window that is in {SPLITS[number]} alone"
        for label in range(len(classes))
        for number in wanted
        if (label, number) not in there
    ]
    if missing:
        raise DataError(
            f"recordings are too short to be cut in time: {'; '.join(missing[:4])}",
            "lower dataset.window, raise the shares of dataset.split, or keep files or groups "
            'whole: dataset.by = "file", dataset.group = "subject"',
        )
