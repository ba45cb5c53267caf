"""Networks with deliberately masked gradients raise the flags; an honest one raises none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from support.targets import LinearTarget, dense, linear
from tinyrob.attack.attacks import Ball
from tinyrob.attack.evaluate import Evaluation
from tinyrob.attack.gradient_target import GraphTarget
from tinyrob.attack.grid import Norm
from tinyrob.attack.masking import find_flags, zero_gradients
from tinyrob.attack.square import Square
from tinyrob.attack.store import Store
from tinyrob.attack.suites import ATTACKS, Suite
from tinyrob.attack.target import fooled


def flags(tmp_path, target, x, y, names, eps=8.0, **changes):
    """The flags that a suite of these attacks raises."""
    specs = tuple(
        replace(ATTACKS[name], **changes.get(name.replace("-", "_"), {})) for name in names
    )
    evaluation = Evaluation(target, target, x, y, Store(tmp_path))
    rows = evaluation.run(Suite("test", specs, len(x)), [Ball(Norm.LINF, eps)])
    found = find_flags(rows, float(evaluation.clean.mean()), zero_gradients(target, x, y))
    return {flag.name: flag for flag in found}


def nothing(q, gradient):
    return np.zeros_like(gradient)


def shattered(q, gradient):
    """Signs that have nothing to do with the slope (Athalye et al.: shattered gradients)."""
    return np.sign(np.sin(1e4 * (q.astype(np.float32) + 1))) * np.abs(gradient)


SQUARE = {"square": {"attack": Square(queries=300), "cascade": True}}


def test_an_honest_network_raises_none(tmp_path):
    target, x, y = linear(classes=2, count=80)
    assert flags(tmp_path, target, x, y, ["noise", "fgsm", "pgd-20", "square"], 4.0, **SQUARE) == {}


def test_no_gradient_at_all(tmp_path):
    target, x, y = linear(classes=2, mask=nothing)
    found = flags(tmp_path, target, x, y, ["fgsm", "pgd-20", "square"], **SQUARE)
    assert found["zero-gradients"].taints in ("fgsm", "pgd-20")
    assert "100%" in found["zero-gradients"].text


def test_a_real_network_whose_first_layer_saturates_has_zero_gradients():
    """Gain first: every hidden value sits at an end of its int8 range, and clamps pass nothing."""
    random = np.random.default_rng(0)
    kernel = np.where(random.random((8, 12)) < 0.5, -31, 31)
    head = random.integers(-3, 4, (12, 3))
    graph = dense([(kernel, np.ones(12), -7), (head, np.ones(3), -4)])
    target = GraphTarget(graph, exact=True)
    x = random.integers(-128, 128, (60, 8)).astype(np.int8)
    y = target.logits(x).argmax(axis=1).astype(np.int64)
    shares = zero_gradients(target, x, y)
    assert shares["quantized"] > 0.05
    assert shares["shadow"] > 0.05
    open_graph = dense([(np.sign(kernel), np.ones(12), -4), (head, np.ones(3), -4)])
    honest = GraphTarget(open_graph, exact=True)
    y = honest.logits(x).argmax(axis=1).astype(np.int64)
    assert max(zero_gradients(honest, x, y).values()) <= 0.05


def test_square_beating_white_box(tmp_path):
    target, x, y = linear(classes=2, mask=shattered)
    found = flags(tmp_path, target, x, y, ["fgsm", "pgd-20", "square"], **SQUARE)
    assert found["square-beats-white-box"].taints == "worst-case"
    assert "no white-box attack broke" in found["square-beats-white-box"].text


def test_a_decision_based_attack_beating_white_box(tmp_path):
    target, x, y = linear(classes=2, mask=shattered, count=15)
    names = ["pgd-20", "hopskipjump"]
    assert "black-box-beats-white-box" in flags(tmp_path, target, x, y, names, eps=16.0)


def test_single_step_beating_iterative(tmp_path):
    """The slope shows at the clean inputs only: FGSM looks there, PGD's random starts do not."""
    target, x, y = linear(classes=2)
    clean = {one.tobytes() for one in x}

    def at_home(q, gradient):
        known = np.array([one.tobytes() in clean for one in q])
        return gradient * known.reshape(-1, 1, 1, 1)

    target.surfaces[0].mask = at_home
    found = flags(tmp_path, target, x, y, ["fgsm", "pgd-20"])
    assert found["single-step-wins"].taints == "pgd-20"


def test_accuracy_that_does_not_fall_as_eps_grows(tmp_path):
    target, x, y = linear(classes=2, mask=nothing)
    found = flags(tmp_path, target, x, y, ["pgd-20"])
    assert "eps 128" in found["large-eps-survives"].text


def test_random_noise_that_hurts(tmp_path):
    target, x, y = linear(classes=2, mask=nothing)
    found = flags(tmp_path, target, x, y, ["noise", "pgd-20"], eps=40.0)
    assert "random noise alone" in found["noise-hurts"].text


def test_more_iterations_that_still_help(tmp_path):
    """No slope, so that every example falls by the luck of a start: more tries, more luck."""
    target, x, y = linear(classes=2, mask=nothing, count=150)
    found = flags(tmp_path, target, x, y, ["pgd-20", "pgd-100"], eps=30.0)
    assert found["iterations-still-help"].taints == "pgd-100"


def test_straight_through_and_shadow_together_beat_either(tmp_path):
    """Each surface sees half of the inputs' slope: what one misses the other breaks."""
    target, x, y = linear(classes=2)
    other = LinearTarget(target.weights, target.bias, target.shape).surfaces[0]
    target.surfaces[0].mask = lambda q, g: g * (np.arange(16) < 8).reshape(4, 4, 1)
    other.mask = lambda q, g: g * (np.arange(16) >= 8).reshape(4, 4, 1)
    other.name = "shadow"
    single, ball = target.surfaces, Ball(Norm.LINF, 8)
    both = (*single, other)
    broken = []
    for surfaces in (single, (other,), both):
        target.surfaces = surfaces
        broken.append(fooled(target.logits(ATTACKS["pgd-20"].attack(target, x, y, ball, 0)), y))
    assert broken[2].sum() >= max(broken[0].sum(), broken[1].sum())
    assert (broken[2] >= broken[0]).all()


@pytest.mark.parametrize("share", [0.0, 0.04])
def test_a_few_dead_examples_are_no_flag(share):
    assert find_flags([], 1.0, {"quantized": share}) == []


def test_gradients_of_another_network_taint_what_climbed_them(tmp_path):
    target, x, y = linear(classes=2)
    evaluation = Evaluation(target, target, x, y, Store(tmp_path))
    rows = evaluation.run(Suite("test", (ATTACKS["pgd-20"],), len(x)), [Ball(Norm.LINF, 8)])
    assert find_flags(rows, 1.0, {}, other_answers=0.02) == []
    (flag,) = find_flags(rows, 1.0, {}, other_answers=0.25)
    assert (flag.name, flag.taints) == ("attacks-another-network", "pgd-20")
    assert "25.0%" in flag.text
