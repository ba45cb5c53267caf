"""Fetches a dataset from its official address, checks its sum, and unpacks what it expects.

The sums: CIFAR-10's is on its page; SVHN's are those that torchvision checks, Speech Commands' is
the one of torchaudio and TensorFlow Datasets.
"""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tinyrob.data import DATASETS, cifar10, speech_commands, svhn
from tinyrob.data.download import Progress, download
from tinyrob.data.speech_clips import clips
from tinyrob.errors import DataError, did_you_mean
from tinyrob.files.folder import replaced


@dataclass(frozen=True)
class Archive:
    """A .tar.gz to download, and what to take out of it: ``files`` of ``folder`` in it.

    ``files=()`` takes all regular files that lie in it as ``<name>`` or ``<folder>/<name>``.
    ``checksum`` is MD5 or SHA-256, in hex.
    """

    url: str
    checksum: str
    folder: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Files:
    """Files to download as they are to ``folder``: their addresses and sums."""

    folder: str
    files: Mapping[str, str]


SOURCES: Mapping[str, Archive | Files] = {
    "cifar10": Archive(
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        "c32a1d4ab5d03f1284b67883e8d87530",
        cifar10.BINARY,
        (*(f"{name}.bin" for name in (*cifar10.TRAIN, cifar10.TEST)), "batches.meta.txt"),
    ),
    "svhn": Files(
        svhn.FOLDER,
        {
            f"http://ufldl.stanford.edu/housenumbers/{svhn.TRAIN}": (
                "e26dedcc434d2e4c54c9b2d4a06d8373"
            ),
            f"http://ufldl.stanford.edu/housenumbers/{svhn.TEST}": (
                "eb5a983be6a315427106f1b164d9cef3"
            ),
        },
    ),
    speech_commands.NAME: Archive(
        "http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
        "af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
        speech_commands.FOLDER,
    ),
}


def fetch(name: str, root: Path, progress: Progress | None = None) -> Path:
    """Downloads dataset ``name`` and gives its folder in ``root``; a folder of it is left alone.

    One of CIFAR-10 or SVHN is read before, and replaced where it is damaged. Raises DataError for
    an unknown or embedded dataset, a failed download, a wrong sum.
    """
    if name not in SOURCES:
        known = f"to fetch: {', '.join(SOURCES)}"
        if name in DATASETS:
            raise DataError(f"{name} is embedded in tinyrob: there is nothing to fetch", known)
        raise DataError(f"unknown dataset {name!r}", did_you_mean(name, SOURCES) + known)
    found = [root / f for f in DATASETS[name].folders if (root / f).is_dir()]
    if found and _sound(name, root):
        return found[0]
    source = SOURCES[name]
    if isinstance(source, Files):
        return fetch_files(source, root, progress)
    return fetch_archive(source, root, progress)


def _sound(name: str, root: Path) -> bool:
    try:
        if name == speech_commands.NAME:  # reading it all takes minutes, and a part of it is of use
            clips(root / speech_commands.FOLDER, ("yes", "no"))
        else:
            DATASETS[name].load(root)
    except DataError:
        return False
    return True


def fetch_archive(archive: Archive, root: Path, progress: Progress | None = None) -> Path:
    """Downloads and unpacks to ``root/folder``, which appears whole or not at all.

    A download that was cut short is kept beside it, and continued the next time. Raises DataError.
    """
    with _writing(root):
        partial = root / f".{archive.url.rsplit('/', 1)[-1]}.part"
        download(archive.url, archive.checksum, partial, progress)
        try:
            with replaced(root / archive.folder, "dataset") as fresh:
                _unpack(archive, partial, fresh)
        except (tarfile.TarError, KeyError, EOFError) as error:
            raise DataError(f"{archive.url} is not the archive expected: {error}") from error
        partial.unlink()
        return root / archive.folder


def fetch_files(source: Files, root: Path, progress: Progress | None = None) -> Path:
    """Downloads to ``root/folder``, which appears whole or not at all; else as an archive."""
    with _writing(root):
        partials = {}
        for url, checksum in source.files.items():
            name = url.rsplit("/", 1)[-1]
            partials[name] = root / f".{name}.part"
            download(url, checksum, partials[name], progress)
        with replaced(root / source.folder, "dataset") as fresh:
            for name, partial in partials.items():
                partial.replace(fresh / name)
        return root / source.folder


@contextmanager
def _writing(root: Path) -> Iterator[None]:
    try:
        root.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise DataError(
            f"cannot write to {root}: {error.strerror or error}",
            "name another folder with --data-dir or TINYROB_DATA, or make room",
        ) from error


def _unpack(archive: Archive, path: Path, fresh: Path) -> None:
    """Takes the expected regular files out; no path of the archive is used to write."""
    with tarfile.open(path, "r:gz") as tar:
        if archive.files:
            for name in archive.files:
                member = tar.getmember(f"{archive.folder}/{name}")
                _take(tar, member, fresh / name, archive.url)
            return
        for member in tar:
            place = _place(member)
            if place is not None:
                _take(tar, member, fresh.joinpath(*place), archive.url)


def _place(member: tarfile.TarInfo) -> tuple[str, ...] | None:
    """A member's harmless place of at most one folder and a name; None where it is to be left."""
    parts = PurePosixPath(member.name).parts
    if not 1 <= len(parts) <= 2 or any(p in ("..", "/") or p.startswith(".") for p in parts):
        return None
    return None if member.isdir() else parts


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, to: Path, url: str) -> None:
    stream = tar.extractfile(member) if member.isreg() else None
    if stream is None:
        raise DataError(f"{url}: {member.name} is no regular file")
    to.parent.mkdir(exist_ok=True)
    with to.open("wb") as out:
        shutil.copyfileobj(stream, out)
