"""A gate: what a network must reach, as a TOML file, and the list of what fell.

clean = 0.70                 # at least, on every runner
exact = true                 # the runners' outputs are equal, bit for bit
flags = "none"               # no sign of masked gradients; or a list of flags that are accepted

[[attack]]
name = "worst-case"
norm = "linf"
eps = 4                      # in int8 steps
accuracy = 0.35              # at least, on every runner
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tinyrob.errors import CheckFailed, TinyrobError
from tinyrob.files import escape, names
from tinyrob.files.toml_table import read_text, shown, toml_values
from tinyrob.files.whole import write_output

KEYS = ("clean", "exact", "flags", "attack")
ATTACK_KEYS = ("name", "norm", "eps", "accuracy")
_MOST_EPS = 1_000_000


@dataclass(frozen=True)
class Demand:
    """At least ``accuracy`` under the attack ``name`` at (``norm``, ``eps``)."""

    name: str
    norm: str
    eps: float
    accuracy: float


@dataclass(frozen=True)
class Gate:
    """What is demanded; None and () where nothing is. ``accepted`` are flags that may stand."""

    file: str = "the gate"
    clean: float | None = None
    exact: bool = False
    flags: bool = False
    accepted: tuple[str, ...] = ()
    attacks: tuple[Demand, ...] = ()


@dataclass(frozen=True)
class Check:
    """One demand and what came of it."""

    name: str
    wanted: str
    got: str
    passed: bool


@dataclass(frozen=True)
class Outcome:
    """A gate's demands, each with what came of it: the key ``gate`` of a verb's JSON."""

    file: str
    passed: bool
    checks: tuple[Check, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**asdict(self), "checks": [asdict(check) for check in self.checks]}

    def check(self) -> None:
        """Raises CheckFailed with the list of what fell."""
        fell = [check for check in self.checks if not check.passed]
        if fell:
            lines = [f"  {check.name}: wanted {check.wanted}, got {check.got}" for check in fell]
            raise CheckFailed(
                "\n".join(
                    [f"{len(fell)} of {len(self.checks)} demands of {self.file} fell:", *lines]
                ),
                "the network got worse, or the gate asks for more than it ever gave",
            )


def load_gate(path: Path) -> Gate:
    """The gate in a TOML file. Raises TinyrobError for a file or key that makes no sense."""

    def wrong(what: str) -> TinyrobError:
        return TinyrobError(f"gate {path}: {what}", "see `tinyrob attack --help` for a gate file")

    if not path.exists():
        raise TinyrobError(f"there is no gate file {path}", "check the path")
    table = toml_values(read_text(path, f"gate {path}", TinyrobError), f"gate {path}", TinyrobError)
    for key in table:
        if key not in KEYS:
            raise wrong(f"unknown key {key!r}; known: {', '.join(KEYS)}")
    if not table:
        raise wrong("it demands nothing")
    clean, exact, flags = table.get("clean"), table.get("exact", False), table.get("flags")
    if not isinstance(exact, bool):
        raise wrong("exact must be true or false")
    listed = isinstance(flags, list) and all(
        isinstance(flag, str) and names.is_safe(flag) for flag in flags
    )
    if flags is not None and flags != "none" and not listed:
        raise wrong('flags must be "none" or a list of the flags that are accepted')
    entries = table.get("attack", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise wrong("attacks are written as [[attack]] tables")
    return Gate(
        file=str(path),
        clean=None if clean is None else _share(clean, "clean", wrong),
        exact=exact,
        flags=flags is not None,
        accepted=tuple(flags) if isinstance(flags, list) else (),
        attacks=tuple(_demand(entry, wrong) for entry in entries),
    )


def open_gate(gate: Path | str | Gate | None, junit_path: Path | None = None) -> Gate | None:
    """The gate that was asked for, if any: a file's, or one made in Python.

    Raises TinyrobError for JUnit without one.
    """
    if gate is None and junit_path is not None:
        raise TinyrobError("--junit reports a gate, and there is none", "give --gate F.toml too")
    return gate if gate is None or isinstance(gate, Gate) else load_gate(Path(gate))


def _share(value: Any, name: str, wrong: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise wrong(f"{name} must be a number from 0 to 1, not {shown(value)}")
    return float(value)


def _demand(entry: Mapping[str, Any], wrong: Any) -> Demand:
    for key in entry:
        if key not in ATTACK_KEYS:
            raise wrong(f"unknown key {key!r} in [[attack]]; known: {', '.join(ATTACK_KEYS)}")
    if "eps" not in entry or "accuracy" not in entry:
        raise wrong("each [[attack]] needs eps and accuracy")
    eps, norm = entry["eps"], entry.get("norm", "linf")
    if isinstance(eps, bool) or not isinstance(eps, (int, float)) or not 0 < eps <= _MOST_EPS:
        raise wrong(f"eps must be a number greater than 0, at most {_MOST_EPS}, not {shown(eps)}")
    if norm not in ("linf", "l2", "snr"):
        raise wrong(f'norm must be "linf", "l2" or "snr", not {shown(norm)}')
    name = entry.get("name", "worst-case")
    if not isinstance(name, str) or not names.is_safe(name):
        raise wrong(f"name must be a short text without control characters, not {shown(name)}")
    return Demand(name, norm, float(eps), _share(entry["accuracy"], "accuracy", wrong))


def check_attack(gate: Gate, result: Mapping[str, Any]) -> list[Check]:
    """Every demand against an attack's result (the ``--json`` object of ``tinyrob attack``)."""
    checks = check_clean_and_exact(gate, result["clean"], result["exact"])
    if gate.flags:
        raised = sorted({flag["flag"] for flag in result["flags"]} - set(gate.accepted))
        wanted = f"none but {', '.join(gate.accepted)}" if gate.accepted else "none"
        checks.append(Check("flags", wanted, ", ".join(raised) or "none", not raised))
    for demand in gate.attacks:
        title = f"{demand.name} {demand.norm} eps {demand.eps:g}"
        wanted = f">= {demand.accuracy:.2%}"
        same = [
            row
            for row in result["attacks"]
            if (row["name"], row["norm"], row["eps"]) == (demand.name, demand.norm, demand.eps)
        ]
        if not same:
            checks.append(Check(title, wanted, "not measured", False))
        else:
            checks.append(_least(title, demand.accuracy, same[0]["accuracy"]))
    return checks


