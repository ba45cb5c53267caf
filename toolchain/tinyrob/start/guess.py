"""What lies in a folder or file of data, told by looking: the keys of a ``[dataset]`` table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tinyrob.data.own import audio, images, rows
from tinyrob.errors import DataError
from tinyrob.features.spec import Features
from tinyrob.files.archive import read_npz
from tinyrob.files.limits import Damaged
from tinyrob.files.names import safe
from tinyrob.files.walk import files_below

LOOKED_AT = 20_000  # files; more are believed to be alike
SAMPLED = 50
_KINDS: Mapping[str, str] = {
    ".npz": "arrays",
    **dict.fromkeys(rows.SUFFIXES, "windows"),
    **dict.fromkeys((*audio.SUFFIXES, *audio.FILES.others), "audio"),
    **dict.fromkeys((*images.SUFFIXES, *images.FILES.others), "images"),  # .raw is both: a picture
}
"""What files are, by how their names end."""
SPLIT_NAMES: Mapping[str, tuple[str, ...]] = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val"),
    "test": ("test", "testing", "eval"),
}
LABELS = ("label", "class", "activity", "target", "y", "category")
GROUPS = (
    "subject",
    "person",
    "user",
    "participant",
    "speaker",
    "session",
    "device",
    "group",
    "who",
)
TIMES = ("time", "timestamp", "t", "ms", "seconds", "index", "id", "row")
FEWEST_GROUPS = 5
FRAMES = 49  # of a recording that the network sees, whatever its length
Values = dict[str, Any]


@dataclass(frozen=True)
class Guess:
    """A kind, its keys with a remark each, the split's keys, and what recordings become."""

    kind: str
    keys: tuple[tuple[str, Any, str], ...]
    split: Values
    features: Features | None = None

    def without(self, *names: str) -> Guess:
        """The same without some keys."""
        return replace(self, keys=tuple(key for key in self.keys if key[0] not in names))


def guess(path: Path) -> Guess:
    """What ``path`` holds. Raises DataError where it is nothing that can be told."""
    if not path.exists():
        raise DataError(f"there is no file or folder {path}", "name the data with --data PATH")
    if path.is_file():
        if path.suffix == ".npz":
            return _arrays(path)
        if path.suffix.lower() in rows.SUFFIXES:
            return _windows(path, [path])
        raise _unknown(path)
    if not path.is_dir():
        raise DataError(f"{path} is a device or a pipe, no data", "name a file or a folder")
    if (path / "x.npy").is_file():
        return Guess("arrays", (), {"test": 0.2})
    files = [p for _, p in zip(range(LOOKED_AT), _files(path), strict=False)]
    kinds = Counter(_kind(p) for p in files)
    if not kinds:
        raise _unknown(path)
    ((kind, _),) = kinds.most_common(1)
    chosen = [p for p in files if _kind(p) == kind]
    if kind == "images":
        return _images(path, chosen)
    if kind == "audio":
        return _audio(path, chosen)
    if kind == "arrays":
        return _array_files(path, chosen)
    return _windows(path, chosen)


def _unknown(path: Path) -> DataError:
    return DataError(
        f"{path} holds no data that tinyrob knows",
        "it takes pictures or recordings in a folder a class, tables (.csv, .tsv, .parquet), an "
        ".npz, or x.npy and y.npy",
    )


def _files(path: Path) -> Iterator[Path]:
    return (p for p in files_below(path, tuple(_KINDS)) if p.is_file())


def _kind(path: Path) -> str:
    return _KINDS[path.suffix.lower()]


def _split(path: Path) -> Values:
    """The folders of splits, where there are such, else a share."""
    there = {p.name.lower(): p.name for p in path.iterdir() if p.is_dir()} if path.is_dir() else {}
    found = {
        split: next(there[name] for name in names if name in there)
        for split, names in SPLIT_NAMES.items()
        if any(name in there for name in names)
    }
    return found if {"train", "test"} <= set(found) else {"test": 0.2}


def _group(path: Path, files: list[Path], split: Values) -> list[tuple[str, Any, str]]:
    """A group that stands in front of the first ``_`` of names, where that looks like one."""
    if "train" in split:
        return []
    heads = [re.match(r"([^_]+)_", p.name) for p in files]
    if not all(heads):
        return []
    counts = Counter(head[1] for head in heads if head is not None)
    folders = {head[1]: set() for head in heads if head is not None}  # type: ignore[var-annotated]
    for file, head in zip(files, heads, strict=True):
        assert head is not None
        folders[head[1]].add(file.parent)
    shared = sum(len(of) > 1 for of in folders.values())
    if len(counts) < FEWEST_GROUPS or len(counts) > len(files) / 2 or shared < len(counts) / 2:
        return []
    suffix = files[0].suffix if len({p.suffix for p in files}) == 1 else ""
    return [
        (
            "group",
            "{group}_*" + suffix,
            f"what stands in front of _ in a name ({len(counts)} of them, such as "
            f"{safe(next(iter(counts)))}) stays in one split",
        )
    ]


def _sampled(files: list[Path]) -> list[Path]:
    return [files[int(i)] for i in np.unique(np.linspace(0, len(files) - 1, SAMPLED).astype(int))]


