"""Gates: what holds, what fell, and every way a gate file can be wrong."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tinyrob.errors import CheckFailed, TinyrobError
from tinyrob.validate.gate import (
    check_attack,
    check_clean_and_exact,
    junit,
    load_gate,
    outcome,
)

RESULT = {
    "clean": {"keras": 0.9, "host": 0.88},
    "exact": True,
    "flags": [{"flag": "noise-hurts"}],
    "attacks": [
        {"name": "worst-case", "norm": "linf", "eps": 4.0, "accuracy": {"keras": 0.4, "host": 0.3}}
    ],
}


def gate(tmp_path, text: str):
    file = tmp_path / "gate.toml"
    file.write_text(text)
    return load_gate(file)


def demand(accuracy: float, eps: float = 4) -> str:
    return f'[[attack]]\nname = "worst-case"\nnorm = "linf"\neps = {eps}\naccuracy = {accuracy}\n'


def test_what_holds_passes(tmp_path):
    text = 'clean = 0.88\nexact = true\nflags = ["noise-hurts"]\n' + demand(0.3)
    checks = check_attack(gate(tmp_path, text), RESULT)
    assert [check.passed for check in checks] == [True] * 4
    outcome(gate(tmp_path, text), checks).check()


@pytest.mark.parametrize(
    ("text", "fell"),
    [
        ("clean = 0.89", "clean: wanted >= 89.00%, got 88.00% (host)"),
        ('flags = "none"', "flags: wanted none, got noise-hurts"),
        (demand(0.35), "worst-case linf eps 4: wanted >= 35.00%, got 30.00% (host)"),
        (demand(0.1, eps=8), "worst-case linf eps 8: wanted >= 10.00%, got not measured"),
    ],
)
def test_what_fell_is_listed(tmp_path, text, fell):
    loaded = gate(tmp_path, text)
    checks = check_attack(loaded, RESULT)
    with pytest.raises(CheckFailed) as fail:
        outcome(loaded, checks).check()
    assert fell in fail.value.message
    assert "1 of 1 demands" in fail.value.message


def test_runners_that_differ_fail_exactness(tmp_path):
    checks = check_attack(gate(tmp_path, "exact = true"), {**RESULT, "exact": False})
    assert [(check.got, check.passed) for check in checks] == [("the runners differ", False)]


def test_a_validation_answers_clean_and_exact(tmp_path):
    loaded = gate(tmp_path, "clean = 0.5\nexact = true\n" + demand(0.9))
    checks = check_clean_and_exact(loaded, {"host": 0.6}, True)
    assert [check.name for check in checks] == ["clean", "exact"]
    assert all(check.passed for check in checks)
    assert not check_clean_and_exact(loaded, {}, True)[0].passed


def test_junit_has_a_case_for_each_demand(tmp_path):
    checks = check_attack(gate(tmp_path, "clean = 0.95\nexact = true\n"), RESULT)
    root = ElementTree.fromstring(junit("tinyrob attack net", checks, 1.5))
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuite", "2", "1")
    failures = root.findall("testcase/failure")
    assert [failure.get("message") for failure in failures] == [
        "wanted >= 95.00%, got 88.00% (host)"
    ]


def test_the_summary_is_json(tmp_path):
    loaded = gate(tmp_path, "clean = 0.95")
    found = outcome(loaded, check_attack(loaded, RESULT)).to_dict()
    assert found["passed"] is False
    assert found["checks"][0] == {
        "name": "clean",
        "wanted": ">= 95.00%",
        "got": "88.00% (host)",
        "passed": False,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("clean = ", "not TOML"),
        ("", "demands nothing"),
        ("accuracy = 0.5", "unknown key 'accuracy'"),
        ("clean = 70", "clean must be a number from 0 to 1"),
        ('clean = "high"', "clean must be a number from 0 to 1"),
        ("clean = true", "clean must be a number from 0 to 1"),
        ("exact = 1", "exact must be true or false"),
        ("flags = false", "flags must be"),
        ("flags = [1]", "flags must be"),
        ("attack = 3", "[[attack]] tables"),
        ("[[attack]]\neps = 4\n", "needs eps and accuracy"),
        ("[[attack]]\neps = 0\naccuracy = 0.1\n", "eps must be a number greater than 0"),
        ("[[attack]]\neps = 4\naccuracy = 2\n", "accuracy must be a number from 0 to 1"),
        ('[[attack]]\neps = 4\naccuracy = 0.1\nnorm = "l1"\n', "norm must be"),
        ("[[attack]]\neps = 4\naccuracy = 0.1\nepsilon = 3\n", "unknown key 'epsilon'"),
    ],
)
def test_a_gate_that_makes_no_sense_is_refused(tmp_path, text, message):
    with pytest.raises(TinyrobError) as fail:
        gate(tmp_path, text)
    assert message in fail.value.message


def test_a_gate_that_is_not_there(tmp_path):
    with pytest.raises(TinyrobError, match="no gate file"):
        load_gate(tmp_path / "none.toml")


def test_a_gate_that_is_no_text(tmp_path):
    file = tmp_path / "gate.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TinyrobError, match="not UTF-8 text"):
        load_gate(file)


def test_exactness_that_nobody_compared_fails(tmp_path):
    (check,) = check_clean_and_exact(gate(tmp_path, "exact = true"), {"host": 0.9}, None)
    assert not check.passed
    assert "nothing to compare" in check.got
