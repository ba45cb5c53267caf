"""What lies in a folder: what a run has made, and all that a strike has left."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tinyrob.files.folder import RECORD

_DRAWN = re.compile(r"(?<=-)([0-9]+-)?[a-z0-9_]{8}(?=\.part$|$)")
"""What a temporary name ends in: the process, which is gone, and eight characters by chance."""


def timeless(content: bytes) -> bytes:
    """A JSON text without what it says of seconds; anything else as it is."""

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: without(v) for k, v in value.items() if "seconds" not in k}
        return [without(v) for v in value] if isinstance(value, list) else value

    if content[:1] not in b"{[":
        return content
    try:
        return json.dumps(without(json.loads(content))).encode()
    except ValueError:
        return content


def digest(path: Path, ignored: Sequence[str] = (), derived: str = "") -> dict[str, str]:
    """What stands at ``path``: SHA-256 by name. Nothing where nothing does. Where a part of a name
    is ``ignored``, the content is not looked at; where it is ``derived``, the name is not."""
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    names = {str(file.relative_to(path.parent)): file for file in files}
    return {
        name: ""
        if any(part in name for part in ignored)
        else hashlib.sha256(timeless(file.read_bytes())).hexdigest()
        for name, file in names.items()
        if not derived or derived not in name
    }


def state(folder: Path, unread: bool = False) -> str:
    """SHA-256 of everything in ``folder``: names, kinds, modes and contents of files, folders and
    links. The same for two folders that differ only in names drawn by chance and in seconds.

    ``unread``: of a folder that says it is unfinished, only that; the next run removes it unread.
    """
    lines = []
    for place, folders, files in os.walk(folder):
        if unread and RECORD in files and b'"unfinished"' in Path(place, RECORD).read_bytes():
            folders[:], files = [], [RECORD]
        for name in folders + files:
            path = Path(place, name)
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode):
                content = hashlib.sha256(timeless(path.read_bytes())).hexdigest()
            else:
                content = str(path.readlink()) if stat.S_ISLNK(mode) else ""
            said = [_DRAWN.sub("*", part) for part in path.relative_to(folder).parts]
            lines.append(json.dumps([said, oct(mode), content]))
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