def _images(path: Path, files: list[Path]) -> Guess:
    pillow = images.pillow()
    sizes, colour = Counter[tuple[int, int]](), False
    for file in _sampled(files):
        try:
            height, width, channels = images.measure(pillow, file)
        except (Damaged, OSError):
            continue  # the dataset's reader names all that are damaged
        sizes[height, width] += 1
        colour |= channels > 1
    keys: list[tuple[str, Any, str]] = []
    if len(sizes) != 1 or max(next(iter(sizes))) > 64:
        told = "of many sizes" if len(sizes) > 1 else "larger than a small network sees"
        keys.append(
            ("size", [32, 32], f"height and width that the network sees: pictures are {told}")
        )
        keys.append(("fit", "crop", 'how that is reached: "crop", "pad" (with black) or "stretch"'))
    keys.append(("channels", 3 if colour else 1, "3: red, green, blue; 1: grey"))
    split = _split(path)
    return Guess("images", (*keys, *_group(path, files, split)), split)


def _audio(path: Path, files: list[Path]) -> Guess:
    rates, lengths = Counter[int](), []
    for file in _sampled(files):
        try:
            rate, seconds = audio.measure(file)
        except (Damaged, OSError):
            continue
        rates[rate] += 1
        lengths.append(seconds)
    if not rates:
        raise DataError(f"no recording in {path} can be read", "save them as WAV, FLAC, Ogg or MP3")
    rate = min(max(4000, *rates), 16_000)
    length = float(np.clip(np.ceil(np.percentile(lengths, 90) * 10) / 10, 0.2, 5.0))
    keys = (
        ("rate", rate, "samples a second; recordings of another rate are resampled"),
        ("seconds", length, "of each recording; shorter ones end in silence"),
    )
    split, features = _split(path), audio.default_features(rate, length, FRAMES)
    return Guess("audio", (*keys, *_group(path, files, split)), split, features)


def _arrays(path: Path) -> Guess:
    try:
        names = list(read_npz(path))
    except (Damaged, OSError) as error:
        raise DataError(
            f"{path} holds no arrays: {error}", "np.savez makes the right file"
        ) from None
    split: Values = {"test": 0.2}
    if {"x_train", "y_train", "x_test", "y_test"} <= set(names):
        split = {"train": "train", "test": "test"}
        if {"x_val", "y_val"} <= set(names):
            split["validation"] = "val"
    return Guess("arrays", tuple(_array_group(names)), split)


def _array_group(names: list[str]) -> Iterator[tuple[str, Any, str]]:
    for name in GROUPS:
        if name in names:
            yield "group", name, "examples of one group stay in one split"
            return


def _array_files(path: Path, files: list[Path]) -> Guess:
    there = {p.stem.lower(): p.name for p in files if p.parent == path}
    found = {
        split: next(there[name] for name in names if name in there)
        for split, names in SPLIT_NAMES.items()
        if any(name in there for name in names)
    }
    if not {"train", "test"} <= set(found):
        raise DataError(
            f"{path} holds several .npz files, and which ones train and test cannot be told",
            "call them train.npz and test.npz, or name one file",
        )
    return Guess("arrays", (), found)


def _windows(path: Path, files: list[Path]) -> Guess:
    table = rows.read(files[0])
    numeric, lower = table.numeric(), {name.lower(): name for name in table.columns}
    label = next((lower[name] for name in LABELS if name in lower), None)
    texts = [name for name in table.columns if name not in numeric]
    group = next((lower[name] for name in GROUPS if name in lower), None)
    if label is None:
        label = next((name for name in texts if name != group), None)
    channels = [
        name for name in numeric if name not in (label, group) and name.lower() not in TIMES
    ]
    if not channels:
        raise DataError(
            f"{files[0]} has no column of numbers", "a column a channel, a row a sample"
        )
    keys: list[tuple[str, Any, str]] = [
        ("channels", channels, "the sensor's columns"),
    ]
    if label is not None:
        keys.append(("label", label, "the column that holds the class"))
    elif path.is_file():
        raise DataError(
            f"{path} has no column that could be its class",
            f"call it label; it has {', '.join(map(repr, table.columns))}",
        )
    split = _split(path)
    if group is not None:
        keys.append(("group", group, "windows of one group stay in one split"))
    elif label is None and "train" not in split:
        keys.append(("by", "file", "files stay whole, so that nothing leaks into the test split"))
    window = _window(table, label, group, whole=group is not None or label is None)
    keys.append(("window", window, "rows that the network sees at once"))
    keys.append(("stride", max(1, window // 2), "rows from one window to the next"))
    return Guess("windows", tuple(keys), split)


def _window(table: rows.Rows, label: str | None, group: str | None, whole: bool) -> int:
    """A power of two that leaves several windows of a recording; split in time, five times more."""
    names = [name for name in (label, group) if name is not None]
    runs, start = [], 0
    marks = list(zip(*(table.columns[name] for name in names), strict=True)) or [()] * table.count
    for row in range(1, table.count + 1):
        if row == table.count or marks[row] != marks[start]:
            runs.append(row - start)
            start = row
    longest = float(np.median(runs)) / (4 if whole else 10)
    return int(2 ** np.clip(np.floor(np.log2(max(longest, 2.0))), 2, 7))
