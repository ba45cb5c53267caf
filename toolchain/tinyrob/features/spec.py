"""How samples become a network's input: the specification.

The steps, with the format and the rounding of each, are in ``docs/reference/features.md``; the
tables that follow from a specification in ``tables``; the arithmetic in ``mel``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

SIZES = (256, 512, 1024)


@dataclass(frozen=True)
class Features:
    """What all front ends of sound have in common: ``frames`` rows make an int8 input (frames,
    width, 1); a row is made of ``frame`` samples, one every ``hop``, at ``rate`` Hz."""

    kind: str
    rate: int
    frames: int
    frame: int
    hop: int

    @property
    def width(self) -> int:
        """Values a row."""
        raise NotImplementedError

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
        return asdict(self)

    @property
    def digest(self) -> str:
        """Of the specification: 32 hexadecimal digits."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


Kind = Literal["mfcc", "log-mel"]
Window = Literal["hann", "hamming", "rectangular", "hann-symmetric", "hamming-symmetric"]
KINDS: tuple[Kind, ...] = ("mfcc", "log-mel")
WINDOWS: tuple[Window, ...] = (
    "hann",
    "hamming",
    "rectangular",
    "hann-symmetric",
    "hamming-symmetric",
)


@dataclass(frozen=True)
class Mel(Features):
    """Mel-frequency features.

    ``fft`` is the length of the transform; ``low`` and ``high`` (Hz) are the edges of the first and
    of the last of ``bands`` triangles. ``pre_emphasis`` is the part of the sample before that is
    taken off each (0: none).

    ``floor``: 2**floor is added to each band's power before its logarithm, whose value it is for
    silence; the logarithm counts from there. ``centre`` (octaves of power) is taken off each band's
    logarithm. A step of the int8 result is 2**``log2_step`` octaves of power, or ``step`` octaves
    where that is not 0: for a network of another toolchain, whose grid is no power of two.
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
    step: float = 0.0

    @property
    def width(self) -> int:
        """Values a row."""
        return self.coefficients if self.kind == "mfcc" else self.bands

    @property
    def octaves(self) -> float:
        """Of power, that a step of the result is."""
        return self.step or 2.0**self.log2_step

    def to_dict(self) -> dict[str, Any]:
        """As JSON and TOML have it."""
        values = asdict(self)
        if self.kind != "mfcc":
            del values["coefficients"]
        del values["log2_step" if self.step else "step"]
        return values


MICRO = "microfrontend"
Precision = Literal["double", "single"]
PRECISIONS: tuple[Precision, ...] = ("double", "single")


@dataclass(frozen=True)
class Microfrontend(Features):
    """TensorFlow's ``microfrontend``, as micro_speech and microWakeWord have it.

    ``low`` and ``high`` are in Hz. ``even_smoothing`` and ``odd_smoothing`` are how fast the noise
    of a channel is learned, ``min_signal_remaining`` the part of a signal that noise reduction
    leaves. ``pcan``: automatic gain by each channel's noise (Wang et al., "Trainable frontend for
    robust and far-field keyword spotting", ICASSP 2017), with ``strength``, ``offset``,
    ``gain_bits``. ``precision`` is that of the C library's functions that make its tables:
    ``"double"`` in TensorFlow, ``"single"`` in the copy of microWakeWord and ESPHome.
    """

    kind: str = MICRO
    rate: int = 16_000
    frames: int = 49
    frame: int = 480
    hop: int = 320
    channels: int = 40
    low: float = 125.0
    high: float = 7500.0
    smoothing_bits: int = 10
    even_smoothing: float = 0.025
    odd_smoothing: float = 0.06
    min_signal_remaining: float = 0.05
    pcan: bool = True
    strength: float = 0.95
    offset: float = 80.0
    gain_bits: int = 21
    scale_shift: int = 6
    precision: Precision = "double"

    @property
    def width(self) -> int:
        """Values a row."""
        return self.channels

    @property
    def fft(self) -> int:
        """The length of the transform: the power of two that holds a frame."""
        return 1 << (self.frame - 1).bit_length()
