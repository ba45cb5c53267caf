"""What is measured, and the bars that it is held to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tinyrob.attack.places import Place
from tinyrob.features.spec import Features, Mel, Microfrontend

FRONTS: Mapping[str, Features] = {
    "MFCC, 49 x 10": Mel(),
    "log-mel, 49 x 40": Mel(kind="log-mel"),
    "MLPerf Tiny's log-mel, 30 x 40": Mel(
        kind="log-mel", frames=30, frame=1024, hop=512, fft=1024, window="hamming-symmetric",
        pre_emphasis=0.96875, low=0.0, high=8000.0, centre=26.7977, step=0.078685,
    ),
    "TensorFlow's microfrontend, 49 x 40": Microfrontend(),
}  # fmt: skip
BOARDS: Mapping[str, str] = {"m4": "stm32f405", "m55": "mps3_an547"}
SECONDS = 200
"""Of noise that Python makes features of, to say how fast it does."""


@dataclass(frozen=True)
class Bar:
    """What a front end of 49 x 10 MFCC at 16 kHz is held to."""

    times_real_time: float = 300.0
    m4: int = 90_000
    m55: int = 45_000
    flash_bytes: int = 12_288
    ram_bytes: int = 4_096


@dataclass(frozen=True)
class Stream:
    """A network that hears a stream: words so many decibels above the background."""

    network: str
    snr: float
    hours: float = 1.0


@dataclass(frozen=True)
class Attack:
    """A network, where its attacker stands, and how far it goes there."""

    network: str
    at: Place
    linf: tuple[float, ...] = ()
    snr: tuple[float, ...] = ()
    samples: int = 50
    attack: str = "pgd-20"


SPEECH = "speech-robust"
WAKE = "wake-word"
STREAMS = (Stream(WAKE, 20.0), Stream(WAKE, 10.0))
ATTACKS = (
    Attack(SPEECH, "features", linf=(1, 2)),
    Attack(SPEECH, "samples", snr=(40, 30, 20)),
    Attack(WAKE, "features", linf=(1, 3)),
    Attack(WAKE, "samples", snr=(40, 30, 20)),
    Attack("svhn-robust", "pixels", linf=(4, 8)),
    Attack("svhn-robust", "frame", linf=(4, 8)),
)
