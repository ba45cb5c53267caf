"""A build plan: file names to bytes, with a digest, and one method that writes them."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath


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

    def write(self, out: Path) -> None:
        """Writes the files to a fresh folder beside ``out``, then puts it in ``out``'s place.

        Nothing of an earlier build stays behind; a failure leaves ``out`` as it was. Raises
        OSError where the parent folder cannot be written.
        """
        out = out.resolve()
        out.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        try:
            fresh.chmod(0o755)
            for name, content in self.files.items():
                path = fresh / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            replace_folder(fresh, out)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def replace_folder(fresh: Path, out: Path) -> None:
    """Moves ``fresh`` to ``out``; an ``out`` that is there is set aside first, then removed."""
    if out.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.parent))
        out.replace(old / "was")
        try:
            fresh.replace(out)
        except OSError:
            (old / "was").replace(out)
            raise
        finally:
            shutil.rmtree(old, ignore_errors=True)
    else:
        fresh.replace(out)
