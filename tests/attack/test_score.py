"""The same bytes on every runner: equal where they must be, and nothing lost when one dies."""

from __future__ import annotations

import json
from contextlib import contextmanager

import numpy as np
import pytest

from support.targets import linear
from tinyrob.attack import score as scoring
from tinyrob.attack.attacks import Ball
from tinyrob.attack.evaluate import Evaluation
from tinyrob.attack.grid import Norm
from tinyrob.attack.intervals import wilson
from tinyrob.attack.masking import Flag
from tinyrob.attack.result import gallery, result
from tinyrob.attack.score import accuracy, gather, score
from tinyrob.attack.store import Store
from tinyrob.attack.suites import suite
from tinyrob.errors import RunnerError
from tinyrob.run.base import RunResult


class Fake:
    """A runner over a linear target's rounded logits; ``lie`` flips outputs, ``dies`` after n."""

    def __init__(self, target, lie=None, dies=None, instructions=None):
        self.target, self.lie, self.dies, self.instructions = target, lie, dies, instructions
        self.ran = 0

    def run(self, inputs, progress=None):
        if self.dies is not None and self.ran + len(inputs) > self.dies:
            raise RunnerError("the board went away")
        self.ran += len(inputs)
        outputs = np.clip(np.rint(self.target.logits(inputs) * 4), -128, 127).astype(np.int8)
        if self.lie is not None:
            outputs[self.lie] ^= 1
        return RunResult(outputs, self.instructions)

    @contextmanager
    def opened(self):
        yield self


@pytest.fixture
def attacked(tmp_path):
    target, x, y = linear(classes=3)
    run = Evaluation(target, target, x, y, Store(tmp_path / "state"))
    chosen = suite("quick", ["noise", "fgsm", "pgd-20"])
    return target, x, y, run.run(chosen, [Ball(Norm.LINF, 4), Ball(Norm.LINF, 8)])


def test_each_different_input_runs_once(attacked):
    _, x, _, rows = attacked
    inputs = gather(x, rows)
    assert len(inputs.unique) < len(x) * (len(rows) + 1)
    assert np.array_equal(inputs.unique[inputs.clean], x)
    for row, where in zip(rows, inputs.rows, strict=True):
        assert np.array_equal(inputs.unique[where], row.points)


def test_equal_runners_score_equal(attacked, tmp_path):
    target, x, y, rows = attacked
    inputs = gather(x, rows)
    runners = [(name, Fake(target).opened, True) for name in ("keras", "tflm", "host")]
    scores = score(inputs, runners, Store(tmp_path), lambda _: "id")
    assert [s.mismatches for s in scores] == [0, 0, 0]
    for where in inputs.rows:
        assert len({accuracy(s, where, y, len(y)) for s in scores}) == 1


def test_one_flipped_bit_is_found(attacked, tmp_path):
    target, x, _, rows = attacked
    runners = [("tflm", Fake(target).opened, True), ("host", Fake(target, lie=3).opened, True)]
    scores = score(gather(x, rows), runners, Store(tmp_path), lambda _: "id")
    assert scores[1].mismatches > 0


def test_an_inexact_runner_is_not_held_to_the_bits(attacked, tmp_path):
    target, x, _, rows = attacked
    runners = [("keras", Fake(target, lie=3).opened, False), ("tflm", Fake(target).opened, True)]
    scores = score(gather(x, rows), runners, Store(tmp_path), lambda _: "id")
    assert [s.mismatches for s in scores] == [0, 0]


def test_a_runner_that_dies_goes_on_where_it_was(attacked, tmp_path, monkeypatch):
    monkeypatch.setattr(scoring, "CHUNK", 16)
    target, x, _, rows = attacked
    inputs, store = gather(x, rows), Store(tmp_path)
    with pytest.raises(RunnerError):
        score(inputs, [("qemu", Fake(target, dies=40).opened, True)], store, lambda _: "id")
    healthy = Fake(target, instructions=77)
    found = score(inputs, [("qemu", healthy.opened, True)], store, lambda _: "id")[0]
    assert healthy.ran == len(inputs.unique) - 32
    whole = score(inputs, [("host", Fake(target).opened, True)], store, lambda _: "id")[0]
    assert np.array_equal(found.outputs, whole.outputs)
    assert found.instructions == 77
    assert score(inputs, [("qemu", None, True)], store, lambda _: "id")[0].instructions == 77


