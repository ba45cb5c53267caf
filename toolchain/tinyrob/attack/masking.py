"""When a good figure may be the attack's failure: signs of masked gradients.

After Athalye et al. 2018 ("Obfuscated gradients give a false sense of security"), Carlini et al.
2019 ("On evaluating adversarial robustness") and AutoAttack's own warnings. Pure functions of the
rows; a flag names the figure that it taints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinyrob.attack.evaluate import Row
from tinyrob.attack.grid import Int8Array, Norm, weaker
from tinyrob.attack.target import Labels, Target

TOLERANCE = 0.01  # of the examples: below it, chance may have done it
NOISE_HURTS = 0.05
STILL_HELPING = 0.02
ZERO_SHARE = 0.05
OTHER_ANSWERS = 0.02  # roundings of a .tflite that fall the other way flip fewer


@dataclass(frozen=True)
class Flag:
    """``taints``: the attack's row at (``norm``, ``eps``) whose figure is in doubt."""

    name: str
    taints: str
    norm: Norm
    eps: float
    text: str


def zero_gradients(target: Target, x: Int8Array, y: Labels) -> dict[str, float]:
    """The share of examples without any gradient of the cross-entropy, for each surface."""
    shares = {}
    for surface in target.surfaces:
        gradient = surface.step(x, y, "ce").gradient.reshape(len(x), -1)
        shares[surface.name] = float((np.abs(gradient).max(axis=1) < 1e-20).mean())
    return shares


def find_flags(
    rows: Sequence[Row], clean: float, zero: dict[str, float], other_answers: float = 0.0
) -> list[Flag]:
    """Every sign of masking; ``clean`` is the accuracy without attack, ``zero`` as above.

    ``other_answers`` is the share of clean inputs to which what is differentiated gives another
    class than the artefact: the gradients would be another network's.
    """
    flags: list[Flag] = []
    if other_answers > OTHER_ANSWERS:
        text = f"on {other_answers:.1%} of the clean inputs what is attacked answers otherwise"
        flags += [
            Flag("attacks-another-network", r.name, r.norm, r.eps, f"{text} than the artefact")
            for r in rows
            if r.kind == "white-box"
        ]
    for norm, eps in dict.fromkeys((r.norm, r.eps) for r in rows if r.kind != "check"):
        here = {r.name: r for r in rows if (r.norm, r.eps) == (norm, eps) and r.kind != "check"}
        flags += _zero(here, norm, eps, zero)
        flags += _one_step(here, norm, eps)
        flags += _iterations(here, norm, eps)
        flags += _noise(here, norm, eps, clean)
        below = [
            r for r in rows if r.norm is norm and weaker(norm, r.eps, eps) and r.kind == "white-box"
        ]
        flags += _black_box(here, norm, eps, below)
    for row in (r for r in rows if r.kind == "check"):
        if _many(int((~row.broken[: row.samples]).sum()), row.samples):
            flags += [
                Flag(
                    "large-eps-survives",
                    "worst-case",
                    r.norm,
                    r.eps,
                    f"{row.accuracy:.1%} still stand at eps {row.eps:g}, half of the input's "
                    "range, where no network can: the gradients lead nowhere",
                )
                for r in rows
                if r.name == "worst-case" and r.norm is row.norm
            ]
    return flags


def _many(count: int, of: int) -> bool:
    return count > max(1, TOLERANCE * of)


def _zero(here: dict[str, Row], norm: Norm, eps: float, zero: dict[str, float]) -> list[Flag]:
    masked = {name: share for name, share in zero.items() if share > ZERO_SHARE}
    if not masked:
        return []
    shares = ", ".join(f"{share:.0%} on the {name} surface" for name, share in masked.items())
    return [
        Flag("zero-gradients", name, norm, eps, f"examples without any gradient: {shares}")
        for name, row in here.items()
        if row.kind == "white-box"
    ]


def _one_step(here: dict[str, Row], norm: Norm, eps: float) -> list[Flag]:
    one, many = here.get("fgsm"), here.get("pgd-20") or here.get("pgd-100")
    if one is None or many is None or many.cascade:
        return []
    if not _many(int(many.samples * (many.accuracy - one.accuracy) + 0.5), one.samples):
        return []
    text = f"one step (fgsm, {one.accuracy:.1%}) does more harm than {many.name}"
    return [Flag("single-step-wins", many.name, norm, eps, text)]


def _iterations(here: dict[str, Row], norm: Norm, eps: float) -> list[Flag]:
    few, more = here.get("pgd-20"), here.get("pgd-100")
    if few is None or more is None:
        return []
    # In a cascade the later row holds everything before it: only what PGD itself adds counts.
    gain = more.gained / more.samples if more.cascade else few.accuracy - more.accuracy
    if gain <= STILL_HELPING or not _many(int(gain * more.samples + 0.5), more.samples):
        return []
    text = f"pgd-100 breaks {gain:.1%} more than what ran before it: more iterations may break more"
    return [Flag("iterations-still-help", "pgd-100", norm, eps, text)]


def _noise(here: dict[str, Row], norm: Norm, eps: float, clean: float) -> list[Flag]:
    noise = here.get("noise")
    if noise is None or clean - noise.accuracy <= NOISE_HURTS:
        return []
    text = f"random noise alone takes {clean:.1%} to {noise.accuracy:.1%}"
    return [Flag("noise-hurts", "worst-case", norm, eps, text)]


def _black_box(here: dict[str, Row], norm: Norm, eps: float, white: Sequence[Row]) -> list[Flag]:
    """``white``: the white-box rows at this eps and below (what they broke stays broken)."""
    if not white:
        return []
    flags = []
    fell_to_white = np.any([w.own for w in white], axis=0)
    for row in here.values():
        if row.kind not in ("black-box", "device", "transfer"):
            continue
        alone = int((row.own & ~fell_to_white).sum())
        if _many(alone, row.samples):
            name = "square-beats-white-box" if "square" in row.name else "black-box-beats-white-box"
            text = f"{row.name} breaks {alone} of {row.samples} that no white-box attack broke"
            flags.append(Flag(name, "worst-case", norm, eps, text))
    return flags
