"""Several files into a folder of the user's, which stays: all of them or none, whatever happens."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from tinyrob.files.whole import TORN, torn_of, torn_prefix, write_atomically

_HIDDEN, _LIST = "tinyrob-new", "files.json"


def write_together(folder: Path, texts: Mapping[str, bytes]) -> None:
    """Writes ``texts``, by their paths below ``folder``, which exists and has none of them.

    They are made whole in a hidden folder inside it, with a list of their digests, and then moved:
    of a run that was killed meanwhile ``take_back`` undoes the moves. Raises OSError, with
    ``folder`` as it was.
    """
    fresh = Path(tempfile.mkdtemp(TORN, torn_prefix(Path(_HIDDEN)), folder))
    try:
        for number, content in enumerate(texts.values()):
            write_atomically(fresh / str(number), content)
        listed = {name: hashlib.sha256(content).hexdigest() for name, content in texts.items()}
        write_atomically(fresh / _LIST, json.dumps(listed).encode())
        for number, name in enumerate(texts):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (fresh / str(number)).replace(folder / name)
    except BaseException:
        _undo(folder, fresh, texts)
        raise
    (fresh / _LIST).unlink()  # from here on nothing is taken back
    shutil.rmtree(fresh, ignore_errors=True)


def take_back(folder: Path, names: Iterable[str]) -> None:
    """Undoes what runs that were killed in ``write_together`` of these ``names`` have left in
    ``folder``; a file that was changed since is kept."""
    names = tuple(names)
    for fresh in torn_of(folder / _HIDDEN):
        if not fresh.is_symlink():
            _undo(folder, fresh, names)


def _undo(folder: Path, fresh: Path, names: Iterable[str]) -> None:
    """Takes away the moved files that are as the list in ``fresh`` has them, then ``fresh``."""
    try:
        listed = json.loads((fresh / _LIST).read_bytes())
        digests = {name: listed[name] for name in names}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):  # nothing was moved yet
        digests = {}
    for name, digest in digests.items():
        with suppress(OSError):
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest:
                (folder / name).unlink()
        _remove_empty((folder / name).parent, folder)
    for part in fresh.glob("[!f]*"):  # the list goes last: a kill here is undone as well
        with suppress(OSError):
            part.unlink()
    shutil.rmtree(fresh, ignore_errors=True)


def _remove_empty(inner: Path, folder: Path) -> None:
    with suppress(OSError):  # something of the user's is in it
        while inner != folder:
            with suppress(FileNotFoundError):
                inner.rmdir()
            inner = inner.parent
