"""One folder in another's place, in one step where the system has one."""

from __future__ import annotations

import shutil
from pathlib import Path

from tinyrob.files.system import exchange_names


def exchange(fresh: Path, out: Path) -> None:
    """Puts ``fresh`` where ``out`` is; what was there is removed, or is then at ``fresh``.

    On Linux the two change names in one system call (renameat2), so that ``out`` is there, old or
    new, at every moment. Elsewhere, and on file systems without that call, the old folder steps
    aside first, and comes back if the new one cannot take its place. Raises OSError, with ``out``
    as it was.
    """
    if not out.exists():
        fresh.replace(out)
        return
    if exchange_names(fresh, out):
        return
    aside = _aside(out)
    out.replace(aside)
    try:
        fresh.replace(out)
    except OSError:
        aside.replace(out)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def recover(out: Path) -> None:
    """Puts back what a killed ``exchange`` had set aside, or removes it where the new one came."""
    aside = _aside(out)
    if not aside.is_dir():
        return
    if out.exists():
        shutil.rmtree(aside, ignore_errors=True)
    else:
        aside.replace(out)


def _aside(out: Path) -> Path:
    return out.with_name(f".{out.name}.was")
