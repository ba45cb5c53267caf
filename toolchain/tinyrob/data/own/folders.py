"""Files in a folder a class: which there are, whose class and group they are, which split's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyrob.data.own import split as splits
from tinyrob.data.own.complaints import Complaints
from tinyrob.data.own.split import SPLITS, Item, Split
from tinyrob.errors import DataError
from tinyrob.files.limits import Damaged, read_limited
from tinyrob.files.names import complaint, safe
from tinyrob.files.toml_table import Table
from tinyrob.files.walk import files_below

_LIST = ".txt"


@dataclass(frozen=True)
class Files:
    """``paths`` of all examples, their ``items``, each one's number in ``SPLITS``, and classes."""

    paths: tuple[Path, ...]
    items: tuple[Item, ...]
    place: NDArray[np.int64]
    classes: tuple[str, ...]


def group_pattern(t: Table, key: str = "group") -> str:
    """The key that says what in a file's name is its group; "" where it is left out."""
    if not t.has(key):
        return ""
    pattern = t.text(key)
    if pattern.count("{group}") != 1 or pattern.count("*") > 4:
        raise t.wrong(
            key,
            f"must have {{group}} once, and * at most four times, is {pattern!r}",
            'such as "{group}_nohash_*.wav", for files named speaker_nohash_0.wav',
        )
    return pattern


@dataclass(frozen=True)
class Kind:
    """``what`` files are called, the ``suffixes`` of those that are read, and those of ``others``
    that hold the like and are not."""

    what: str
    suffixes: tuple[str, ...]
    others: tuple[str, ...]


def find(root: Path, kind: Kind, how: Split, pattern: str, wanted: Sequence[str]) -> Files:
    """The files below ``root``: ``root/CLASS/…``, or with given splits ``root/SPLIT/CLASS/…``.

    A split's name may also be a text file in ``root`` that lists paths (CLASS/FILE, one a line).
    ``wanted`` are the classes in their order (none: all folders there are, sorted); a group is what
    ``{group}`` stands for in ``pattern`` (``*`` is any text), in the path below the class. Raises
    DataError, also for files of the like that are not read: they would be missing in silence.
    """
    if not root.is_dir():
        raise DataError(
            f"there is no folder {root}",
            "dataset.path is looked for beside the recipe, and in the working folder",
        )
    named = how.by_name
    listed = any(name.endswith(_LIST) for names in named.values() for name in names)
    found: list[tuple[Path, str, str, int]] = []  # path, class, key, split
    if named and not listed:
        for number, name in enumerate(SPLITS):
            for folder in named.get(name, ()):
                inside = _inside(root, folder, name)
                if not inside.is_dir():
                    raise DataError(
                        f"{root} has no folder {folder!r} for the {name} split",
                        f"it has {_some(root)}; correct dataset.split.{name}",
                    )
                found += [(*one, number) for one in _classes(inside, kind)]
    else:
        found += [(*one, 0) for one in _classes(root, kind)]
    classes = _chosen({one[1] for one in found}, wanted, root, kind.what)
    found = [one for one in found if one[1] in classes]
    matcher = _matcher(pattern)
    items = tuple(
        Item(key, classes.index(label), _group(matcher, key, pattern)) for _, label, key, _ in found
    )
    if listed:
        place = _by_lists(root, named, [f"{label}/{key}" for _, label, key, _ in found])
        kept = place >= 0
        found = [one for one, keep in zip(found, kept, strict=True) if keep]
        items = tuple(item for item, keep in zip(items, kept, strict=True) if keep)
        place = place[kept]
    elif named:
        place = np.array([one[3] for one in found], np.int64)
    else:
        place = splits.assign(
            [Item(f"{classes[i.label]}/{i.key}", i.label, i.group) for i in items], how, classes
        )
    if named:
        splits.check_groups(items, place)
        splits.check_filled(place, how, str(root))
        _check_train(items, place, classes)
    return Files(tuple(one[0] for one in found), items, place, classes)


def _inside(root: Path, name: str, split: str) -> Path:
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        raise DataError(
            f"dataset.split.{split}: {name!r} leads out of {root}", "name what lies inside"
        )
    return path


