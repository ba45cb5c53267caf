"""Golden files: what we emit for a small fixed model, kept to be read and compared.

After an intended change: ``TINYROB_UPDATE_GOLDEN=1 pytest ...``, then review the difference.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

GOLDEN = Path(__file__).resolve().parent.parent / "golden"


def assert_golden(folder: str, files: Mapping[str, bytes], *, whole: bool = True) -> None:
    """``files`` are exactly those of ``golden/<folder>`` (``whole`` False: some), byte for byte."""
    home = GOLDEN / folder
    if os.environ.get("TINYROB_UPDATE_GOLDEN"):
        for name, content in files.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_bytes(content)
    kept = {p.relative_to(home).as_posix() for p in home.rglob("*") if p.is_file()}
    assert kept == set(files) or (not whole and kept > set(files))
    for name, content in files.items():
        assert content.decode() == (home / name).read_text(encoding="utf-8"), name
