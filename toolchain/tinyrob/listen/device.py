"""A program of the app ``listen``: samples in, its lines out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

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
_STATE = re.compile(
    r"(at|end) (\d+\.\d{3}) features ([0-9a-f]{8}) logits ([0-9a-f]{8}) sums((?: \d+)+)"
)
_LOST = re.compile(r"lost (\d+)")
_STOPPED = re.compile(r"stopped (\d+\.\d{3})")
_ASKS, _SAMPLES, _NEXT = b"H", b"S", "next"
_FILLER = b"N"  # what the app takes for nothing
_LEFT_TO_SAY = 16
"""So many lines a program may still have had to say when it was asked."""
_ANSWERS_WITHIN = 3.0
Live = Callable[[State, tuple[Detection, ...]], None]
"""Is told of each second, and of what was detected in it."""
Note = Callable[[str], None]
"""Is told what went wrong and is over: samples that were lost, a microphone that had stopped."""


def quiet(_: str) -> None:
    """A note that nobody reads."""


class Listener:
    """Feeds a peer and reads its lines. ``patience``: seconds that a second of sound may take."""

    def __init__(self, peer: Peer, patience: float, note: Note = quiet) -> None:
        self._peer, self._note = peer, note
        self._lines_of = Lines(peer, patience)

    def ask(self, features: Features, model: bytes) -> None:
        """Has a program that runs already say who it is, from the middle of a hop as well, and
        begin anew. Raises as ``greet`` does, and where it does not answer."""
        self._lines_of.write(_FILLER * (2 * features.hop) + _ASKS)
        self.greet(features, model, _LEFT_TO_SAY, _ANSWERS_WITHIN)

    def greet(
        self, features: Features, model: bytes, skip: int = 0, within: float | None = None
    ) -> None:
        """Raises RunnerError where the program is another model's, or hears other features.

        So many lines may come before (``skip``), each ``within`` so many seconds."""
        line = self._lines_of.next(within)
        while (found := _GREETING.fullmatch(line)) is None and skip > 0:
            skip, line = skip - 1, self._lines_of.next(within)
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
        hops: Iterable[NDArray[np.int16]],
        features: Features,
        how: Decisions,
        classes: tuple[str, ...],
        live: Live | None = None,
        ahead: int = 1,
    ) -> Heard:
        """What it makes of ``hops``, each of ``features.hop`` samples; so many are sent at once
        (``ahead``), where what lies between holds them."""
        return self._heard(self._fed(iter(hops), features, ahead), features, how, classes, live)

    def hear_its_own(
        self,
        features: Features,
        how: Decisions,
        classes: tuple[str, ...],
        live: Live | None = None,
        seconds: float | None = None,
    ) -> Heard:
        """What it makes of the samples that it has itself, up to their end, or for so many
        ``seconds`` of them."""
        return self._heard(self._told(seconds), features, how, classes, live)

    def _heard(
        self,
        lines: Iterable[str],
        features: Features,
        how: Decisions,
        classes: tuple[str, ...],
        live: Live | None,
    ) -> Heard:
        whole = how.window * ONE
        states: list[State] = []
        found: list[Detection] = []
        fresh = lost = 0
        for line in lines:
            if detected := _HEARD.fullmatch(line):
                t, label, score = float(detected[1]), int(detected[2]), int(detected[3])
                found.append(Detection(t, classes[label], score / whole))
            elif said := _STATE.fullmatch(line):
                if said[1] == "end":
                    continue
                sums = tuple(int(word) / whole for word in said[5].split())
                states.append(State(float(said[2]), int(said[3], 16), int(said[4], 16), sums))
                if live is not None:
                    live(states[-1], tuple(found[fresh:]))
                fresh = len(found)
            elif missing := _LOST.fullmatch(line):
                lost = int(missing[1])
                self._note(f"{self._peer.who} has lost {lost:,} samples so far: it takes too long")
            elif stopped := _STOPPED.fullmatch(line):
                self._note(f"its microphone stopped after {float(stopped[1]):g} s, and was started")
            elif not _GREETING.fullmatch(line):
                raise RunnerError(
                    f"{self._peer.who} said what no program of ours says: {line[:60]!r}",
                    "build again",
                )
        seconds = states[-1].t if states else 0.0
        return Heard(self._peer.who, seconds, classes, tuple(found), tuple(states), lost)

    def _fed(
        self, hops: Iterator[NDArray[np.int16]], features: Features, ahead: int
    ) -> Iterator[str]:
        """Hops go when those before them have been heard: no buffer of anybody's fills."""
        told = 0
        while group := [_SAMPLES + hop.astype("<i2").tobytes() for hop in islice(hops, ahead)]:
            try:
                self._lines_of.write(b"".join(group))
                until = told + len(group)
                while told < until:
                    if (line := self._lines_of.next()) == _NEXT:
                        told += 1
                    else:
                        yield line
            except RunnerError as error:
                seconds = told * features.hop / features.rate
                raise RunnerError(
                    f"{error.message}, after {seconds:.2f} s of sound",
                    error.hint or "were bytes lost on the line? try it again, or at a lower --baud",
                ) from None

    def _told(self, seconds: float | None) -> Iterator[str]:
        first: float | None = None
        while True:
            try:
                line = self._lines_of.next()
            except KeyboardInterrupt:
                return
            yield line
            said = _STATE.fullmatch(line)
            if said is None:
                continue
            first = float(said[2]) if first is None else first
            # A board's stream began before anybody listened.
            heard = float(said[2]) - first + 1.0
            if said[1] == "end" or (seconds is not None and heard >= seconds):
                return
