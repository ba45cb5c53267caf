"""Folders that tinyrob replaces whole: which are its own, and how one takes another's place.

Every folder that is replaced carries a record, ``.tinyrob.json``, of what was written into it.
Only a folder whose record says by content that all in it is tinyrob's may be replaced: whatever a
user has put there, or changed, is named and refused. This is the one guard; every writer of a
whole folder goes through ``replaced``.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from tinyrob.errors import DataError
from tinyrob.files.exchange import exchange, recover
from tinyrob.files.lock import only_run
from tinyrob.files.whole import write_atomically

Kind = Literal[
    "build", "HLS project", "RTL project", "zoo entry", "dataset", "Pareto front", "plan"
]
RECORD = ".tinyrob.json"
FORMAT, VERSION = "tinyrob folder", 1
_UNFINISHED = json.dumps({"format": FORMAT, "version": VERSION, "unfinished": True}) + "\n"

DERIVED: Mapping[Kind, tuple[str, ...]] = {
    "build": (
        "obj", "host", "csim", "verilator", "report.html", "report.json", "estimate.json",
        "firmware.elf", "firmware.bin", "firmware.hex", "firmware.map", "firmware.uf2",
        "flash.jlink", "identify.jlink",
    ),
    "HLS project": ("build",),
    "RTL project": ("build", "csim", "verilator", "report.html", "report.json"),
    "zoo entry": (),
    "dataset": (),
    "Pareto front": (),
    "plan": (),
}  # fmt: skip
"""What tinyrob's own verbs and Makefiles make in a folder afterwards, by its kind: theirs to make
again, so it may go with the folder."""

_BESIDE = "-unfinished-"
"""How the folder that is written goes on, after a dot and the name of the one that it is for."""

_MENDED: tuple[Kind, ...] = ("dataset",)
"""What is replaced because a file in it is damaged: there a changed file is no user's work."""

_NAMED = 5


@contextmanager
def replaced(out: Path, kind: Kind, wait: bool = False) -> Iterator[Path]:
    """An empty folder beside ``out`` that takes its place at the end, recorded as ``kind``.

    Whatever fails in between leaves ``out`` as it was; what a killed run has left beside it is
    cleared. Raises DataError where ``out`` holds what tinyrob did not write (looked at before and
    again at the end) or another run is writing it (``wait``: then it is waited for), OSError where
    its parent cannot be written.
    """
    check_replaceable(out, kind)
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    with only_run(out, wait):
        _clear_debris(out)
        fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}{_BESIDE}", dir=out.parent))
        try:
            (fresh / RECORD).write_text(_UNFINISHED, encoding="utf-8")
            fresh.chmod(0o755)
            yield fresh
            write_record(fresh, kind)
            check_replaceable(out, kind)
            exchange(fresh, out)
        finally:
            _remove(fresh)


def _clear_debris(out: Path) -> None:
    """Takes away what runs that were killed left beside ``out``, whose lock is held: folders that
    are unfinished by their record, and by their name those that a run was about to put in place,
    or had put aside."""
    recover(out)
    for left in out.parent.glob(f".{glob.escape(out.name)}-*"):
        if _is_debris(left, named=left.name.startswith(f".{out.name}{_BESIDE}")):
            _remove(left)
        else:
            with suppress(OSError):  # one that was killed before its first file
                left.rmdir()


def _is_debris(left: Path, named: bool) -> bool:
    try:
        said = (left / RECORD).read_bytes()
        alone = len(list(left.iterdir())) == 1
    except OSError:
        return False
    if said == _UNFINISHED.encode():
        return True
    return named and (alone or _read(left / RECORD) is not None)


