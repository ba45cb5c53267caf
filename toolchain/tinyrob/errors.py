"""Everything tinyrob raises on purpose.

    TinyrobError                 message (what, where) and hint (what to try)
    ├── DataError                a dataset or an input file is missing, damaged or misshapen
    ├── RecipeError              a recipe has an unknown key or an impossible value
    ├── TrainingError            a run's folder is unusable, or training diverged
    ├── ModelFormatError         a model file is truncated, corrupt or not what its name says
    │   └── UnsupportedModel     well-formed, but holds an operator, dtype or option we cannot take
    ├── FreezeError              a QKeras model breaks an exactness rule
    ├── BoardError               a board file or a target's name is wrong
    ├── DoesNotFit               the firmware needs more flash or RAM than the part has
    ├── ToolMissing              a compiler, emulator, library or probe is not installed
    ├── BuildError               a tool ran and failed
    ├── RunnerError              a runner died, hung or broke the protocol
    └── CheckFailed              a comparison or gate that the user asked for did not hold

The command line prints ``error: <message>`` and ``hint: <hint>`` to stderr and exits with 1. Any
other exception that reaches a user is a bug in tinyrob.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_ALIKE = 0.6


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The start of a hint, "did you mean a or b? ": what ``name`` is most like, "" for nothing."""
    by_lower = {word.lower(): word for word in known}
    near = difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=_ALIKE)
    return f"did you mean {' or '.join(by_lower[word] for word in near)}? " if near else ""


class TinyrobError(Exception):
    """A user's mistake or a failed check.

    ``message`` says what is wrong and where; ``hint`` says what to try next.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class DataError(TinyrobError):
    """A dataset or input file is missing, damaged or of the wrong shape."""


class RecipeError(TinyrobError):
    """A recipe has an unknown key or an impossible value."""


class TrainingError(TinyrobError):
    """A training run's folder is unusable, or the run diverged."""


class ModelFormatError(TinyrobError):
    """A model file is truncated, corrupt, or not what its name says."""


@dataclass(frozen=True)
class Obstacle:
    """One thing in a model that stands in the way: the layer ("": the model as a whole), what it
    is, and what to do about it."""

    layer: str
    what: str
    hint: str

    def __str__(self) -> str:
        return f"{self.layer}: {self.what}" if self.layer else self.what


class UnsupportedModel(ModelFormatError):
    """A well-formed model holds an operator, dtype or option that tinyrob cannot take.

    ``obstacles`` are all of them.
    """

    def __init__(
        self, message: str, hint: str | None = None, obstacles: Sequence[Obstacle] = ()
    ) -> None:
        super().__init__(message, hint)
        self.obstacles = tuple(obstacles) or (Obstacle("", message, hint or ""),)

    @staticmethod
    def of(obstacles: Sequence[Obstacle]) -> UnsupportedModel:
        """One error for all that stands in the way; ``obstacles`` is not empty."""
        if len(obstacles) == 1:
            return UnsupportedModel(str(obstacles[0]), obstacles[0].hint, obstacles)
        lines = [f"{len(obstacles)} things stand in the way:"]
        for obstacle in obstacles:
            lines.append(f"  {obstacle}" + (f" ({obstacle.hint})" if obstacle.hint else ""))
        return UnsupportedModel("\n".join(lines), "convert the model again", obstacles)


class FreezeError(TinyrobError):
    """A QKeras model breaks an exactness rule. ``obstacles`` are all that do."""

    def __init__(
        self, message: str, hint: str | None = None, obstacles: Sequence[Obstacle] = ()
    ) -> None:
        super().__init__(message, hint)
        self.obstacles = tuple(obstacles) or (Obstacle("", message, hint or ""),)

    @staticmethod
    def of(found: Sequence[FreezeError]) -> FreezeError:
        """One error for all of them; ``found`` is not empty."""
        if len(found) == 1:
            return found[0]
        obstacles = [obstacle for error in found for obstacle in error.obstacles]
        lines = [f"{len(obstacles)} things stand in the way:"]
        for obstacle in obstacles:
            lines.append(f"  {obstacle}" + (f" ({obstacle.hint})" if obstacle.hint else ""))
        return FreezeError("\n".join(lines), "change the model, and train it again", obstacles)


class BoardError(TinyrobError):
    """A board file or a target's name is wrong."""


class DoesNotFit(TinyrobError):
    """The firmware needs more flash or RAM than the part has."""


class ToolMissing(TinyrobError):
    """A compiler, emulator, library or probe is not installed."""


class BuildError(TinyrobError):
    """A tool ran and failed."""


class RunnerError(TinyrobError):
    """A runner died, hung or broke the protocol."""


class CheckFailed(TinyrobError):
    """A comparison or gate that the user asked for did not hold."""
