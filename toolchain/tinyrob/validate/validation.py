"""What a validation says: each runner beside the reference, and what a gate makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tinyrob.errors import CheckFailed
from tinyrob.files.html import table
from tinyrob.validate.divergence import Divergence
from tinyrob.validate.gate import Outcome
from tinyrob.validate.streams import Windows


@dataclass(frozen=True)
class Comparison:
    """One runner against the reference. ``mismatches``: vectors with any output that differs.

    ``max_lsb`` is in steps of the output grid. ``argmax_agreement`` and ``accuracy`` are shares in
    [0, 1], of several outputs where all agree, and of the first; accuracy needs labels. Of a
    detector of anomalies they are of its verdicts, and ``auc`` of its scores. A
    ``first_divergence`` without a mismatch is a layer that differs and whose effect a later one
    (a softmax, a clamp) has hidden.
    """

    max_lsb: int
    mismatches: int
    argmax_agreement: float
    accuracy: float | None
    first_divergence: Divergence | None
    instructions_per_inference: int | None
    auc: float | None = None


@dataclass(frozen=True)
class Validation:
    """The outcome: the keys of ``tinyrob validate --json``.

    ``left_out`` says why a runner is not in it, ``measured`` who cannot fail it; ``gate`` is there
    where one was asked for; ``steps`` of the vectors are a sequence, where the network keeps a
    state. ``windows``: the reference of a stream beside the whole network.
    """

    model: str
    model_digest: str
    elf_digest: str
    reference: str
    vectors: int
    source: str
    runners: Mapping[str, Comparison]
    left_out: Mapping[str, str]
    board: str
    measured: frozenset[str] = frozenset()
    gate: Outcome | None = None
    steps: int | None = None
    windows: Windows | None = None

    @property
    def exact(self) -> bool:
        """Whether every runner that must equal the reference does, inside as well, and the
        reference of a stream the whole network."""
        return not self.failed and (self.windows is None or not self.windows.mismatches)

    @property
    def failed(self) -> list[str]:
        """The runners that differ and must not."""
        return [
            name
            for name, c in self.runners.items()
            if (c.mismatches or c.first_divergence) and name not in self.measured
        ]

    def verdict(self, name: str) -> str:
        """What became of a runner, in a word or two."""
        compared = self.runners[name]
        if name == self.reference:
            return "reference"
        if name in self.measured:
            return "measured"
        if compared.mismatches:
            return "differs"
        return "differs inside" if compared.first_divergence else "exact"

    def check(self) -> None:
        """Raises CheckFailed where a runner differs, or a demand of the gate fell."""
        if self.windows is not None and self.windows.mismatches:
            raise CheckFailed(
                f"{self.windows.mismatches:,} of {self.windows.compared:,} outputs of the stream "
                "are not the whole network's",
                "please report it: the build proves that they are",
            )
        if not self.exact:
            wrong = self.failed
            first = self.runners[wrong[0]].first_divergence
            where = f", first in layer {first.layer}" if first else ""
            raise CheckFailed(
                f"{', '.join(wrong)} differ{'s' if len(wrong) == 1 else ''} from "
                f"{self.reference}{where}",
                "build again; if it stays, the layer's kernel, or what compiled it, is wrong",
            )
        if self.gate is not None:
            self.gate.check()

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        found: dict[str, Any] = {
            "model": self.model,
            "model_digest": self.model_digest,
            "elf_digest": self.elf_digest,
            "reference": self.reference,
            "vectors": self.vectors,
            "source": self.source,
            "runners": {name: _shown(c) for name, c in self.runners.items()},
            "left_out": dict(self.left_out),
            "exact": self.exact,
        }
        if self.steps is not None:
            found["steps"] = self.steps
        if self.windows is not None:
            found["windows"] = asdict(self.windows)
        return found if self.gate is None else {**found, "gate": self.gate.to_dict()}

    def __repr__(self) -> str:
        told = ", ".join(f"{name} {self.verdict(name)}" for name in self.runners)
        return f"<Validation of {self.model} on {self.board}, {self.vectors:,} inputs: {told}>"

    def _repr_html_(self) -> str:
        columns = ("runner", "max LSB", "mismatches", "same class", "accuracy", "instructions", "")
        rows = [(name, *cells(c), self.verdict(name)) for name, c in self.runners.items()]
        why = [f"left out: {name}: {reason}" for name, reason in self.left_out.items()]
        return table(f"{self.model} on {self.board}: {self.source}", columns, rows, *why)


def _shown(compared: Comparison) -> dict[str, Any]:
    """As JSON has it: AUC where there is one."""
    found = asdict(compared)
    if compared.auc is None:
        del found["auc"]
    return found


def _area(compared: Comparison) -> str:
    return "" if compared.auc is None else f" (AUC {compared.auc:.4f})"


def cells(compared: Comparison) -> tuple[str, ...]:
    """A comparison's figures as a table shows them."""
    cost, accuracy = compared.instructions_per_inference, compared.accuracy
    return (
        str(compared.max_lsb),
        f"{compared.mismatches:,}",
        f"{100 * compared.argmax_agreement:.2f} %",
        "" if accuracy is None else f"{100 * accuracy:.2f} %{_area(compared)}",
        "" if cost is None else f"{cost:,}",
    )
