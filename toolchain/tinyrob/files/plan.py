"""A build plan: file names to bytes, with a digest, and one method that writes them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tinyrob.files.folder import Kind, replaced


@dataclass(frozen=True)
class BuildPlan:
    """Relative POSIX paths to contents. The same inputs give the same plan and digest."""

    files: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.files:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or str(path) != name:
                raise ValueError(f"a build plan holds clean relative paths, not {name!r}")

    def __or__(self, other: BuildPlan) -> BuildPlan:
        """Both plans' files. Raises ValueError where they disagree on one."""
        for name in self.files.keys() & other.files.keys():
            if self.files[name] != other.files[name]:
                raise ValueError(f"two plans disagree on {name}")
        return BuildPlan({**self.files, **other.files})

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over all names and contents."""
        total = hashlib.sha256()
        for name in sorted(self.files):
            content = self.files[name]
            total.update(f"{name}\0{len(content)}\0".encode())
            total.update(content)
        return total.hexdigest()

    def write(self, out: Path, kind: Kind = "plan") -> None:
        """The plan's files become all that ``out`` holds, recorded as a folder of ``kind``.

        Nothing of an earlier build stays behind; a failure leaves ``out`` as it was. Raises
        DataError where ``out`` holds what tinyrob did not write, OSError where it cannot be
        written.
        """
        with replaced(out, kind) as fresh:
            self.write_into(fresh)

    def write_into(self, folder: Path) -> None:
        """Adds the plan's files to a folder that is there. Raises OSError."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
