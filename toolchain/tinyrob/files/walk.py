"""The files below a folder that somebody has named: it may be any, so the walk has an end."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tinyrob.errors import DataError
from tinyrob.files.names import safe

MOST_ENTRIES = 2_000_000
"""Files and folders that are looked at: some seconds' work. `/` and a home have more."""
_SYSTEMS = frozenset({"lost+found", "$RECYCLE.BIN", "System Volume Information"})
"""What a file system keeps at its top, and users may not read."""


def files_below(
    root: Path, suffixes: Sequence[str], folders: Sequence[Path] | None = None
) -> list[Path]:
    """What ends in one of ``suffixes`` (lower case; names may have either) below ``root``, or below
    ``folders`` of it, sorted: whatever is no folder, but for what is hidden.

    Of folders that are links only these are entered. Raises DataError where one
    cannot be read, and where there are more than MOST_ENTRIES files and folders.
    """
    found: list[str] = []
    seen, ends = 0, tuple(suffixes)
    waiting = [str(folder) for folder in ((root,) if folders is None else folders)]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    seen += 1
                    if seen > MOST_ENTRIES:
                        raise DataError(
                            f"{root} holds more than {MOST_ENTRIES:,} files and folders",
                            "name the folder that holds the data, and little else",
                        )
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name not in _SYSTEMS:
                            waiting.append(entry.path)
                    elif _wanted(entry, ends):
                        found.append(entry.path)
        except OSError as error:
            if isinstance(error, FileNotFoundError) and seen:  # taken away since it was listed
                continue
            raise DataError(
                f"cannot look into the folder {safe(folder)}: {error.strerror or error}",
                f"make it readable, or move it out of {root}",
            ) from None
    return sorted(map(Path, found))


def _wanted(entry: os.DirEntry[str], ends: tuple[str, ...]) -> bool:
    named = entry.name.lower().endswith(ends) and not entry.name.startswith(".")
    return named and not (entry.is_symlink() and entry.is_dir())
