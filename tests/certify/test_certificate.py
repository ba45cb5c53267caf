"""Certificates: what is written is read, checked whole, and told where it does not hold."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import numpy as np
import pytest

from tinyrob.attack.samples import load_samples
from tinyrob.attack.settings import Settings
from tinyrob.certify.ask import certify, check_certificate
from tinyrob.certify.certificate import Certificate, read
from tinyrob.certify.verdict import Finding, Verdict, classes
from tinyrob.cli import main
from tinyrob.deployable import load_model
from tinyrob.errors import CheckFailed, DataError

NAME, EPS, COUNT = "digits-certified", 8, 60
SHAPE = (8, 8, 1)


@pytest.fixture(scope="module")
def found() -> Certificate:
    return certify(NAME, EPS, COUNT, Settings())


@pytest.fixture
def kept(found, tmp_path):
    path = tmp_path / "certificate.json"
    found.write(path)
    return path


def test_what_is_written_is_read(found, kept) -> None:
    again = read(kept, SHAPE)
    assert again.to_dict() == found.to_dict()
    assert check_certificate(NAME, kept, Settings()).to_dict() == found.to_dict()


def test_shares_stand_in_their_order(found) -> None:
    values = found.to_dict()
    assert 0.8 < values["certified"] <= values["not_falsified"] <= values["clean"] <= 1.0
    assert sum(found.counts.values()) == COUNT


def test_no_input_of_a_certified_ball_is_of_another_class(found) -> None:
    """100,000 of them, half at corners."""
    model = load_model(NAME)
    samples = load_samples(Settings(), model, COUNT)
    proved = [i for i, f in enumerate(found.findings) if f.verdict is Verdict.CERTIFIED]
    dice = np.random.default_rng(0)
    left = 100_000
    while left > 0:
        rows = dice.choice(proved, 10_000)
        far = dice.integers(-EPS, EPS + 1, (len(rows), *SHAPE))
        far[::2] = np.where(far[::2] < 0, -EPS, EPS)
        x = np.clip(samples.x[rows].astype(int) + far, -128, 127).astype(np.int8)
        np.testing.assert_array_equal(classes(model.graph, x), samples.y[rows])
        left -= len(rows)


def test_an_attack_breaks_no_certified_input(found) -> None:
    from tinyrob.certify.ask import _search

    model = load_model(NAME)
    samples = load_samples(Settings(), model, COUNT)
    proved = [i for i, f in enumerate(found.findings) if f.verdict is Verdict.CERTIFIED]
    x, y = samples.x[proved], samples.y[proved]
    np.testing.assert_array_equal(classes(model.graph, _search(model)(x, y, EPS)), y)


def test_a_wider_ball_is_not_claimed(kept, found) -> None:
    replace(found, eps=EPS + 8).write(kept)
    with pytest.raises(CheckFailed, match="is not proved"):
        check_certificate(NAME, kept, Settings())


def test_other_networks_and_inputs_are_told(kept, tmp_path) -> None:
    with pytest.raises(CheckFailed, match="the model_digest is"):
        check_certificate("digits-stq-jr", kept, Settings())
    np.save(tmp_path / "x.npy", np.zeros((COUNT, *SHAPE), np.int8))
    np.save(tmp_path / "y.npy", np.zeros(COUNT, np.int64))
    own = Settings(inputs=tmp_path / "x.npy", labels=tmp_path / "y.npy")
    with pytest.raises(CheckFailed, match="the inputs are not those"):
        check_certificate(NAME, kept, own)


def test_counterexamples_must_be_some(found, kept) -> None:
    model = load_model(NAME)
    x = load_samples(Settings(), model, COUNT).x
    i = next(i for i, f in enumerate(found.findings) if f.verdict is Verdict.CERTIFIED)
    for example, said in ((x[i], "is classified right"), (x[i] ^ np.int8(127), "steps away")):
        findings = list(found.findings)
        findings[i] = Finding(Verdict.FALSIFIED, "search", example)
        replace(found, findings=tuple(findings)).write(kept)
        with pytest.raises(CheckFailed, match=said):
            check_certificate(NAME, kept, Settings())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: v.pop("eps"), "eps"),
        (lambda v: v.update(format=2), "format"),
        (lambda v: v.update(samples=3), "60 verdicts for 3 samples"),
        (lambda v: v["verdicts"][0].update(verdict="sure"), "verdict"),
        (lambda v: v["verdicts"][0].update(verdict="falsified", example=None), "has an example"),
        (
            lambda v: v["verdicts"][0].update(
                verdict="falsified", example=base64.b64encode(b"x").decode()
            ),
            "not an input of this network",
        ),
    ],
)
def test_damaged_certificates_are_told(kept, change, said) -> None:
    values = json.loads(kept.read_text())
    change(values)
    kept.write_text(json.dumps(values))
    with pytest.raises(DataError, match=f"no certificate.*{said}"):
        read(kept, SHAPE)
    with pytest.raises(DataError, match="there is no file"):
        read(kept.with_name("other.json"), SHAPE)


def test_the_verb_writes_checks_and_fails_below_what_was_asked(tmp_path, capsys) -> None:
    out = tmp_path / "c.json"
    call = ["certify", NAME, "--eps", "4", "--samples", "20", "--out", str(out), "--json"]
    main(call)
    values = json.loads(capsys.readouterr().out)
    assert values == json.loads(out.read_text())
    main(["certify", NAME, "--check", str(out)])
    assert "holds: every proof was made again" in capsys.readouterr().out
    for arguments, said in (
        (["--eps", "64", "--samples", "3", "--at-least", "0.9"], "are certified at eps 64"),
        ([], "name a radius"),
    ):
        with pytest.raises(SystemExit):
            main(["certify", NAME, *arguments])
        assert said in " ".join(capsys.readouterr().err.split())
