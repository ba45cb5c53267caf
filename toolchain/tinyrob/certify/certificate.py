"""A certificate: verdicts with the digests of all that they are about, to be checked by anyone."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinyrob.certify import branch
from tinyrob.certify.verdict import Finding, Int8Array, Labels, Verdict, classes, judge
from tinyrob.cluster.workers import Workers
from tinyrob.errors import CheckFailed, DataError
from tinyrob.files.json_text import Form, check, one_of, read_json, whole
from tinyrob.files.limits import Damaged
from tinyrob.files.version import __version__
from tinyrob.files.whole import write_atomically
from tinyrob.ir.graph import Graph

FILE = "certificate.json"
VERSION = 1
_PARTS = 10_000
"""So many may a proof by branch and bound take that was made with fewer."""
_COUNT = whole(0, 1 << 32)
_FORM: Form = {
    "format": whole(VERSION, VERSION),
    "tinyrob": str,
    "model": str,
    "model_digest": str,
    "elf_digest": (str, None),
    "dataset": str,
    "data_digest": str,
    "samples": _COUNT,
    "norm": one_of("linf"),
    "eps": whole(0, 255),
    "verdicts": [
        {"verdict": one_of(*(v.value for v in Verdict)), "by": (str, None), "example": (str, None)}
    ],
}


@dataclass(frozen=True)
class Certificate:
    """``eps`` is in int8 steps, L-infinity; ``findings`` are in the order of the inputs;
    ``elf_digest`` is the firmware's, where the network is a build's."""

    model: str
    model_digest: str
    elf_digest: str | None
    dataset: str
    data_digest: str
    eps: int
    findings: tuple[Finding, ...]

    def share(self, verdict: Verdict) -> float:
        """Of the inputs, in [0, 1]."""
        return sum(one.verdict is verdict for one in self.findings) / max(1, len(self.findings))

    @property
    def clean(self) -> float:
        """The share whose class is right without any perturbation."""
        return 1.0 - sum(one.by == "clean" for one in self.findings) / max(1, len(self.findings))

    @property
    def counts(self) -> Mapping[str, int]:
        """Inputs by verdict and by what gave it."""
        return dict(Counter(f"{one.verdict.value} ({one.by or '-'})" for one in self.findings))

    def to_dict(self) -> dict[str, Any]:
        """As the file has it, with the shares: certified <= true accuracy <= not_falsified."""
        return {
            "format": VERSION,
            "tinyrob": __version__,
            "model": self.model,
            "model_digest": self.model_digest,
            "elf_digest": self.elf_digest,
            "dataset": self.dataset,
            "data_digest": self.data_digest,
            "samples": len(self.findings),
            "norm": "linf",
            "eps": self.eps,
            "clean": self.clean,
            "certified": self.share(Verdict.CERTIFIED),
            "not_falsified": 1.0 - self.share(Verdict.FALSIFIED),
            "counts": dict(self.counts),
            "verdicts": [
                {
                    "verdict": one.verdict.value,
                    "by": one.by,
                    "example": None
                    if one.example is None
                    else base64.b64encode(one.example.tobytes()).decode(),
                }
                for one in self.findings
            ],
        }

    def write(self, path: Path) -> None:
        """Puts the file in place at once, and makes its folder. Raises OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, (json.dumps(self.to_dict(), indent=1) + "\n").encode())


def data_digest(x: Int8Array, y: Labels) -> str:
    """SHA-256 of inputs and classes."""
    total = hashlib.sha256(f"{x.shape}".encode())
    total.update(np.ascontiguousarray(x).tobytes())
    total.update(np.ascontiguousarray(y, dtype="<i8").tobytes())
    return total.hexdigest()


def read(path: Path, shape: Sequence[int]) -> Certificate:
    """The certificate in a file, for inputs of ``shape``. Raises DataError."""
    try:
        raw = read_json(path)
        check(raw, _FORM)
        findings = tuple(_finding(one, tuple(shape)) for one in raw["verdicts"])
        if len(findings) != raw["samples"]:
            raise Damaged(f"it has {len(findings)} verdicts for {raw['samples']} samples")
    except FileNotFoundError:
        raise DataError(f"there is no file {path}", "`tinyrob certify` makes one") from None
    except Damaged as error:
        raise DataError(f"{path} is no certificate: {error}", "certify again") from None
    return Certificate(
        raw["model"], raw["model_digest"], raw["elf_digest"], raw["dataset"], raw["data_digest"],
        raw["eps"], findings,
    )  # fmt: skip


def _finding(raw: Mapping[str, Any], shape: tuple[int, ...]) -> Finding:
    example = None
    if raw["example"] is not None:
        try:
            values = np.frombuffer(base64.b64decode(raw["example"], validate=True), np.int8)
            example = values.reshape(shape)
        except ValueError:
            raise Damaged("an example is not an input of this network") from None
    if (raw["verdict"] == "falsified") != (example is not None):
        raise Damaged("every falsified verdict, and no other, has an example")
    return Finding(Verdict(raw["verdict"]), raw["by"], example)


def recheck(
    kept: Certificate,
    graph: Graph,
    digests: Mapping[str, str | None],
    x: Int8Array,
    y: Labels,
    workers: Workers | None = None,
) -> None:
    """Proves every certified ball again (by ``workers``), and runs every counterexample.

    ``digests`` are the present ``model_digest`` and ``elf_digest`` (None: not a build). Raises
    CheckFailed with all that does not hold.
    """
    wrong = []
    for name in ("model_digest", "elf_digest"):
        had, now = getattr(kept, name), digests[name]
        if had is not None and now is not None and had != now:
            wrong.append(f"the {name} is {now[:16]}…, the certificate is about {had[:16]}…")
    if data_digest(x, y) != kept.data_digest:
        wrong.append("the inputs are not those that were certified")
    if not wrong:
        wrong = _differences(kept, graph, x, y, workers)
    if wrong:
        raise CheckFailed(f"the certificate does not hold: {'; '.join(wrong)}", "certify again")


def _differences(
    kept: Certificate, graph: Graph, x: Int8Array, y: Labels, workers: Workers | None
) -> list[str]:
    certified = [i for i, f in enumerate(kept.findings) if f.verdict is Verdict.CERTIFIED]
    parts = _PARTS if any(one.by == branch.NAME for one in kept.findings) else 0
    again = (
        judge(graph, x[certified], y[certified], kept.eps, workers=workers, parts=parts)
        if certified
        else []
    )
    wrong = [
        f"input {i} is not proved"
        for i, one in zip(certified, again, strict=True)
        if one.verdict is not Verdict.CERTIFIED
    ]
    for i, one in enumerate(kept.findings):
        if one.example is None:
            continue
        far = np.abs(one.example.astype(np.int16) - x[i].astype(np.int16)).max(initial=0)
        if far > kept.eps:
            wrong.append(f"the counterexample of input {i} is {far} steps away")
        elif classes(graph, one.example[None])[0] == y[i]:
            wrong.append(f"the counterexample of input {i} is classified right")
    return wrong