def _classes(root: Path, kind: Kind) -> list[tuple[Path, str, str]]:
    """(path, class, path below the class) of each file, sorted."""
    found, unread, what = [], [], kind.what
    folders = sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith("."))
    if not folders:
        raise DataError(
            f"{root} has no folders: there is one a class, with its {what} inside",
            f"it has {_some(root)}",
        )
    for folder in folders:
        why = complaint(folder.name)
        if why is not None:
            raise DataError(f"the folder {safe(folder.name)!r} in {root} {why}", "rename it")
    depth = len(root.parts)
    for path in files_below(root, (*kind.suffixes, *kind.others), folders):
        if path.suffix.lower() in kind.others:
            unread.append(path)
        else:
            found.append((path, path.parts[depth], "/".join(path.parts[depth + 1 :])))
    if not found and not unread:
        raise DataError(
            f"no {what} below {root}", f"files that are read end in {', '.join(kind.suffixes)}"
        )
    read = {path.with_suffix("") for path, _, _ in found}
    wrong = Complaints(
        f"convert them (files that are read end in {', '.join(kind.suffixes)}), or move them out"
    )
    for path in unread:
        if path.with_suffix("") not in read:  # else it has been converted
            wrong.add(path, f"{what} of this kind are not read")
    wrong.check()
    return found


def _chosen(there: set[str], wanted: Sequence[str], root: Path, what: str) -> tuple[str, ...]:
    if not wanted:
        classes = tuple(sorted(there))
    else:
        missing = [name for name in wanted if name not in there]
        if missing:
            raise DataError(
                f"{root} has no {what} of the class {missing[0]!r}",
                f"its folders are {', '.join(sorted(there)[:20])}; correct dataset.classes",
            )
        classes = tuple(wanted)
    return classes


def _some(root: Path) -> str:
    names = sorted(safe(p.name) for p in root.iterdir())
    if not names:
        return "nothing"
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")


def _matcher(pattern: str) -> re.Pattern[str] | None:
    if not pattern:
        return None
    parts = re.split(r"(\{group\}|\*)", pattern)
    how = {"{group}": "([^/]+?)", "*": "[^/]*?"}
    return re.compile("".join(how.get(part, re.escape(part)) for part in parts))


def _group(matcher: re.Pattern[str] | None, key: str, pattern: str) -> str | None:
    if matcher is None:
        return None
    # A pattern without folders is about the file's name alone.
    match = matcher.fullmatch(key if "/" in pattern else key.rpartition("/")[2])
    if match is None:
        raise DataError(
            f"the file {safe(key)!r} does not match dataset.group = {pattern!r}",
            "* stands for any text of a name; rename the file, or widen the pattern",
        )
    return match[1]


def _by_lists(
    root: Path, named: dict[str, tuple[str, ...]], keys: Sequence[str]
) -> NDArray[np.int64]:
    """Each key's split, from files that list them; -1 where none does."""
    where = {key: number for number, key in enumerate(keys)}
    place = np.full(len(keys), -1, np.int64)
    for name, files in named.items():
        for file in files:
            path = _inside(root, file, name)
            try:
                lines = read_limited(path).decode().splitlines()
            except (OSError, UnicodeDecodeError, Damaged) as error:
                raise DataError(
                    f"dataset.split.{name}: cannot read the list {path}: {error}",
                    "it is a text file, with a path such as CLASS/FILE on each line",
                ) from None
            for number, line in enumerate(map(str.strip, lines), 1):
                if not line:
                    continue
                if line not in where:
                    raise DataError(
                        f"{path}:{number}: there is no file {safe(line)!r} in {root}",
                        "lines are paths such as CLASS/FILE",
                    )
                if place[where[line]] not in (-1, SPLITS.index(name)):
                    raise DataError(
                        f"{path}:{number}: {safe(line)!r} is in two splits", "take one line out"
                    )
                place[where[line]] = SPLITS.index(name)
    return place


def _check_train(items: Sequence[Item], place: NDArray[np.int64], classes: Sequence[str]) -> None:
    there = {item.label for item, split in zip(items, place.tolist(), strict=True) if split == 0}
    missing = [name for number, name in enumerate(classes) if number not in there]
    if missing:
        raise DataError(
            f"the train split has no example of {', '.join(map(repr, missing))}",
            "put some in, or leave the class out with dataset.classes",
        )
