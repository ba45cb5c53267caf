"""The attacks by name, and the suites made of them. Adding an attack is one line of ``ATTACKS``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tinyrob.attack.apgd import APGD
from tinyrob.attack.art_attacks import Boundary, CarliniWagner, DeepFool, HopSkipJump, Zoo
from tinyrob.attack.attacks import Attack, MinimalAttack, Noise
from tinyrob.attack.grid import Norm
from tinyrob.attack.pgd import PGD, fgsm
from tinyrob.attack.square import Square
from tinyrob.errors import TinyrobError, did_you_mean

Kind = Literal["control", "white-box", "black-box", "transfer", "device", "check", "worst-case"]
BOTH = tuple(Norm)


@dataclass(frozen=True)
class Spec:
    """One attack of a suite.

    ``cascade``: only examples that everything before it left standing are attacked, and its figure
    is that of the worst case so far; otherwise it meets every example on its own. ``samples``:
    the first so many examples only, for attacks that take long. ``source``: of a transfer, the
    digest of the network that is climbed.
    """

    name: str
    kind: Kind
    attack: Attack | MinimalAttack
    minimal: bool = False
    norms: tuple[Norm, ...] = BOTH
    cascade: bool = False
    samples: int | None = None
    source: str = ""


@dataclass(frozen=True)
class Suite:
    """What is run, at which eps (in int8 steps), on how many examples, unless the user says."""

    name: str
    specs: tuple[Spec, ...]
    samples: int
    linf: tuple[float, ...] = (1, 2, 4, 8)
    l2: tuple[float, ...] = ()


ATTACKS: Mapping[str, Spec] = {
    spec.name: spec
    for spec in (
        Spec("noise", "control", Noise()),
        Spec("fgsm", "white-box", fgsm()),
        Spec("pgd-20", "white-box", PGD(steps=20)),
        Spec("pgd-100", "white-box", PGD(steps=100, restarts=2)),
        Spec("apgd-ce", "white-box", APGD(steps=100)),
        Spec("apgd-dlr", "white-box", APGD(steps=100, loss="dlr")),
        Spec("apgd-t", "white-box", APGD(steps=100, loss="dlr", targets=9)),
        Spec("deepfool", "white-box", DeepFool(), minimal=True),
        Spec("cw", "white-box", CarliniWagner(), minimal=True),
        Spec("square", "black-box", Square(queries=5000)),
        Spec("hopskipjump", "black-box", HopSkipJump(), minimal=True),
        Spec("boundary", "black-box", Boundary(), minimal=True),
        Spec("zoo", "black-box", Zoo(), minimal=True),
        Spec("transfer", "transfer", APGD(steps=50)),
    )
}

# With the device's own answers as the only oracle; by name "square@host" and so on.
DEVICE_ATTACKS: Mapping[str, Spec] = {
    "square": Spec("square", "device", Square(queries=1000), samples=20),
    "hopskipjump": Spec(
        "hopskipjump", "device", HopSkipJump(steps=10, evaluations=200), True, samples=10
    ),
}


def _cascade(*names: str, **changes: object) -> tuple[Spec, ...]:
    return tuple(replace(ATTACKS[name], cascade=True, **changes) for name in names)  # type: ignore[arg-type]


def _alone(*names: str, **changes: object) -> tuple[Spec, ...]:
    return tuple(replace(ATTACKS[name], **changes) for name in names)  # type: ignore[arg-type]


SUITES: Mapping[str, Suite] = {
    suite.name: suite
    for suite in (
        Suite(
            "quick",
            (
                *_alone("noise", "fgsm", "pgd-20"),
                *_cascade("pgd-100", "apgd-ce", "apgd-dlr"),
                replace(ATTACKS["square"], attack=Square(queries=500), cascade=True),
                *_cascade("transfer"),
            ),
            samples=200,
            linf=(4, 8, 16, 32),
        ),
        Suite(
            "standard",
            (
                *_alone("noise", "fgsm", "pgd-20"),
                *_cascade("apgd-ce", "apgd-t", "pgd-100", "deepfool", "square", "transfer"),
            ),
            samples=1000,
            l2=(32, 128),
        ),
        Suite(
            "paper",
            (
                *_alone("noise", "fgsm", "pgd-20", "deepfool", "cw", "square"),
                *_alone("boundary", "zoo", samples=50),
            ),
            samples=200,
            l2=(32, 128),
        ),
        Suite(
            "full",
            (
                *_alone("noise", "fgsm", "pgd-20", "pgd-100", "apgd-ce", "apgd-dlr"),
                *_alone("deepfool", "cw", "square", "transfer"),
                *_alone("hopskipjump", "boundary", "zoo", samples=50),
                *_cascade("apgd-t"),
            ),
            samples=1000,
            l2=(32, 128),
        ),
    )
}


def suite(name: str, attacks: Sequence[str] = ()) -> Suite:
    """The suite called ``name``, or one of the named attacks alone (each on every example).

    Raises TinyrobError for a name that is not known.
    """
    if name not in SUITES:
        raise TinyrobError(
            f"unknown suite {name!r}", f"{did_you_mean(name, SUITES)}known: {', '.join(SUITES)}"
        )
    chosen = SUITES[name]
    if not attacks:
        return chosen
    for attack in attacks:
        if attack not in ATTACKS:
            raise TinyrobError(
                f"unknown attack {attack!r}",
                f"{did_you_mean(attack, ATTACKS)}known: {', '.join(ATTACKS)}",
            )
    return replace(chosen, name=",".join(attacks), specs=_alone(*attacks))
