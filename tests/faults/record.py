"""A sweep's record: a line of JSON a strike, so that one which was stopped goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_SOURCES = ("toolchain", "templates", "firmware", "boards", "benchmarks", "tests/faults")
_ENDINGS = {".py", ".c", ".h", ".S", ".ld", ".toml", ".j2"}


@dataclass(frozen=True)
class Strike:
    """The n-th write of a verb was struck, in the way ``how``."""

    verb: str
    how: str
    n: int
    left: str
    """Digest of the folder that was left (left.state)."""
    wrong: list[str]
    """What was wrong with it."""
    after: list[str]
    """What was wrong after the verb ran again."""


class Record:
    """The strikes on these sources; those on others are passed over.

    Without a path nothing is kept.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._sources = sources() if path else ""
        self.strikes = list(self._read())
        if path and path.exists() and not path.read_bytes().endswith(b"\n"):
            with path.open("a", encoding="utf-8") as file:  # it was stopped while it wrote
                file.write("\n")

    def add(self, strike: Strike) -> None:
        """Keeps it, in the file at once."""
        self.strikes.append(strike)
        if self._path:
            line = json.dumps({"sources": self._sources, **asdict(strike)})
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")

    def _read(self) -> Iterator[Strike]:
        if self._path is None or not self._path.exists():
            return
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                fields: dict[str, Any] = json.loads(line)
            except ValueError:  # it was stopped while it wrote this one
                continue
            if fields.pop("sources") == self._sources:
                yield Strike(**fields)


def sources() -> str:
    """SHA-256 of what a verb runs, and of the sweep."""
    total = hashlib.sha256()
    for top in _SOURCES:
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in _ENDINGS and path.is_file():
                total.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return total.hexdigest()
