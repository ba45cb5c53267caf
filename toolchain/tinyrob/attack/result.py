"""What an attack run says: the --json object, which is also attack.json in its folder."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any

import numpy as np

from tinyrob.attack.evaluate import Row
from tinyrob.attack.grid import Int8Array
from tinyrob.attack.intervals import wilson
from tinyrob.attack.masking import Flag
from tinyrob.attack.score import Inputs, Score, accuracy
from tinyrob.attack.target import Labels
from tinyrob.files.version import __version__

VERSION = 1
_PACKAGES = (
    "numpy",
    "tensorflow",
    "tf-keras",
    "qkeras",
    "tflite-micro",
    "hls4ml",
    "adversarial-robustness-toolbox",
)
GALLERY = 12


def result(
    about: Mapping[str, Any],
    y: Labels,
    rows: Sequence[Row],
    flags: Sequence[Flag],
    inputs: Inputs,
    scores: Sequence[Score],
    draws: int = 1,
) -> dict[str, Any]:
    """Everything in JSON's types. ``about`` is what the caller knows of model, data and settings.

    Shares are from 0 to 1; ``interval`` is Wilson's, 95 %. ``parameters`` are an attack's own: a
    name alone would not say how many queries Square had.
    """

    def shares(where: Any, samples: int) -> dict[str, Any]:
        counts = {s.runner: accuracy(s, where, y, samples, draws) for s in scores}
        return {
            "accuracy": {name: right / of for name, (right, of) in counts.items()},
            "interval": {name: list(wilson(right, of)) for name, (right, of) in counts.items()},
        }

    clean = shares(inputs.clean, len(y))
    return {
        **about,
        "clean": clean["accuracy"],
        "clean_interval": clean["interval"],
        "attacks": [
            {
                "name": row.name,
                "norm": row.norm.value,
                "eps": row.eps,
                "kind": row.kind,
                **shares(where, row.samples),
                "samples": row.samples,
                "attacked": row.attacked,
                "cascade": row.cascade,
                "parameters": dict(row.parameters),
                "seconds": round(row.seconds, 3),
            }
            for row, where in zip(rows, inputs.rows, strict=True)
        ],
        "flags": [
            {
                "flag": flag.name,
                "taints": flag.taints,
                "norm": flag.norm.value,
                "eps": flag.eps,
                "text": flag.text,
            }
            for flag in flags
        ],
        "runners": {
            s.runner: {
                "inputs": len(s.outputs),
                "exact": s.exact,
                "mismatches": s.mismatches,
                "instructions_per_inference": s.instructions,
            }
            for s in scores
        },
        "exact": _exact(scores),
        "versions": versions(),
        "gate": None,
        "format": VERSION,
    }


def _exact(scores: Sequence[Score]) -> bool | None:
    """Whether all exact runners gave the same bits; None where there were not two to compare."""
    if sum(s.exact for s in scores) < 2:
        return None
    return not any(s.mismatches for s in scores)


def flag_numbers(found: Mapping[str, Any], row: Mapping[str, Any]) -> list[int]:
    """The numbers (from 1) of the flags to print beside a row's figure.

    The worst case is the figure that people quote, so every flag of its ball stands beside it.
    """
    return [
        number
        for number, flag in enumerate(found["flags"], start=1)
        if (flag["norm"], flag["eps"]) == (row["norm"], row["eps"])
        and (flag["taints"] == row["name"] or row["kind"] == "worst-case")
    ]


def versions() -> dict[str, str]:
    """What computed it: tinyrob, Python and the packages that take part."""
    found = {"tinyrob": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def gallery(
    x: Int8Array, y: Labels, rows: Sequence[Row], inputs: Inputs, first: Score, draws: int = 1
) -> dict[str, Any]:
    """Adversarial examples to look at: the worst case's, one for each eps in turn.

    Arrays: clean and adversarial inputs (K, ...) of the attacker's, label and predictions (K,),
    eps and norm.
    """
    # Of several rooms, the first is shown.
    worst = [(row, where[::draws]) for row, where in zip(rows, inputs.rows, strict=True)]
    worst = [(row, where) for row, where in worst if row.kind == "worst-case"]
    clean_classes = first.classes[inputs.clean[::draws]]
    picked: list[tuple[int, int]] = []
    taken: set[int] = set()
    for turn in range(GALLERY):
        if not worst:
            break
        row, where = worst[turn % len(worst)]
        fell = row.broken & (clean_classes == y) & (first.classes[where] != y)
        free = [int(i) for i in np.flatnonzero(fell) if int(i) not in taken]
        if free:
            picked.append((turn % len(worst), free[0]))
            taken.add(free[0])
    return {
        "clean": x[[i for _, i in picked]],
        "adversarial": np.array([worst[w][0].points[i] for w, i in picked], x.dtype).reshape(
            -1, *x.shape[1:]
        ),
        "label": y[[i for _, i in picked]],
        "clean_class": clean_classes[[i for _, i in picked]],
        "adversarial_class": np.array([first.classes[worst[w][1][i]] for w, i in picked], np.int64),
        "index": np.array([i for _, i in picked], np.int64),
        "eps": np.array([worst[w][0].eps for w, _ in picked], np.float64),
        "norm": np.array([worst[w][0].norm.value for w, _ in picked], "U8"),
    }
