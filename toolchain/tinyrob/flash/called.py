"""A programming tool as a child process: its end, and all that it says."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from tinyrob.errors import RunnerError, ToolMissing


def called(
    command: Sequence[str], name: str, install: str, seconds: float
) -> subprocess.CompletedProcess[str]:
    """Runs ``command`` of the tool ``name`` to its end; what it says is all in ``stdout``.

    Raises RunnerError where it has no end after ``seconds``, and ToolMissing, with how to
    ``install`` it, where it cannot be run.
    """
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RunnerError(
            f"{name} ran for {seconds:g} s without an end", "plug the board in again"
        ) from None
    except OSError as error:
        raise ToolMissing(f"{command[0]} cannot be run: {error.strerror}", install) from None
