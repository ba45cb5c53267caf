"""Which examples train, which choose, which test: by files, by a share of them, or by group."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import DataError
from tinyrob.files.toml_table import Table

SPLITS = ("train", "validation", "test")
TEST = 0.2  # the share that tests where nothing is said


@dataclass(frozen=True)
class Split:
    """A recipe's ``[dataset.split]``: shares of the examples, or the names of what each split has.

    ``test`` and ``validation`` are shares (0 to 1), drawn by ``seed``; or ``names`` says for each
    split which folders, files or arrays it has (the data's kind says which).
    """

    test: float = TEST
    validation: float = 0.0
    seed: int = 0
    names: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def by_name(self) -> dict[str, tuple[str, ...]]:
        """The names of each split that has some."""
        return dict(self.names)


@dataclass(frozen=True)
class Item:
    """An example: what it is called, its class, and the group that it must stay with."""

    key: str
    label: int
    group: str | None = None


def ask(t: Table | None) -> Split:
    """Reads the table; an absent one holds ``TEST`` of the examples out."""
    if t is None:
        return Split()
    given = {name: _names(t, name) for name in SPLITS}
    named = {name: value for name, value in given.items() if value}
    if named:
        if "test" not in named:
            raise t.wrong("test", "must name what tests, as the other splits do")
        if "train" not in named:
            raise t.wrong("train", "must name what trains, as the other splits do")
        result = Split(0.0, 0.0, 0, tuple((name, named[name]) for name in SPLITS if name in named))
    else:
        result = Split(
            t.number("test", 0.001, 0.999, TEST),
            t.number("validation", 0.0, 0.999, 0.0),
            t.integer("seed", 0, 2**31 - 1, 0),
        )
        if result.test + result.validation >= 1.0:
            raise t.wrong("validation", "leaves nothing to train on: test and validation are all")
    t.done()
    return result


def _names(t: Table, key: str) -> tuple[str, ...]:
    if not t.has(key):
        return ()
    if t.is_list(key):
        return t.texts(key)
    if t.is_text(key):
        return (t.text(key),)
    return ()


def assign(items: Sequence[Item], how: Split, classes: Sequence[str]) -> NDArray[np.int64]:
    """The number in ``SPLITS`` of each item, by the shares asked for.

    Without groups each class is split alike, and an example's place follows from its key and the
    seed: more examples leave the others' places mostly as they are. Groups stay whole; each goes to
    where its classes are missing most. Raises DataError where a class cannot be in each split.
    """
    shares = {"train": 1.0 - how.test - how.validation, "validation": how.validation}
    shares["test"] = how.test
    wanted = [name for name in SPLITS if shares[name] > 0]
    if any(item.group is not None for item in items):
        return _by_group(items, how, classes, wanted, shares)
    place = np.zeros(len(items), np.int64)
    by_class: dict[int, list[int]] = defaultdict(list)
    for number, item in enumerate(items):
        by_class[item.label].append(number)
    few = [
        f"{classes[label]!r} has {len(by_class.get(label, ()))}"
        for label in range(len(classes))
        if len(by_class.get(label, ())) < len(wanted)
    ]
    if few:
        raise DataError(
            f"too few examples for {len(wanted)} splits: {', '.join(few)}",
            f"each class needs one in each of {', '.join(wanted)}: collect more, or leave it out",
        )
    for numbers in by_class.values():
        order = sorted(numbers, key=lambda n: _draw(how.seed, items[n].key))
        start = 0
        for name in wanted[1:]:
            most = len(order) - start - (len(wanted) - 1 - wanted.index(name)) - 1
            count = min(most, max(1, round(shares[name] * len(order))))
            place[order[start : start + count]] = SPLITS.index(name)
            start += count
    return place


def _by_group(
    items: Sequence[Item],
    how: Split,
    classes: Sequence[str],
    wanted: Sequence[str],
    shares: dict[str, float],
) -> NDArray[np.int64]:
    members: dict[str, list[int]] = defaultdict(list)
    for number, item in enumerate(items):
        members[item.group or ""].append(number)
    if len(members) < len(wanted):
        raise DataError(
            f"{len(members)} group{'s' if len(members) != 1 else ''} cannot fill "
            f"{len(wanted)} splits ({', '.join(wanted)})",
            "groups stay whole: record more of them (speakers, sessions), or split without group",
        )
    total = Counter(item.label for item in items)
    lacking = {name: {c: shares[name] * n for c, n in total.items()} for name in wanted}
    place = np.zeros(len(items), np.int64)
    order = sorted(members, key=lambda g: (-len(members[g]), _draw(how.seed, g)))
    empty = list(reversed(wanted))
    for position, group in enumerate(order):
        held = Counter(items[n].label for n in members[group])
        choices = empty if len(order) - position == len(empty) else wanted
        best = max(
            choices,
            key=lambda s: sum(n * lacking[s][c] / (shares[s] * total[c]) for c, n in held.items()),
        )
        empty = [name for name in empty if name != best]
        for c, n in held.items():
            lacking[best][c] -= n
        place[members[group]] = SPLITS.index(best)
    for name in wanted:
        there = {items[int(n)].label for n in np.flatnonzero(place == SPLITS.index(name))}
        missing = [classes[c] for c in range(len(classes)) if c not in there]
        if missing:
            raise DataError(
                f"no group of the {name} split has an example of {', '.join(map(repr, missing))}",
                "try another dataset.split.seed, larger shares, or record that class in more "
                "groups",
            )
    return place


def _draw(seed: int, key: str) -> bytes:
    return hashlib.sha256(f"{seed}:{key}".encode()).digest()


def check_groups(items: Sequence[Item], place: NDArray[np.int64]) -> None:
    """Raises DataError where files that were given put one group into two splits."""
    seen: dict[str, int] = {}
    both: dict[str, set[int]] = {}
    for item, split in zip(items, place.tolist(), strict=True):
        if item.group is not None and seen.setdefault(item.group, split) != split:
            both.setdefault(item.group, {seen[item.group]}).add(split)
    if both:
        group, splits = next(iter(both.items()))
        more = f" (and {len(both) - 1} more groups)" if len(both) > 1 else ""
        raise DataError(
            f"the group {group!r} is in {' and '.join(SPLITS[s] for s in sorted(splits))}{more}",
            "what the network has seen of a group makes its test results too good: move each "
            "group's files into one split",
        )


def check_filled(place: NDArray[np.int64], how: Split, where: str) -> None:
    """Raises DataError where a split that was named is empty."""
    for name in how.by_name:
        if not (place == SPLITS.index(name)).any():
            raise DataError(
                f"{where}: the {name} split is empty: "
                f"{', '.join(map(repr, how.by_name[name]))} holds no example",
                f"correct dataset.split.{name}",
            )
