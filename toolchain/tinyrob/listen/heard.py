"""What was heard: detections, a state a second, and the digests of all that was computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Detection:
    """A class, when it was detected (seconds of sound, at the end of the hop), and its smoothed
    posterior."""

    t: float
    label: str
    score: float


@dataclass(frozen=True)
class State:
    """After so many seconds: CRC-32 of all features and of all outputs so far, smoothed posteriors
    of all classes."""

    t: float
    features: int
    logits: int
    posteriors: tuple[float, ...]


@dataclass(frozen=True)
class Heard:
    """What ``runner`` made of ``seconds`` of sound; ``classes`` name the posteriors.

    Of a microphone's samples ``lost`` were taken by nobody.
    """

    runner: str
    seconds: float
    classes: tuple[str, ...]
    detections: tuple[Detection, ...]
    states: tuple[State, ...]
    lost: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        last = self.states[-1] if self.states else State(0.0, 0, 0, ())
        return {
            "runner": self.runner,
            "seconds": self.seconds,
            "detections": [
                {"t": one.t, "class": one.label, "score": one.score} for one in self.detections
            ],
            "features_crc32": f"{last.features:08x}",
            "logits_crc32": f"{last.logits:08x}",
            "lost_samples": self.lost,
        }

    def differences(self, other: Heard) -> list[str]:
        """In words, where another runner differs: nothing where all is equal."""
        found = []
        for mine, theirs in zip(self.states, other.states, strict=False):
            for what in ("features", "logits", "posteriors"):
                if getattr(mine, what) != getattr(theirs, what):
                    found.append(f"the {what} differ first in the second before {mine.t:g} s")
            if found:
                break
        if len(self.states) != len(other.states):
            found.append(f"{len(self.states)} and {len(other.states)} seconds were heard")
        if self.detections != other.detections:
            found.append("the detections differ")
        return found
