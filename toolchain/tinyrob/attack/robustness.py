"""What an attack says, as an object: the keys of its JSON, and the figures by name."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from tinyrob.attack import evaluate, score, session
from tinyrob.attack.result import flag_numbers
from tinyrob.attack.settings import Settings
from tinyrob.data import units
from tinyrob.data.units import Units
from tinyrob.deployable import Deployable
from tinyrob.errors import DataError, did_you_mean
from tinyrob.files.archive import read_npz
from tinyrob.files.html import table
from tinyrob.files.limits import Damaged
from tinyrob.validate import gate as gates

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from tinyrob.attack.options import AttackOptions


@dataclass(frozen=True)
class Figure:
    """One attack at one eps: shares in [0, 1] by runner, and their 95 % intervals (Wilson's)."""

    name: str
    norm: str
    eps: float
    kind: str
    accuracy: Mapping[str, float]
    interval: Mapping[str, list[float]]
    samples: int
    attacked: int
    cascade: bool
    parameters: Mapping[str, Any]
    seconds: float


@dataclass(frozen=True)
class RaisedFlag:
    """A sign that a figure is too good: ``taints`` names the attack, ``text`` says why."""

    flag: str
    taints: str
    norm: str
    eps: float
    text: str


@dataclass(frozen=True)
class Robustness:
    """Accuracy under attack: the keys of ``tinyrob attack --json``, which attack.json holds.

    ``exact``: whether all exact runners gave the same bits; None where there were not two.
    ``units``: what an int8 step of the input is in the sensor's unit, where that is known;
    ``form``: what the inputs are (pictures, windows, ...); ``front``: where the attacker stood in
    front of the network, and what lay between. ``out`` is the folder that holds it,
    and what a second run goes on from.
    """

    model: str
    model_digest: str
    dataset: str
    data_digest: str
    samples: int
    classes: list[str]
    input_shape: list[int]
    form: str | None
    front: Mapping[str, Any] | None
    units: Units | None
    suite: str
    seed: int
    surfaces: list[str]
    reference: str
    threat_model: str
    clean: Mapping[str, float]
    clean_interval: Mapping[str, list[float]]
    attacks: tuple[Figure, ...]
    flags: tuple[RaisedFlag, ...]
    runners: Mapping[str, Mapping[str, Any]]
    exact: bool | None
    versions: Mapping[str, str]
    gate: gates.Outcome | None
    format: int
    out: Path
    _json: Mapping[str, Any] = field(repr=False, compare=False)

    def accuracy(
        self,
        attack: str = "worst-case",
        eps: float | None = None,
        norm: str = "linf",
        on: str | None = None,
    ) -> float:
        """The share in [0, 1] that is still right under an attack, on the runner ``on``.

        Without a runner: the least of all. ``attack`` "clean": without one; else ``eps`` (int8
        steps) must be named where several were measured. Raises DataError for what was not
        measured.
        """
        if attack == "clean":
            return _of(self.clean, on)
        rows = [row for row in self.attacks if (row.name, row.norm) == (attack, norm)]
        if not rows:
            names = list(dict.fromkeys(row.name for row in self.attacks))
            raise DataError(
                f"no attack {attack!r} was measured in {norm}",
                f"{did_you_mean(attack, names)}measured: {', '.join(names)}",
            )
        found = rows if eps is None else [row for row in rows if row.eps == eps]
        if len(found) != 1:
            measured = ", ".join(f"{row.eps:g}" for row in rows)
            what = "no eps is named" if eps is None else f"eps {eps:g} was not measured"
            raise DataError(f"{attack} {norm}: {what}", f"measured: {measured}")
        return _of(found[0].accuracy, on)

    @property
    def examples(self) -> dict[str, NDArray[Any]]:
        """Adversarial inputs to look at: clean, adversarial (K, ...) int8, label, eps and more.

        Raises DataError where they are gone or damaged.
        """
        path = self.out / session.EXAMPLES
        try:
            return read_npz(path)
        except FileNotFoundError:
            raise DataError(f"{path} is gone", "run the attack again") from None
        except Damaged as error:
            raise DataError(f"{path} is damaged: {error}", "run the attack again") from None

    def check(self) -> None:
        """Raises CheckFailed where exact runners differ, or a demand of the gate fell."""
        session.demand_exact(self._json)
        if self.gate is not None:
            self.gate.check()

    def flags_of(self, row: Figure) -> list[int]:
        """The numbers (from 1) of the flags that stand beside a figure."""
        about = {"name": row.name, "norm": row.norm, "eps": row.eps, "kind": row.kind}
        return flag_numbers(self._json, about)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return copy.deepcopy(dict(self._json))

    def __repr__(self) -> str:
        worst = [row for row in self.attacks if row.kind == "worst-case"]
        told = [f"clean {min(self.clean.values()):.1%}"]
        told += [f"{r.norm} {r.eps:g}: {min(r.accuracy.values()):.1%}" for r in worst]
        marks = f", {len(self.flags)} flags" if self.flags else ""
        return f"<Robustness of {self.model}, {self.samples} examples: {', '.join(told)}{marks}>"

    def _repr_html_(self) -> str:
        runners = list(self.clean)
        rows: list[tuple[object, ...]] = [
            ("none", "clean", "", "", *(f"{self.clean[name]:.1%}" for name in runners), "")
        ]
        for row in self.attacks:
            shares = (f"{row.accuracy[name]:.1%}" for name in runners)
            marks = ",".join(map(str, self.flags_of(row)))
            rows.append((row.name, row.kind, row.norm, f"{row.eps:g}", *shares, marks))
        notes = [f"flag {n}: {flag.text}" for n, flag in enumerate(self.flags, start=1)]
        title = f"{self.model}: accuracy under attack, {self.samples} examples"
        return table(title, ("attack", "kind", "norm", "eps", *runners, "flags"), rows, *notes)


def _of(shares: Mapping[str, float], on: str | None) -> float:
    if on is None:
        return min(shares.values())
    if on not in shares:
        raise DataError(f"{on!r} did not score", f"{did_you_mean(on, shares)}{', '.join(shares)}")
    return shares[on]


def from_json(found: Mapping[str, Any], out: Path) -> Robustness:
    """The object for an attack's JSON."""
    gate = found["gate"]
    if gate is not None:
        checks = tuple(gates.Check(**check) for check in gate["checks"])
        gate = gates.Outcome(gate["file"], gate["passed"], checks)
    values = {f.name: found[f.name] for f in fields(Robustness) if f.name in found} | {
        "attacks": tuple(Figure(**row) for row in found["attacks"]),
        "flags": tuple(RaisedFlag(**flag) for flag in found["flags"]),
        "gate": gate,
        "form": found.get("form"),
        "front": found.get("front"),
        "units": units.from_dict(found.get("units")),
    }
    return Robustness(**values, out=out, _json=found)


def ask(
    model: str | Deployable,
    suite: str,
    eps: float | Sequence[float] | None,
    **options: Unpack[AttackOptions],
) -> Robustness:
    """``attack`` as a user asks for it: ``eps`` in int8 steps within L-inf."""
    asked: dict[str, Any] = dict(options)
    run = {key: asked.pop(key) for key in _OF_RUN if key in asked}
    for key in ("on", "attacks", "through", "transfer"):
        if asked.get(key) is not None:
            asked[key] = _names(asked[key])
    for key in ("data_dir", "surrogate", "out"):
        if asked.get(key) is not None:
            asked[key] = Path(asked[key])
    l2, snr = (_numbers(asked.pop(key, None)) for key in ("eps_l2", "snr"))
    settings = Settings(model=model, suite=suite, linf=_numbers(eps), l2=l2, snr=snr, **asked)
    return attack(settings, **run)


_OF_RUN = ("gate", "junit", "watch", "watch_score")


def _numbers(eps: float | Sequence[float] | None) -> tuple[float, ...] | None:
    if eps is None:
        return None
    return tuple(float(one) for one in (eps if isinstance(eps, Sequence) else (eps,)))


def _names(given: Any) -> tuple[Any, ...]:
    return (given,) if isinstance(given, str | Deployable) else tuple(given)


def attack(
    settings: Settings,
    gate: Path | str | gates.Gate | None = None,
    junit: Path | None = None,
    watch: evaluate.Watch = lambda _label, _share: None,
    watch_score: score.Watch = lambda _runner, _done, _total: None,
) -> Robustness:
    """``session.attack``, then the gate's demands, in attack.json as well and, asked for, as JUnit.

    A demand that fell is a result: ``Robustness.check`` raises it. Raises what ``session.attack``
    raises, and TinyrobError for a gate that makes no sense, before anything is attacked.
    """
    opened = gates.open_gate(gate, junit)
    found, out = session.attack(settings, watch, watch_score)
    checks = gates.check_attack(opened, found) if opened else []
    if opened is not None:
        found["gate"] = gates.outcome(opened, checks).to_dict()
        session.write(out, found)
    if junit is not None:
        seconds = sum(row["seconds"] for row in found["attacks"] if row["kind"] != "worst-case")
        gates.write_junit(junit, f"tinyrob attack {found['model']}", checks, seconds)
    return from_json(found, out)
