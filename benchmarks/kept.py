"""Figures that are kept in one JSON, a row at a time, and the tables of them in a page."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.comparison.render import placed
from tinyrob.errors import DataError, TinyrobError
from tinyrob.files.json_text import read_json
from tinyrob.files.whole import write_atomically

VERSION = 1
_Row = TypeVar("_Row")


def load_tasks(path: Path) -> dict[str, Any]:
    """Figures by task; nothing where there is no file yet. Raises DataError where it is damaged."""
    if not path.is_file():
        return {}
    try:
        content = read_json(path)
        if content["format"] != VERSION:
            raise ValueError(f"format {content['format']}, not {VERSION}")
        tasks: dict[str, Any] = content["tasks"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} holds no figures: {error}", "delete it and measure") from None
    return tasks


def save_tasks(path: Path, tasks: Any) -> None:
    """Whole or not at all."""
    save(path, {"format": VERSION, "tasks": tasks})


def save(path: Path, content: Any) -> None:
    """As JSON, whole or not at all."""
    write_atomically(path, f"{json.dumps(content, indent=1)}\n".encode())


def replaced(
    rows: Iterable[_Row], row: _Row, key: Callable[[_Row], Hashable], order: Iterable[Hashable]
) -> list[_Row]:
    """``rows`` with ``row`` in place of the one of its key, in ``order``; others are left out."""
    found = {key(one): one for one in [*rows, row]}
    return [found[one] for one in order if one in found]


def write_placed(page: Path, text: str, name: str = "table") -> None:
    """``text`` between the markers of ``name`` in ``page``. Raises DataError where they are
    missing."""
    write_atomically(page, placed(page.read_text(encoding="utf-8"), text, name).encode())


def check_known(option: str, asked: Sequence[str], known: Iterable[str], file: str) -> None:
    """Raises TinyrobError where one that is asked for is not in ``file``."""
    names = list(dict.fromkeys(known))
    for name in asked:
        if name not in names:
            raise TinyrobError(f"--{option} {name}: not in {file}", f"known: {', '.join(names)}")
