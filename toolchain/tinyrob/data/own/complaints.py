"""All that is wrong with many files, in one error."""

from __future__ import annotations

from dataclasses import dataclass, field

from tinyrob.errors import DataError
from tinyrob.files.names import safe

SHOWN = 5


@dataclass
class Complaints:
    """What is wrong, file by file; ``check`` raises all of it."""

    hint: str
    found: list[str] = field(default_factory=list)

    def add(self, where: object, why: str) -> None:
        """Notes one thing: the file or row, and what is wrong with it."""
        self.found.append(safe(f"{where}: {why}"))

    def failed(self, where: object, error: Exception) -> None:
        """Notes that it could not be read."""
        why = error.strerror if isinstance(error, OSError) else str(error)
        self.add(where, why or type(error).__name__)

    def check(self) -> None:
        """Raises DataError with all that was noted, where anything was."""
        if not self.found:
            return
        if len(self.found) == 1:
            raise DataError(self.found[0], self.hint)
        lines = [f"{len(self.found):,} things are wrong with the data:"]
        lines += [f"  {one}" for one in self.found[:SHOWN]]
        if len(self.found) > SHOWN:
            lines.append(f"  … and {len(self.found) - SHOWN:,} more")
        raise DataError("\n".join(lines), self.hint)
