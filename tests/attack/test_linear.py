"""On a linear network the smallest perturbation has a closed form: attacks must find it."""

from __future__ import annotations

import numpy as np
import pytest

from support.targets import linear
from tinyrob.attack.apgd import APGD, checkpoints
from tinyrob.attack.art_attacks import Boundary, CarliniWagner, DeepFool, HopSkipJump, Zoo
from tinyrob.attack.attacks import Ball, Noise, along_ray
from tinyrob.attack.grid import Norm, distance, inside
from tinyrob.attack.pgd import PGD, fgsm
from tinyrob.attack.square import Square, window
from tinyrob.attack.target import fooled

GRADIENT = {
    "fgsm": fgsm(),
    "pgd-20": PGD(steps=20),
    "pgd-100": PGD(steps=100, restarts=2),
    "apgd-ce": APGD(steps=50),
    "apgd-dlr": APGD(steps=50, loss="dlr"),
}


@pytest.mark.parametrize("name", GRADIENT)
def test_linf_gradient_attacks_break_exactly_what_can_be_broken(name):
    target, x, y = linear(classes=2)
    needed = target.needed(x, y, "linf")
    for eps in (4, 8, 16):
        found = GRADIENT[name](target, x, y, Ball(Norm.LINF, eps), seed=0)
        assert inside(found, x, Norm.LINF, eps).all()
        assert np.array_equal(fooled(target.logits(found), y), needed < eps)
    assert 0 < (needed < 8).sum() < len(x)


@pytest.mark.parametrize("name", GRADIENT)
def test_l2_gradient_attacks_break_what_can_be_broken(name):
    target, x, y = linear(classes=2, shape=(6, 6, 1))
    needed = target.needed(x, y, "l2")
    found = GRADIENT[name](target, x, y, Ball(Norm.L2, 40.0), seed=0)
    assert inside(found, x, Norm.L2, 40.0).all()
    broken = fooled(target.logits(found), y)
    assert not broken[needed > 40.0].any()
    assert broken[needed < 0.95 * 40.0].all()  # the grid costs a few per cent of an L2 ball
    assert 0 < broken.sum() < len(x)


def test_targeted_apgd_finds_the_nearest_of_many_classes():
    target, x, y = linear(classes=6)
    needed = target.needed(x, y, "linf")
    found = APGD(steps=50, loss="dlr", targets=5)(target, x, y, Ball(Norm.LINF, 6), seed=0)
    assert np.array_equal(fooled(target.logits(found), y), needed < 6)


@pytest.mark.parametrize("shape", [(6, 6, 1), (8, 3, 2), (20,)])
@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_square_comes_close_without_gradients(norm, shape):
    target, x, y = linear(classes=2, shape=shape, count=30)
    target.surfaces = ()
    needed = target.needed(x, y, norm.value)
    eps = float(np.median(needed))
    found = Square(queries=800)(target, x, y, Ball(norm, eps), seed=0)
    assert inside(found, x, norm, eps).all()
    broken = fooled(target.logits(found), y)
    assert not broken[needed > eps].any()
    assert broken[needed < 0.7 * eps].mean() > 0.9


MINIMAL = {
    "deepfool": (DeepFool(), Norm.L2, 1.06),
    "cw": (CarliniWagner(), Norm.L2, 1.2),
    "hopskipjump-l2": (HopSkipJump(steps=12, evaluations=200), Norm.L2, 1.6),
    "hopskipjump-linf": (HopSkipJump(steps=12, evaluations=200), Norm.LINF, 2.2),
    "boundary": (Boundary(steps=200), Norm.L2, 1.8),
    "zoo": (Zoo(steps=60), Norm.L2, 2.5),
}


@pytest.mark.parametrize("name", MINIMAL)
def test_minimal_attacks_come_near_the_smallest_perturbation(name):
    attack, norm, factor = MINIMAL[name]
    target, x, y = linear(classes=3, count=6)
    needed = target.needed(x, y, norm.value)
    delta = attack(target, x, y, norm, seed=0)
    found = along_ray(target, x, y, delta, Ball(norm, 250.0))
    assert fooled(target.logits(found), y).all()
    reached = distance(found, x, norm)
    assert (reached > needed - 1e-6).all()
    # Two steps of the grid are allowed beside the factor: some margins here are that small.
    assert np.median(reached / (needed + 2)) < factor


def test_minimal_attacks_respect_a_ball():
    target, x, y = linear(classes=3, count=20)
    needed = target.needed(x, y, "l2")
    delta = DeepFool()(target, x, y, Norm.L2, seed=0)
    found = along_ray(target, x, y, delta, Ball(Norm.L2, 12.0))
    assert inside(found, x, Norm.L2, 12.0).all()
    broken = fooled(target.logits(found), y)
    assert not broken[needed > 12.0].any()
    assert broken[needed < 9.0].all()


def test_noise_is_far_weaker_than_the_gradient():
    target, x, y = linear(classes=2)
    ball = Ball(Norm.LINF, 16)
    noise = fooled(target.logits(Noise()(target, x, y, ball, seed=0)), y).sum()
    assert noise < fooled(target.logits(fgsm()(target, x, y, ball, seed=0)), y).sum() / 2


@pytest.mark.parametrize("attack", [PGD(steps=5), APGD(steps=5), Square(queries=50), Noise()])
def test_the_same_seed_gives_the_same_bytes(attack):
    target, x, y = linear(classes=3)
    ball = Ball(Norm.LINF, 5)
    one, same = (attack(target, x, y, ball, seed=7) for _ in range(2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, attack(target, x, y, ball, seed=8))


def test_seeded_art_attacks_are_repeatable():
    target, x, y = linear(classes=3, count=2)
    attack = HopSkipJump(steps=3, evaluations=50)
    one, same = (attack(target, x, y, Norm.L2, seed=3) for _ in range(2))
    assert np.array_equal(one, same)


def test_broken_examples_leave_the_batch():
    target, x, y = linear(classes=2)
    seen = []
    answer = target.surfaces[0].step
    target.surfaces[0].step = lambda q, *rest: seen.append(len(q)) or answer(q, *rest)
    PGD(steps=20)(target, x, y, Ball(Norm.LINF, 8), seed=0)
    assert seen[-1] < seen[0] == len(x)


def test_square_stops_asking_for_broken_examples():
    target, x, y = linear(classes=2, count=20)
    needed = target.needed(x, y, "linf")
    target.queries = 0
    Square(queries=300)(target, x, y, Ball(Norm.LINF, float(needed.max() * 3)), seed=0)
    assert target.queries < 20 * 300 / 4


def test_apgd_checkpoints_are_the_papers():
    assert checkpoints(100)[:4] == [0, 22, 41, 57]
    assert checkpoints(100)[-1] <= 100


@pytest.mark.parametrize("shape", [(32, 32), (8, 8), (49, 10), (20, 1), (1, 1)])
def test_windows_fit(shape):
    for share in (0.8, 0.3, 0.01, 0.0001):
        tall, wide = window(*shape, share, least=1)
        assert 1 <= tall <= shape[0]
        assert 1 <= wide <= shape[1]
