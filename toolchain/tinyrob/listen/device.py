"""A program of the app ``listen``: samples in, its lines out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import RunnerError
from tinyrob.features.decisions import ONE, Decisions
from tinyrob.features.spec import Features
from tinyrob.listen.heard import Detection, Heard, State
from tinyrob.listen.lines import Lines
from tinyrob.run.link import Peer

_GREETING = re.compile(r"listening features ([0-9a-f]{32}) model ([0-9a-f]{32})")
_HEARD = re.compile(r"heard (\d+\.\d{3}) (\d+) (\d+) .*")
_AT = re.compile(r"at (\d+\.\d{3}) features ([0-9a-f]{8}) logits ([0-9a-f]{8}) sums((?: \d+)+)")
Live = Callable[[State, tuple[Detection, ...]], None]
"""Is told of each second, and of what was detected in it."""


class Listener:
    """Feeds a peer and reads its lines. ``patience``: seconds that a second of sound may take."""

    def __init__(self, peer: Peer, patience: float) -> None:
        self._peer = peer
        self._lines_of = Lines(peer, patience)

    def greet(self, features: Features, model: bytes) -> None:
        """Raises RunnerError where the program is another model's, or hears other features."""
        line = self._lines_of.next()
        found = _GREETING.fullmatch(line)
        if found is None:
            raise RunnerError(
                f"{self._peer.who} does not listen: it said {line[:60]!r}",
                "build it with --app listen",
            )
        if found[1] != features.digest or found[2] != model.hex():
            what = "features" if found[1] != features.digest else "model"
            raise RunnerError(
                f"{self._peer.who} has other {what} than its build folder says", "build again"
            )

    def hear(
        self,
        samples: NDArray[np.int16],
        features: Features,
        how: Decisions,
        classes: tuple[str, ...],
        live: Live | None = None,
    ) -> Heard:
        """``samples`` are a whole number of hops, of which the last ends a second."""
        seconds = len(samples) // features.hop * features.hop // features.rate
        whole = how.window * ONE
        states: list[State] = []
        found: list[Detection] = []
        fresh = 0
        for line in self._lines(samples, features, seconds):
            if detected := _HEARD.fullmatch(line):
                t, label, score = float(detected[1]), int(detected[2]), int(detected[3])
                found.append(Detection(t, classes[label], score / whole))
            elif at := _AT.fullmatch(line):
                sums = tuple(int(word) / whole for word in at[4].split())
                states.append(State(float(at[1]), int(at[2], 16), int(at[3], 16), sums))
                if live is not None:
                    live(states[-1], tuple(found[fresh:]))
                fresh = len(found)
            else:
                raise RunnerError(
                    f"{self._peer.who} said what no program of ours says: {line[:60]!r}",
                    "build again",
                )
        return Heard(
            self._peer.who, len(samples) / features.rate, classes, tuple(found), tuple(states)
        )

    def _lines(self, samples: NDArray[np.int16], features: Features, seconds: int) -> Iterator[str]:
        """Every line up to that of the last second; each second of sound goes when the line of the
        one before it has come, so that no buffer of anybody's fills."""
        content = samples.astype("<i2").tobytes()
        step = 2 * features.rate
        sent = came = 0
        while came < seconds:
            while sent < len(content) and sent < (came + 2) * step:
                self._lines_of.write(content[sent : sent + step])
                sent += step
            line = self._lines_of.next()
            came += line.startswith("at ")
            yield line
