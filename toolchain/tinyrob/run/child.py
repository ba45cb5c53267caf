"""A child process that speaks the protocol on its standard input and output."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tinyrob.errors import RunnerError
from tinyrob.run.link import PipeLink

_LAST_LINES = 5
_STOP_SECONDS = 5.0


class Child:
    """Started at once; ``stop`` ends it whatever it does. ``who`` is how errors call it."""

    def __init__(self, who: str, command: Sequence[str], folder: Path | None = None) -> None:
        self.who = who
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        # Where Linux can, the child is told to die with us: an emulator would spin on for ever.
        setpriv = shutil.which("setpriv")
        prefix = [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
        try:
            self._process = subprocess.Popen(
                [*prefix, *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                cwd=folder,
                bufsize=0,
            )
        except OSError as error:
            self._said.close()
            raise RunnerError(f"{who} cannot be started: {error.strerror}") from None
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        self.link = PipeLink(stdout.fileno(), stdin.fileno())

    def died(self) -> RunnerError:
        """The error for a stream that ended: exit status and last words."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)
        return RunnerError(
            f"{self.who} ended with status {self._process.poll()}{self._last_words()}",
            "was it killed, out of memory, or is what it runs damaged? build again; "
            "`tinyrob doctor` says what is installed",
        )

    def hung(self, error: RunnerError) -> RunnerError:
        """The same error, with what the child last said."""
        return RunnerError(f"{error.message}{self._last_words()}", error.hint)

    def _last_words(self) -> str:
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        return "; it said: " + " | ".join(lines[-_LAST_LINES:]) if lines else ""

    def stop(self) -> None:
        """Ends the process; it has nothing to lose."""
        self._process.kill()
        self._process.wait(_STOP_SECONDS)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # unsent input of a process that is gone
                    stream.close()
        self._said.close()
