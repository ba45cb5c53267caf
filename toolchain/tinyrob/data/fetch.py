"""Downloads a dataset from its official address, checks its sum, and unpacks what it expects."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyrob.data import DATASETS, cifar10
from tinyrob.emit.plan import replace_folder
from tinyrob.errors import DataError

Progress = Callable[[int, int | None], None]
"""Told how many bytes are there, and of how many (None: the server does not say)."""

CHUNK = 1 << 16
TIMEOUT = 60.0  # seconds without a byte


@dataclass(frozen=True)
class Archive:
    """A .tar.gz to download: its MD5 sum (hex), and the files to take out of ``folder`` in it."""

    url: str
    md5: str
    folder: str
    files: tuple[str, ...]


ARCHIVES: Mapping[str, Archive] = {
    "cifar10": Archive(
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        "c32a1d4ab5d03f1284b67883e8d87530",
        cifar10.BINARY,
        (*(f"{name}.bin" for name in (*cifar10.TRAIN, cifar10.TEST)), "batches.meta.txt"),
    ),
}


def fetch(name: str, root: Path, progress: Progress | None = None) -> Path:
    """Downloads dataset ``name`` and gives its folder in ``root``; a sound one is left alone.

    Raises DataError for an unknown or embedded dataset, a failed download, a wrong sum.
    """
    if name not in ARCHIVES:
        known = f"to fetch: {', '.join(ARCHIVES)}"
        if name in DATASETS:
            raise DataError(f"{name} is embedded in tinyrob: there is nothing to fetch", known)
        raise DataError(f"unknown dataset {name!r}", known)
    archive = ARCHIVES[name]
    try:
        DATASETS[name].load(root)
    except DataError:
        return fetch_archive(archive, root, progress)
    return next(root / f for f in DATASETS[name].folders if (root / f).is_dir())


def fetch_archive(archive: Archive, root: Path, progress: Progress | None = None) -> Path:
    """Downloads and unpacks to ``root/folder``, which appears whole or not at all.

    A download that was cut short is kept beside it, and continued the next time. Raises DataError.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        partial = root / f".{archive.url.rsplit('/', 1)[-1]}.part"
        _download(archive.url, partial, progress)
        found = _md5(partial)
        if found != archive.md5:
            partial.unlink()
            raise DataError(
                f"{archive.url} has the MD5 sum {found}, not {archive.md5}: it was removed",
                "try again; behind a proxy, see whether it replaces downloads by a page",
            )
        folder = _unpack(archive, partial, root)
        partial.unlink()
        return folder
    except OSError as error:
        raise DataError(
            f"cannot write to {root}: {error.strerror or error}",
            "name another folder with --data-dir or TINYROB_DATA, or make room",
        ) from error


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


def _md5(path: Path) -> str:
    total = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            total.update(chunk)
    return total.hexdigest()


def _unpack(archive: Archive, path: Path, root: Path) -> Path:
    """Takes the expected regular files out; no path of the archive is used to write."""
    fresh = Path(tempfile.mkdtemp(prefix=f".{archive.folder}-", dir=root))
    try:
        fresh.chmod(0o755)
        with tarfile.open(path, "r:gz") as tar:
            for name in archive.files:
                member = tar.getmember(f"{archive.folder}/{name}")
                stream = tar.extractfile(member) if member.isreg() else None
                if stream is None:
                    raise DataError(f"{archive.url}: {member.name} is no regular file")
                with (fresh / name).open("wb") as out:
                    shutil.copyfileobj(stream, out)
        replace_folder(fresh, root / archive.folder)
    except (tarfile.TarError, KeyError, EOFError) as error:
        raise DataError(f"{archive.url} is not the archive expected: {error}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return root / archive.folder
