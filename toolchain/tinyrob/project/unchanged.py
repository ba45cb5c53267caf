"""Whether a build folder still holds what was built: before anything of it is run or believed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tinyrob.errors import DataError
from tinyrob.files.folder import DERIVED, RECORD, Kind, recorded
from tinyrob.files.plan import BuildPlan

_BESIDE = ("manifest.json", RECORD)
_NAMED = 3


def check_unchanged(
    folder: Path, elf: str, elf_digest: str, digest: str, kind: Kind = "build"
) -> None:
    """Compares the firmware, and all sources and models, with the digests in the manifest.

    A file that a user has added is none of them, where the folder's record tells them apart.
    Raises DataError with what was changed.
    """
    found = hashlib.sha256((folder / elf).read_bytes()).hexdigest()
    if found != elf_digest:
        raise DataError(
            f"{folder / elf} is not what was built: its SHA-256 is {found[:12]}…, the manifest "
            f"says {elf_digest[:12]}…",
            "build again with `tinyrob build`; what `make` makes of changed sources, or with "
            "another compiler, is yours to run",
        )
    record = recorded(folder, kind)
    names = record if record is not None else _all_files(folder, kind)
    missing = sorted(name for name in names if not (folder / name).is_file())
    if missing:
        raise DataError(f"{folder} is not whole: {_listed(missing)} missing", "build again")
    plan = {name: (folder / name).read_bytes() for name in names if name not in _BESIDE}
    if BuildPlan(plan).digest != digest:
        changed = sorted(
            name for name in plan
            if record is not None and hashlib.sha256(plan[name]).hexdigest() != record[name]
        )  # fmt: skip
        raise DataError(
            f"the sources in {folder} are not what was built"
            + (f": {_listed(changed)} changed" if changed else ""),
            "build again, or compile and run your changed copy with its Makefile",
        )


def _all_files(folder: Path, kind: Kind) -> dict[str, str]:
    """The names of all that a build writes, where no record says which they are."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name: "" for name in names if name.partition("/")[0] not in DERIVED[kind]}


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more + (" is" if len(names) == 1 else " are")
