"""What the report's inputs must look like: each is checked whole before a page is made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.data.dataset import FORMS
from tinyrob.files.json_text import Form, complaints, number, one_of, whole
from tinyrob.files.limits import Damaged

COUNT = whole(0, 1 << 53)
SHARE = number(0.0, 1.0)
_EPS = number(-40.0, 1e6)
_NORMS = ("linf", "l2", "snr")
_NORM = one_of(*_NORMS)


def _several(form: Form, count: int) -> Callable[[Any], str | None]:
    def wrong(value: Any) -> str | None:
        if not isinstance(value, list) or len(value) != count:
            return f"is not a list of {count}"
        return next(iter(complaints(value, [form])), None)

    return wrong


def named(form: Form) -> Callable[[Any], str | None]:
    """A form: an object whose keys are names without ``/``, which separates them in paths."""

    def wrong(value: Any) -> str | None:
        if not isinstance(value, dict) or any("/" in key or not key for key in value):
            return "is not an object of names"
        return next(iter(complaints(value, {str: form})), None)

    return wrong


_INTERVAL = _several(SHARE, 2)
_SHARES = named(SHARE)
_INTERVALS = named(_INTERVAL)
ATTACK: Form = {
    "model": str,
    "model_digest": str,
    "dataset": str,
    "data_digest": str,
    "samples": COUNT,
    "suite": str,
    "seed": COUNT,
    "surfaces": [str],
    "reference": str,
    "classes?": ([str], None),
    "form?": (one_of(*FORMS), None),
    "units?": ({str: object}, None),
    "front?": (
        {
            "place": one_of("samples", "frame"),
            "rate?": whole(1000, 1_000_000),
            "rooms?": (
                {"draws": COUNT, "gain_db": number(0, 100), "shift_ms": number(0, 1e4)},
                None,
            ),
            "frame?": [whole(1, 1 << 16)],
        },
        None,
    ),
    "threat_model?": str,
    "clean": _SHARES,
    "clean_interval": _INTERVALS,
    "attacks": [
        {
            "name": str,
            "norm": _NORM,
            "eps": _EPS,
            "kind": str,
            "accuracy": _SHARES,
            "interval": _INTERVALS,
            "samples": COUNT,
            "attacked": COUNT,
            "cascade": bool,
            "seconds": number(0.0, 1e9),
        }
    ],
    "flags": [{"flag": str, "taints": str, "norm": _NORM, "eps": _EPS, "text": str}],
    "runners": named(
        {
            "inputs": COUNT,
            "exact": bool,
            "mismatches": (COUNT, None),
            "instructions_per_inference": (COUNT, None),
        }
    ),
    "versions": named(str),
    "gate": (
        {"passed": bool, "checks": [{"name": str, "wanted": str, "got": str, "passed": bool}]},
        None,
    ),
}
BUILD: Form = {
    **dict.fromkeys(
        ("model", "target", "board", "runtime", "isa", "digest", "model_digest", "compiler"), str
    ),
    **dict.fromkeys(("macs", "flash_bytes", "ram_bytes"), COUNT),
    "flash": dict.fromkeys(("code", "weights", "other"), COUNT),
    "ram": dict.fromkeys(("arena", "static", "stack"), COUNT),
    "layers": [
        {"name": str, "op": str, **dict.fromkeys(("macs", "weights_bytes", "ram_bytes"), COUNT)}
    ],
    "anomaly?": ({"normal": str, "threshold": COUNT, "false_alarms": SHARE}, None),
}
VALIDATION: Form = {
    "reference": str,
    "vectors": COUNT,
    "exact": bool,
    "model_digest?": str,
    "runners": named(
        {
            "max_lsb": (COUNT, None),
            "mismatches": (COUNT, None),
            "argmax_agreement": (SHARE, None),
            "instructions_per_inference": (COUNT, None),
            "accuracy?": (SHARE, None),
            "auc?": (SHARE, None),
        }
    ),
}


_ERRORS: Form = {
    "false_accepts": COUNT,
    "false_accepts_per_hour": number(0.0, 1e9),
    "false_accepts_per_hour_at_most": number(0.0, 1e9),
    "words": COUNT,
    "false_rejects": COUNT,
    "false_reject_share": SHARE,
}
DETECTION: Form = {
    "model_digest": str,
    "dataset": str,
    "snr_db": number(-100.0, 100.0),
    "hours": number(0.0, 1e6),
    "asked_per_hour": number(0.0, 1e6),
    "threshold": SHARE,
    "met": bool,
    "validation": _ERRORS,
    "test": _ERRORS,
    "curve": [{"threshold": SHARE, "validation": _ERRORS, "test": _ERRORS}],
}


def check_attack(attack: Mapping[str, Any]) -> None:
    """Raises Damaged where the parts of an attack's result, each well formed, do not agree."""
    runners = set(attack["clean"])
    if not runners:
        raise Damaged("clean holds no runner")
    rows = [attack["clean_interval"]]
    rows += [row[key] for row in attack["attacks"] for key in ("accuracy", "interval")]
    if any(set(row) != runners for row in rows):
        raise Damaged("its rows are not all of the runners in clean")


def check_examples(examples: Mapping[str, NDArray[Any]]) -> None:
    """Raises Damaged where the arrays of a gallery are not what an attack saves."""
    if not examples or "clean" not in examples:
        return
    clean = examples["clean"]
    if clean.dtype != np.int8 or not 2 <= clean.ndim <= 4 or clean.size > 1 << 26:
        raise Damaged(f"clean is {clean.dtype} {clean.shape}, not int8 inputs")
    if clean.size == 0 and len(clean):
        raise Damaged(f"clean is {clean.shape}: its inputs are empty")
    wanted = {
        "adversarial": (("i",), clean.shape),
        **dict.fromkeys(
            ("label", "clean_class", "adversarial_class", "index"), (("i", "u"), clean.shape[:1])
        ),
        "eps": (("f", "i", "u"), clean.shape[:1]),
        "norm": (("U",), clean.shape[:1]),
    }
    for name, (kinds, shape) in wanted.items():
        found = examples.get(name)
        if found is None:
            raise Damaged(f"{name!r} is missing")
        if found.dtype.kind not in kinds or found.shape != shape:
            raise Damaged(f"{name!r} is {found.dtype} {found.shape}, not of shape {shape}")
    for name, kind in (("samples", np.int16), ("frame", np.uint8)):
        fronts = [examples.get(f"{which}_{name}") for which in ("clean", "adversarial")]
        if any(one is not None for one in fronts) and not all(
            one is not None and one.dtype == kind and one.shape[:1] == clean.shape[:1] and one.size
            for one in fronts
        ):
            raise Damaged(f"the attacker's {name} are not two arrays of {np.dtype(kind).name}")
    if not np.isfinite(examples["eps"]).all() or not set(examples["norm"]) <= set(_NORMS):
        raise Damaged("eps or norm are not an attack's")
    if any((examples[key] < 0).any() for key in ("label", "clean_class", "adversarial_class")):
        raise Damaged("a class is negative")