def check_validation(gate: Gate, clean: Mapping[str, float], exact: bool) -> list[Check]:
    """What of a gate a validation can answer. Raises TinyrobError where that is nothing."""
    checks = check_clean_and_exact(gate, clean, exact)
    if not checks:
        raise TinyrobError(
            f"gate {gate.file} demands neither clean nor exact: nothing that a validation answers",
            "`tinyrob attack --gate` checks the rest",
        )
    return checks


def check_clean_and_exact(
    gate: Gate, clean: Mapping[str, float], exact: bool | None
) -> list[Check]:
    """The demands that a validation can answer too: clean accuracy per runner, and exactness.

    ``exact`` None: fewer than two exact runners were there, so nothing was compared; that fails.
    """
    checks = []
    if gate.clean is not None:
        checks.append(_least("clean", gate.clean, clean))
    if gate.exact:
        got = "equal on every runner" if exact else "the runners differ"
        if exact is None:
            got = "nothing to compare: name two exact runners with --on"
        checks.append(Check("exact", "equal on every runner", got, exact is True))
    return checks


def _least(title: str, wanted: float, accuracy: Mapping[str, float]) -> Check:
    if not accuracy:
        return Check(title, f">= {wanted:.2%}", "not measured", False)
    runner = min(accuracy, key=lambda name: accuracy[name])
    got = f"{accuracy[runner]:.2%} ({runner})"
    return Check(title, f">= {wanted:.2%}", got, accuracy[runner] >= wanted)


def outcome(gate: Gate, checks: Sequence[Check]) -> Outcome:
    """What came of a gate as a whole."""
    return Outcome(gate.file, all(check.passed for check in checks), tuple(checks))


def write_junit(path: Path, suite: str, checks: Sequence[Check], seconds: float) -> None:
    """Puts ``junit``'s text into a file, whose folder is made where it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_output(path, junit(suite, checks, seconds))


def junit(suite: str, checks: Sequence[Check], seconds: float) -> bytes:
    """JUnit XML: one test case for each demand."""
    failures = sum(not check.passed for check in checks)
    root = ElementTree.Element(
        "testsuite",
        name=escape.xml(suite),
        tests=str(len(checks)),
        failures=str(failures),
        errors="0",
        skipped="0",
        time=f"{seconds:.3f}",
    )
    for check in checks:
        case = ElementTree.SubElement(
            root, "testcase", classname=escape.xml(suite), name=escape.xml(check.name)
        )
        if not check.passed:
            message = escape.xml(f"wanted {check.wanted}, got {check.got}")
            failure = ElementTree.SubElement(case, "failure", message=message, type="gate")
            failure.text = message
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
