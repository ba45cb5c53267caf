"""A host for firmware of the app ``mlperf``: the lines that the MLPerf Tiny runner sends."""

from __future__ import annotations

import re
import time

from tinyrob.run.link import Link

BYTES_A_LINE = 31
"""As many as the official runner sends at once."""


class Runner:
    """Sends commands and waits for "m-ready"; an answer is its lines, without line ends."""

    def __init__(self, link: Link) -> None:
        self._link, self._said = link, ""

    def ready(self, seconds: float = 30.0) -> list[str]:
        """All lines up to the next "m-ready"."""
        deadline = time.monotonic() + seconds
        while "m-ready\r\n" not in self._said:
            assert time.monotonic() < deadline, f"no m-ready: {self._said!r}"
            self._said += self._link.read(1.0).decode("ascii")
        before, self._said = self._said.split("m-ready\r\n", 1)
        assert before == "" or before.endswith("\r\n")
        return before.split("\r\n")[:-1]

    def ask(self, command: str) -> list[str]:
        """The answer to a command."""
        self._link.write(f"{command}%".encode(), 5.0)
        return self.ready()

    def load(self, data: bytes) -> list[str]:
        """Loads an input; the answer to the last line."""
        assert self.ask(f"db load {len(data)}") == [f"m-[Expecting {len(data)} bytes]"]
        said: list[str] = []
        for at in range(0, len(data), BYTES_A_LINE):
            said = self.ask(f"db {data[at : at + BYTES_A_LINE].hex()}")
        return said

    def infer(self, count: int, warmups: int) -> tuple[list[float], int]:
        """The results, and the microseconds of one inference."""
        said = self.ask(f"infer {count} {warmups}")
        assert said[:3] == [
            f"m-warmup-start-{warmups}",
            "m-warmup-done",
            f"m-infer-start-{count}",
        ]
        laps = [int(line.removeprefix("m-lap-us-")) for line in said[3:5]]
        assert said[5] == "m-infer-done"
        found = re.fullmatch(r"m-results-\[(.*)\]", said[6])
        assert found is not None
        assert len(said) == 7
        return [float(value) for value in found[1].split(",")], (laps[1] - laps[0]) // count