def test_the_result_is_the_contract(attacked, tmp_path):
    target, x, y, rows = attacked
    inputs = gather(x, rows)
    scores = score(inputs, [("tflm", Fake(target).opened, True)], Store(tmp_path), lambda _: "id")
    flag = Flag("noise-hurts", "worst-case", Norm.LINF, 8, "text")
    found = result({"model": "linear"}, y, rows, [flag], inputs, scores)
    assert found["clean"] == {"tflm": accuracy(scores[0], inputs.clean, y, len(y))[0] / len(y)}
    assert {"clean", "attacks", "flags", "gate"} <= set(found)
    for row, attack in zip(rows, found["attacks"], strict=True):
        assert {"name", "norm", "eps", "kind", "accuracy", "seconds"} <= set(attack)
        low, high = attack["interval"]["tflm"]
        assert low <= attack["accuracy"]["tflm"] <= high
        assert attack["eps"] == row.eps
    assert found["flags"][0]["taints"] == "worst-case"
    assert found["exact"] is None  # one runner is no comparison


def test_the_gallery_shows_what_fell(attacked, tmp_path):
    target, x, y, rows = attacked
    inputs = gather(x, rows)
    scores = score(inputs, [("tflm", Fake(target).opened, True)], Store(tmp_path), lambda _: "id")
    shown = gallery(x, y, rows, inputs, scores[0])
    assert 0 < len(shown["label"]) <= 12
    assert (shown["clean_class"] == shown["label"]).all()
    assert (shown["adversarial_class"] != shown["label"]).all()
    assert np.array_equal(shown["clean"], x[shown["index"]])
    assert len(set(shown["index"].tolist())) == len(shown["index"])


def test_an_empty_gallery_keeps_its_shape(tmp_path):
    target, x, y = linear(classes=3)
    run = Evaluation(target, target, x, y, Store(tmp_path / "state"))
    target.surfaces = ()
    rows = run.run(suite("quick", ["noise"]), [Ball(Norm.LINF, 1)])
    rows = [r for r in rows if not (r.broken & run.clean).any()]
    inputs = gather(x, rows)
    scores = score(inputs, [("tflm", Fake(target).opened, True)], Store(tmp_path), lambda _: "id")
    assert gallery(x, y, rows, inputs, scores[0])["adversarial"].shape == (0, 4, 4, 1)


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (50, 100, 0.4038, 0.5962), (1, 1, 0.2065, 1.0)],
)
def test_wilsons_interval(right, of, low, high):
    assert wilson(right, of) == pytest.approx((low, high), abs=5e-4)


@pytest.mark.parametrize(("right", "of"), [(1, 0), (3, 2), (-1, 5)])
def test_no_interval_of_nothing(right, of):
    with pytest.raises(ValueError, match="no proportion"):
        wilson(right, of)


def test_answers_of_another_build_are_not_taken(attacked, tmp_path):
    target, x, _, rows = attacked
    inputs, store = gather(x, rows), Store(tmp_path)
    for build in ("before", "after"):
        runner = Fake(target, lie=None if build == "before" else 3)
        found = score(inputs, [("host", runner.opened, True)], store, lambda _, b=build: b)[0]
        assert runner.ran == len(inputs.unique)
    assert not np.array_equal(found.outputs, Fake(target).run(inputs.unique).outputs)


def test_a_board_on_the_desk_is_asked_each_time(attacked, tmp_path):
    target, x, _, rows = attacked
    inputs, store = gather(x, rows), Store(tmp_path)
    for _ in range(2):
        runner = Fake(target)
        score(inputs, [("serial", runner.opened, True)], store, lambda _: "id")
        assert runner.ran == len(inputs.unique)


@pytest.mark.parametrize(
    ("runners", "exact"),
    [
        ([("host", None, True)], None),
        ([("keras", None, False), ("host", None, True)], None),
        ([("keras", None, True), ("host", None, True)], True),
        ([("keras", None, True), ("host", 3, True)], False),
    ],
)
def test_exact_is_said_of_a_comparison_only(attacked, tmp_path, runners, exact):
    target, x, y, rows = attacked
    inputs = gather(x, rows)
    fakes = [(name, Fake(target, lie=lie).opened, must) for name, lie, must in runners]
    scores = score(inputs, fakes, Store(tmp_path), lambda _: "id")
    assert result({"model": "linear"}, y, rows, [], inputs, scores)["exact"] is exact


def test_a_row_says_what_its_attack_was(attacked, tmp_path):
    target, x, y, rows = attacked
    inputs = gather(x, rows)
    scores = score(inputs, [("tflm", Fake(target).opened, True)], Store(tmp_path), lambda _: "id")
    found = result({"model": "linear"}, y, rows, [], inputs, scores)["attacks"]
    assert {a["parameters"]["steps"] for a in found if a["name"] == "pgd-20"} == {20}
    assert json.loads(json.dumps(found)) == found
