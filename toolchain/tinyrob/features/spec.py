"""How samples become a network's input: the specification.

The steps, with the format and the rounding of each, are in ``docs/reference/features.md``; the
tables that follow from a specification in ``tables``; the arithmetic in ``mel``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["mfcc", "log-mel"]
Window = Literal["hann", "hamming", "rectangular"]
KINDS: tuple[Kind, ...] = ("mfcc", "log-mel")
WINDOWS: tuple[Window, ...] = ("hann", "hamming", "rectangular")
SIZES = (256, 512, 1024)


@dataclass(frozen=True)
class Features:
    """Mel-frequency features of sound, as int8 (``frames``, ``width``, 1).

    ``rate`` is in Hz; ``frame`` and ``hop`` in samples; ``fft`` is the length of the transform;
    ``low`` and ``high`` (Hz) are the edges of the first and of the last of ``bands`` triangles.
    ``pre_emphasis`` is the part of the sample before that is taken off each (0: none).

    ``floor``: 2**floor is added to each band's power before its logarithm, whose value it is for
    silence; the logarithm counts from there. ``centre`` (octaves of power) is taken off each band's
    logarithm. A step of the int8 result is 2**``log2_step`` octaves of power.
    """

    kind: Kind = "mfcc"
    rate: int = 16_000
    frames: int = 49
    frame: int = 480
    hop: int = 320
    fft: int = 512
    window: Window = "hann"
    pre_emphasis: float = 0.0
    bands: int = 40
    low: float = 20.0
    high: float = 4000.0
    coefficients: int = 10
    floor: int = 16
    centre: float = 18.0
    log2_step: int = 0

    @property
    def width(self) -> int:
        """Values a frame."""
        return self.coefficients if self.kind == "mfcc" else self.bands

    @property
    def shape(self) -> tuple[int, int, int]:
        """The network's input."""
        return self.frames, self.width, 1

    @property
    def samples(self) -> int:
        """How many samples one input takes."""
        return (self.frames - 1) * self.hop + self.frame

    def to_dict(self) -> dict[str, Any]:
        """As JSON and TOML have it."""
        values = asdict(self)
        if self.kind != "mfcc":
            del values["coefficients"]
        return values

    @property
    def digest(self) -> str:
        """Of the specification: 32 hexadecimal digits."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]
