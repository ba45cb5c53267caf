"""Every figure of hearing and seeing, into one file and the tables of one page.

    python -m benchmarks.listen benchmarks/listen.json [--part P]… [--again] [--table]

``fronts``: how many times faster than real time Python makes the features (one core), and what a
hop takes on emulated boards. ``seconds``: a second of sound with ten inferences. ``streams``: false
accepts an hour and false rejects at the threshold chosen on validation (``tinyrob det``).
``attacks``: accuracy where the attacker moves the network's input, and where he moves what comes
before it. Rows that the file has are kept, but for networks that have changed; ``--again`` measures
all anew. The file is written after every row. ``--table`` writes the page alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.kept import replaced, save
from benchmarks.listen import measure
from benchmarks.listen.cases import ATTACKS, FRONTS, SPEECH, STREAMS
from benchmarks.listen.table import write
from tinyrob.files.json_text import read_json

Row = measure.Row
Key = tuple[Any, ...]
KEYS: Mapping[str, tuple[str, ...]] = {
    "fronts": ("front",),
    "seconds": ("network",),
    "streams": ("network", "snr_db"),
    "attacks": ("network", "at"),
}
"""What tells the rows of each part apart."""


def work(rows: Mapping[str, list[Row]], data_dir: Path | None) -> Iterator[tuple[str, Key, Any]]:
    """(part, key, what measures it) of every row that there can be."""
    for name, features in FRONTS.items():
        yield "fronts", (name,), lambda n=name, f=features: measure.front(n, f)
    first = next(iter(FRONTS))
    for network in _there((SPEECH, *(case.network for case in STREAMS))):
        yield "seconds", (network,), lambda n=network: measure.second(n, _row(rows, first))
    for case in STREAMS:
        if measure.there(case.network):
            yield "streams", (case.network, case.snr), lambda c=case: measure.stream(c, data_dir)
    for one in ATTACKS:
        if measure.there(one.network):
            yield "attacks", (one.network, one.at), lambda c=one: measure.attacked(c, data_dir)


def _there(networks: tuple[str, ...]) -> list[str]:
    return [name for name in dict.fromkeys(networks) if measure.there(name)]


def _row(rows: Mapping[str, list[Row]], front: str) -> Row:
    return next(row for row in rows["fronts"] if row["front"] == front)


def key_of(part: str, row: Row) -> Key:
    """What tells ``row`` from the others of its part."""
    return tuple(row[name] for name in KEYS[part])


def fresh(row: Row) -> bool:
    """Whether it is of the network that the zoo has now."""
    return "network" not in row or row["model_digest"] == measure.digest_of(row["network"])


def keep(file: Path, rows: dict[str, list[Row]], part: str, row: Row, order: list[Key]) -> None:
    """``row`` into ``rows`` and ``file``, in place of an older one."""
    rows[part] = replaced(rows[part], row, lambda one: key_of(part, one), order)
    save(file, rows)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--part", action="append", choices=KEYS)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--data-dir", type=Path)
    asked = parser.parse_args()
    known = read_json(asked.file) if asked.file.is_file() else {}
    rows: dict[str, list[Row]] = {part: known.get(part, []) for part in KEYS}
    all_work = [] if asked.table else list(work(rows, asked.data_dir))
    for part, key, make in all_work:
        if asked.part and part not in asked.part:
            continue
        have = next((row for row in rows[part] if key_of(part, row) == key), None)
        if have is None or asked.again or not fresh(have):
            _measure(asked.file, rows, part, make, [k for p, k, _ in all_work if p == part])
    write(rows)


def _measure(
    file: Path, rows: dict[str, list[Row]], part: str, make: Callable[[], Row], order: list[Key]
) -> None:
    row = make()
    keep(file, rows, part, row, order)
    print(part, *key_of(part, row), flush=True)


if __name__ == "__main__":
    main()
