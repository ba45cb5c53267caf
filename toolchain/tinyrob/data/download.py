"""Downloads one file: continues what was cut short, and checks its sum."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tinyrob.errors import DataError

Progress = Callable[[int, int | None], None]
"""Told how many bytes are there, and of how many (None: the server does not say)."""

CHUNK = 1 << 16
TIMEOUT = 60.0  # seconds without a byte


def download(url: str, checksum: str, partial: Path, progress: Progress | None = None) -> None:
    """Brings ``partial`` to its full length and checks it.

    ``checksum`` is MD5 or SHA-256, in hex. Raises DataError for a failed download, and for a wrong
    sum, after which the file is gone.
    """
    _download(url, partial, progress)
    name = "MD5" if len(checksum) == 32 else "SHA-256"
    found = _sum(partial, name)
    if found != checksum:
        partial.unlink()
        raise DataError(
            f"{url} has the {name} sum {found}, not {checksum}: it was removed",
            "try again; behind a proxy, see whether it replaces downloads by a page",
        )


def _download(url: str, partial: Path, progress: Progress | None) -> None:
    """Brings ``partial`` to its full length, going on where it ends."""
    there = partial.stat().st_size if partial.exists() else 0
    headers = {"User-Agent": "tinyrob", **({"Range": f"bytes={there}-"} if there else {})}
    hint = "look at the connection and try again: what is there is kept; or unpack it by hand"
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=TIMEOUT
        ) as answer:
            if there and answer.status != 206:  # the server does not continue: from the start
                there = 0
            total = _total(answer, there)
            _append(answer, partial, there, total, progress)
    except urllib.error.HTTPError as error:
        if error.code == 416 and there:  # nothing is left to send
            return
        raise DataError(f"cannot download {url}: {error}", hint) from error
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise DataError(f"cannot download {url}: {error}", hint) from error
    if total is not None and partial.stat().st_size < total:
        raise DataError(
            f"the download of {url} was cut short: {partial.stat().st_size:,} of {total:,} bytes",
            "run the command again: it continues where it stopped",
        )


def _total(answer: Any, there: int) -> int | None:
    length = answer.headers.get("Content-Length")
    return there + int(length) if length is not None else None


def _append(
    answer: Any, partial: Path, there: int, total: int | None, progress: Progress | None
) -> None:
    with partial.open("r+b" if there else "wb") as out:
        out.seek(there)
        done = there
        while chunk := answer.read1(CHUNK):
            out.write(chunk)
            done += len(chunk)
            if progress:
                progress(done, total)


def _sum(path: Path, name: str) -> str:
    total = hashlib.new(name.replace("-", "").lower(), usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            total.update(chunk)
    return total.hexdigest()
