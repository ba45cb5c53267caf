"""A folder as it was, to be had again with the same inodes: files in it may be open."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Kept:
    """A folder as it was: each path's kind and mode, and of a file its inode and content."""

    folder: Path
    modes: dict[str, int]
    links: dict[str, str]
    contents: dict[str, bytes]
    beside: Path
    """Where each file has a second name, by which the same inode comes back: the run may have it
    open."""

    @classmethod
    def of(cls, folder: Path, beside: Path) -> Kept:
        """Keeps it; ``beside`` is made, on the same disk."""
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        modes: dict[str, int] = {}
        links: dict[str, str] = {}
        contents: dict[str, bytes] = {}
        for name, path in _below(folder):
            modes[name] = path.lstat().st_mode
            if path.is_symlink():
                links[name] = str(path.readlink())
            elif path.is_file():
                contents[name] = path.read_bytes()
                os.link(path, beside / str(len(contents)))
        return cls(folder, modes, links, contents, beside)

    def restore(self) -> None:
        """Makes the folder what it was."""
        for name, path in reversed(list(_below(self.folder))):
            if path.is_dir() and not path.is_symlink():
                if name not in self.modes:
                    path.rmdir()
            else:
                path.unlink()
        numbers = {name: n for n, name in enumerate(self.contents, 1)}
        for name, mode in self.modes.items():
            path = self.folder / name
            if stat.S_ISDIR(mode):
                path.mkdir(exist_ok=True)
            elif name in self.links:
                path.symlink_to(self.links[name])
            else:
                os.link(self.beside / str(numbers[name]), path)
                if path.read_bytes() != self.contents[name]:
                    with path.open("r+b") as file:
                        file.write(self.contents[name])
                        file.truncate()
            if name not in self.links and path.stat().st_mode != mode:
                path.chmod(stat.S_IMODE(mode))


def _below(folder: Path) -> list[tuple[str, Path]]:
    """Everything in it, folders before what is in them."""
    found = []
    for place, folders, files in os.walk(folder):
        found += [Path(place, name) for name in (*folders, *files)]
    return [(path.relative_to(folder).as_posix(), path) for path in found]
