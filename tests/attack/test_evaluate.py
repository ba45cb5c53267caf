"""Who is attacked, what is kept, and that nothing is lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from support.targets import linear
from tinyrob.attack.attacks import Ball
from tinyrob.attack.evaluate import Evaluation, Source, check
from tinyrob.attack.grid import Norm, inside
from tinyrob.attack.pgd import PGD
from tinyrob.attack.store import Store, digest
from tinyrob.attack.suites import ATTACKS, DEVICE_ATTACKS, SUITES, Suite, suite
from tinyrob.errors import RunnerError, TinyrobError

BALLS = [Ball(Norm.LINF, 8), Ball(Norm.LINF, 4)]


class Counted:
    """An attack that remembers whom it was asked to attack."""

    def __init__(self, inner):
        self.inner, self.attacked = inner, []

    def __call__(self, target, x, y, ball, seed, progress=lambda share: None):
        self.attacked.append((ball.eps, len(x)))
        return self.inner(target, x, y, ball, seed, progress)

    def __repr__(self) -> str:
        return repr(self.inner)


def small_suite(*names: str, cascade: bool) -> Suite:
    return Suite("t", tuple(replace(ATTACKS[n], cascade=cascade) for n in names), 100)


def evaluation(tmp_path, target, x, y, **options) -> Evaluation:
    return Evaluation(target, target, x, y, Store(tmp_path), **options)


def test_the_worst_case_is_each_examples_worst(tmp_path):
    target, x, y = linear(classes=3)
    run = evaluation(tmp_path, target, x, y)
    rows = run.run(small_suite("noise", "fgsm", "pgd-20", cascade=False), BALLS)
    for eps in (4, 8):
        here = [r for r in rows if r.eps == eps and r.kind != "check"]
        worst = next(r for r in here if r.name == "worst-case")
        alone = [r for r in here if r.name != "worst-case"]
        assert np.array_equal(
            worst.broken, np.any([r.broken for r in alone], axis=0) | worst.broken
        )
        assert worst.accuracy <= min(r.accuracy for r in alone)
        assert np.array_equal(target.logits(worst.points).argmax(axis=1) != y, worst.broken)


def test_every_rows_points_are_inside_its_ball(tmp_path):
    target, x, y = linear(classes=3)
    balls = [*BALLS, Ball(Norm.L2, 30)]
    suite = small_suite("noise", "pgd-20", "apgd-ce", "deepfool", cascade=True)
    for row in evaluation(tmp_path, target, x, y).run(suite, balls):
        assert row.points.dtype == np.int8
        assert inside(row.points, x, row.norm, row.eps).all()


def test_a_cascade_leaves_broken_examples_alone(tmp_path):
    target, x, y = linear(classes=2)
    second = Counted(PGD(steps=5))
    specs = (ATTACKS["fgsm"], replace(ATTACKS["pgd-20"], attack=second, cascade=True))
    rows = evaluation(tmp_path, target, x, y).run(Suite("t", specs, 100), BALLS)
    # FGSM is optimal on two linear classes: only what nothing can break is left.
    needed = target.needed(x, y, "linf")
    assert second.attacked == [(4, int((needed >= 4).sum())), (8, int((needed >= 8).sum()))]
    cascade = next(r for r in rows if r.cascade and r.eps == 8 and r.name == "pgd-20")
    assert cascade.gained == 0
    assert cascade.accuracy == pytest.approx((needed >= 8).mean())


def test_wrong_clean_predictions_count_as_broken_and_are_not_attacked(tmp_path):
    target, x, y = linear(classes=2)
    y = y.copy()
    y[:6] = 1 - y[:6]
    counted = Counted(PGD(steps=2))
    specs = (replace(ATTACKS["pgd-20"], attack=counted),)
    rows = evaluation(tmp_path, target, x, y).run(Suite("t", specs, 100), [Ball(Norm.LINF, 1)])
    assert counted.attacked[0] == (1, len(x) - 6)
    assert rows[0].broken[:6].all()


def test_a_second_run_takes_everything_from_the_store(tmp_path):
    target, x, y = linear(classes=3)
    first = evaluation(tmp_path, target, x, y).run(small_suite("pgd-20", cascade=False), BALLS)
    target.surfaces[0].step = None  # any further attack would fail
    again = evaluation(tmp_path, target, x, y).run(small_suite("pgd-20", cascade=False), BALLS)
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.points, other.points)
        assert one.seconds == other.seconds


def test_another_seed_model_or_attack_takes_nothing_from_the_store(tmp_path):
    target, x, y = linear(classes=3)
    counted = Counted(PGD(steps=3))
    suite = Suite("t", (replace(ATTACKS["pgd-20"], attack=counted),), 100)
    one = [Ball(Norm.LINF, 4)]
    for number, options in enumerate(({}, {"seed": 1}, {"identity": "other"}, {}), start=1):
        evaluation(tmp_path, target, x, y, **options).run(suite, one)
        assert len(counted.attacked) == number
    evaluation(tmp_path, target, x, y).run(suite, one)
    assert len(counted.attacked) == 4


def test_a_judge_that_dies_loses_no_attack(tmp_path):
    target, x, y = linear(classes=3)
    judge, _, _ = linear(classes=3)
    answer, calls = judge.logits, []

    def dying(q):
        calls.append(len(q))
        if len(calls) == 3:
            raise RunnerError("the board went away")
        return answer(q)

    judge.logits = dying
    first, second = Counted(PGD(steps=3)), Counted(PGD(steps=4))
    specs = tuple(
        replace(ATTACKS["pgd-20"], name=n, attack=a) for n, a in (("a", first), ("b", second))
    )
    suite, store = Suite("t", specs, 100), Store(tmp_path)
    with pytest.raises(RunnerError):
        Evaluation(target, judge, x, y, store).run(suite, [Ball(Norm.LINF, 4)])
    assert (len(first.attacked), len(second.attacked)) == (1, 1)
    Evaluation(target, judge, x, y, store).run(suite, [Ball(Norm.LINF, 4)])
    assert (len(first.attacked), len(second.attacked)) == (1, 1)


def test_a_damaged_state_file_is_computed_anew(tmp_path):
    target, x, y = linear(classes=2)
    suite = small_suite("fgsm", cascade=False)
    first = evaluation(tmp_path, target, x, y).run(suite, BALLS)
    for file in tmp_path.glob("fgsm-*.npz"):
        file.write_bytes(file.read_bytes()[:40])
    again = evaluation(tmp_path, target, x, y).run(suite, BALLS)
    assert np.array_equal(first[0].points, again[0].points)


def test_one_search_serves_every_eps(tmp_path):
    target, x, y = linear(classes=3, count=12)
    inner = ATTACKS["deepfool"].attack
    asked = []

    class Asked:
        def __call__(self, target, x, y, norm, seed, progress=lambda share: None):
            asked.append(len(x))
            return inner(target, x, y, norm, seed, progress)

        def __repr__(self):
            return "asked"

    specs = (replace(ATTACKS["deepfool"], attack=Asked()),)
    balls = [Ball(Norm.L2, eps) for eps in (5, 20, 60)]
    rows = evaluation(tmp_path, target, x, y).run(Suite("t", specs, 100), balls)
    assert asked == [12]
    shares = [r.accuracy for r in rows if r.name == "deepfool"]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < shares[0]


def test_transfer_attacks_the_source_and_judges_the_target(tmp_path):
    target, x, y = linear(classes=3, seed=0)
    twin, _, _ = linear(classes=3, seed=0)
    twin.name = "twin"
    target.surfaces = ()
    run = evaluation(tmp_path, target, x, y, sources=[Source(twin, "twin")])
    rows = run.run(small_suite("transfer", cascade=True), [Ball(Norm.LINF, 8)])
    row = next(r for r in rows if r.name == "transfer:twin")
    assert row.kind == "transfer"
    assert row.gained > 0


def test_a_device_is_attacked_by_its_answers_alone(tmp_path):
    target, x, y = linear(classes=2, count=12)
    device, _, _ = linear(classes=2, count=12)
    device.name, device.surfaces = "host", ()
    target.surfaces = ()
    run = evaluation(tmp_path, target, x, y, devices=[(device, tuple(DEVICE_ATTACKS.values()))])
    rows = run.run(Suite("t", (), 100), [Ball(Norm.LINF, 16)])
    names = {row.name: row for row in rows}
    assert names["square@host"].kind == "device"
    assert names["square@host"].gained + names["hopskipjump@host"].gained > 0
    assert names["hopskipjump@host"].samples == 10
    assert device.queries > 100


def test_samples_limits_an_attack(tmp_path):
    target, x, y = linear(classes=2)
    specs = (replace(ATTACKS["fgsm"], samples=7),)
    row = evaluation(tmp_path, target, x, y).run(Suite("t", specs, 100), [Ball(Norm.LINF, 8)])[0]
    assert (row.samples, row.attacked) == (7, 7)
    assert np.array_equal(row.points[7:], x[7:])
    assert row.accuracy == pytest.approx(1 - row.broken[:7].mean())


def test_progress_goes_from_nothing_to_all(tmp_path):
    target, x, y = linear(classes=2, count=10)
    seen = []
    run = evaluation(tmp_path, target, x, y, watch=lambda label, share: seen.append(share))
    run.run(small_suite("fgsm", "pgd-20", cascade=False), BALLS)
    assert seen[0] == 0.0
    assert seen[-1] == 1.0
    assert seen == sorted(seen)


@pytest.mark.parametrize("eps", [0, -1, float("nan"), float("inf")])
def test_eps_must_be_positive(eps):
    with pytest.raises(TinyrobError, match="must be greater than 0, and finite"):
        check(np.zeros((1, 2), np.int8), [Ball(Norm.L2, eps)])


def test_an_linf_eps_below_a_step_is_refused():
    with pytest.raises(TinyrobError, match="below one step"):
        check(np.zeros((1, 2), np.int8), [Ball(Norm.LINF, 0.5)])


def test_no_eps_and_no_samples_are_refused():
    with pytest.raises(TinyrobError, match="no eps"):
        check(np.zeros((1, 2), np.int8), [])
    with pytest.raises(TinyrobError, match="no samples"):
        check(np.zeros((0, 2), np.int8), BALLS)


def test_unknown_names_are_refused_with_what_is_known():
    with pytest.raises(TinyrobError, match="unknown suite 'fast'") as fail:
        suite("fast")
    assert "standard" in fail.value.hint
    with pytest.raises(TinyrobError, match="unknown attack 'pgd'") as fail:
        suite("quick", ["pgd"])
    assert "pgd-20" in fail.value.hint


def test_the_suites_hold_what_they_promise():
    names = {name: {spec.name for spec in one.specs} for name, one in SUITES.items()}
    assert {"noise", "fgsm", "pgd-20", "apgd-ce", "apgd-dlr", "square"} <= names["quick"]
    assert {"apgd-ce", "apgd-t", "square"} <= names["standard"]
    assert {"fgsm", "deepfool", "cw", "square", "boundary", "zoo"} <= names["paper"]
    assert names["full"] == set(ATTACKS)


def test_digests_tell_values_apart():
    assert digest(1, np.zeros(3)) == digest(1, np.zeros(3))
    assert digest(1, np.zeros(3)) != digest(1, np.zeros(3, np.float32))
    assert digest("ab", "c") != digest("a", "bc")


def test_a_transfer_takes_every_step_and_knows_its_source(tmp_path):
    """The source is wrong on everything from the start: a content attack would not move."""
    target, x, y = linear(classes=3, seed=0)
    source, _, _ = linear(classes=3, seed=0)
    source.name, source.slack = "source", np.inf
    source.bias = source.bias + 1e4 * np.eye(3)[0]
    right = y != 0
    found = {}
    for slack in (0.0, np.inf):
        source.slack = slack
        run = evaluation(tmp_path / str(slack), target, x[right], y[right])
        run.sources = [Source(source, "a")]
        row = run.run(small_suite("transfer", cascade=True), [Ball(Norm.LINF, 8)])[0]
        found[slack] = row.gained
    assert found[np.inf] > found[0.0]


def test_points_of_another_source_are_not_taken(tmp_path):
    target, x, y = linear(classes=3, seed=0)
    target.surfaces = ()
    rows = []
    for seed, digest_of_source in ((1, "one"), (2, "two")):
        source, _, _ = linear(classes=3, seed=seed)
        source.name, source.slack = "source", np.inf
        run = evaluation(tmp_path, target, x, y, sources=[Source(source, digest_of_source)])
        rows.append(run.run(small_suite("transfer", cascade=True), [Ball(Norm.LINF, 8)])[0])
    assert not np.array_equal(rows[0].points, rows[1].points)