def _remove(folder: Path) -> None:
    """Takes it away, its record last: what a kill leaves of it tells what it is."""
    with suppress(OSError):
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != RECORD:
                path.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def check_replaceable(out: Path, kind: Kind) -> None:
    """Raises DataError where ``out`` holds something that a new folder of ``kind`` may not replace.

    It may be absent, empty, or a folder of that kind, by its record's content, to which nobody
    else has added a file and in which nobody has changed one.
    """
    elsewhere = "name another folder, or move yours away"
    out = out.resolve()
    if not out.exists():
        return
    if _is_here(out):
        raise DataError(
            f"{out} is where you are, and a {kind} replaces the whole folder: your shell would be "
            "left in one that is gone",
            "name a folder inside it, or call from elsewhere",
        )
    if not out.is_dir():
        raise DataError(f"{out} is a file, not a folder", elsewhere)
    if os.path.ismount(out):
        raise DataError(
            f"{out} is a mount point, which no folder can take the place of",
            "name a folder inside it",
        )
    found = sorted(out.rglob("*"))
    held = [path for path in found if path.is_symlink() or not path.is_dir()]
    if not found:
        return
    record = _read(out / RECORD)
    if record is None:
        raise DataError(
            f"{out} holds files that tinyrob did not write ({_listed(out, held or found)}), and a "
            f"{kind} replaces the whole folder",
            elsewhere,
        )
    if record["kind"] != kind:
        raise DataError(
            f"{out} holds another thing of tinyrob's: {record['kind']}, not {kind}", elsewhere
        )
    files = record["files"]
    foreign, changed = [], []
    for path in held:
        name = path.relative_to(out).as_posix()
        if name == RECORD or name.partition("/")[0] in DERIVED[kind]:
            continue
        if path.is_symlink() or name not in files:
            foreign.append(path)
        elif kind not in _MENDED and _digest(path) != files[name]:
            changed.append(path)
    words = [
        f"{what}: {_listed(out, paths)}"
        for what, paths in (("not written by tinyrob", foreign), ("changed since", changed))
        if paths
    ]
    if words:
        raise DataError(
            f"{out} is a {kind} of tinyrob's, but a new one would lose files of yours "
            f"({'; '.join(words)})",
            elsewhere,
        )


def _is_here(out: Path) -> bool:
    """Whether the process, and so likely a shell, is in ``out``."""
    try:
        return Path.cwd().is_relative_to(out)
    except OSError:  # it is in a folder that is gone
        return False


def write_record(folder: Path, kind: Kind) -> None:
    """Records what ``folder`` holds now as written by tinyrob."""
    # At once: the old one tells what this folder is, until this one does.
    write_atomically(folder / RECORD, _record(folder, kind).encode(), durable=False)


def recorded(folder: Path, kind: Kind) -> dict[str, str] | None:
    """The files that were written into a folder of ``kind``, and their SHA-256; None without a
    record of it."""
    record = _read(folder / RECORD)
    return None if record is None or record["kind"] != kind else dict(record["files"])


def _record(folder: Path, kind: Kind) -> str:
    files = {
        name: _digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and (name := path.relative_to(folder).as_posix()) != RECORD
        and name.partition("/")[0] not in DERIVED[kind]
    }
    record = {"format": FORMAT, "version": VERSION, "kind": kind, "files": files}
    return json.dumps({**record, "digest": _sum(files)}, indent=1) + "\n"


def _read(path: Path) -> dict[str, Any] | None:
    """The record, where it is one by its content; else None."""
    try:
        found = json.loads(path.read_bytes())
        files = found["files"]
        known = (found["format"], found["version"]) == (FORMAT, VERSION)
        whole = found["digest"] == _sum(files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return found if known and whole and found.get("kind") in DERIVED else None


def _sum(files: Mapping[str, str]) -> str:
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(f"{name}\0{files[name]}\0".encode())
    return total.hexdigest()


def _digest(path: Path) -> str:
    total = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            total.update(chunk)
    return total.hexdigest()


def _listed(out: Path, paths: list[Path]) -> str:
    names = [path.relative_to(out).as_posix() for path in paths[:_NAMED]]
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(names) + more
