"""Learning rates and augmentation: plain functions of their arguments."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyrob.models.recipe import Adversarial, Augment, Epochs, LearningRate, Training
from tinyrob.training.augment import MID_GREY, augment
from tinyrob.training.rates import learning_rate, strength

TRAINING = Training(Epochs(2, 3, 1), learning_rate=LearningRate(0.5, 0.25))


def rates(training, steps=50):
    return [
        learning_rate(training, e, s, steps)
        for e in range(training.epochs.total)
        for s in range(steps)
    ]


def test_each_phase_ramps_up_and_comes_down():
    all_rates = rates(TRAINING)
    warmup, quantized = all_rates[:100], all_rates[100:]
    for phase, peak in ((warmup, 0.5), (quantized, 0.25)):
        assert max(phase) == pytest.approx(peak)
        top = phase.index(max(phase))
        assert phase[:top] == sorted(phase[:top])
        assert phase[top:] == sorted(phase[top:], reverse=True)
    assert warmup[-1] == pytest.approx(0.05, rel=0.01)
    assert 0 < quantized[-1] < 1e-4


def test_constant_stays_at_its_peak():
    training = Training(Epochs(1, 1, 0), learning_rate=LearningRate(0.5, 0.25), schedule="constant")
    assert rates(training)[10:50] == [0.5] * 40
    assert rates(training)[60:] == [0.25] * 40


def test_quantized_epochs_begin_at_a_rate_of_the_recipes_own():
    training = Training(Epochs(2, 3, 1), learning_rate=LearningRate(0.5, 0.25, 0.05))
    warmup, quantized = rates(training)[:100], rates(training)[100:]
    assert warmup == rates(TRAINING)[:100]
    assert quantized[0] == 0.05
    assert quantized[:11] == sorted(quantized[:11])  # 5 % of 200 steps, then the cosine
    assert quantized[10:] == rates(TRAINING)[110:]
    lowered = Training(Epochs(2, 3, 1), learning_rate=LearningRate(0.5, 0.25, 0.4))
    assert rates(lowered)[100] == 0.4
    assert rates(lowered)[100:] == sorted(rates(lowered)[100:], reverse=True)


def test_a_single_step_has_a_rate():
    assert rates(Training(Epochs(0, 1, 0)), steps=1)[0] > 0


def test_the_radius_grows_over_the_ramp_and_stays():
    how = Adversarial("fast", 8.0, ramp=2)
    shares = [strength(how, epoch, step, 4) for epoch in range(4) for step in range(4)]
    assert shares == [(n + 1) / 8 for n in range(8)] + [1.0] * 8
    assert strength(Adversarial("fast", 8.0), 0, 0, 4) == 1.0


@given(st.integers(0, 4), st.booleans(), st.integers(0, 2**31))
def test_an_image_is_flipped_or_not_and_shifted_within_bounds(shift, flip, seed):
    image = np.arange(1, 1 + 6 * 5 * 2, dtype=np.uint8).reshape(6, 5, 2)
    result = augment(image[None], Augment(flip, shift), np.random.default_rng(seed))[0]
    padded = np.pad(
        image, ((shift, shift), (shift, shift), (0, 0)), constant_values=np.uint8(MID_GREY)
    )
    possible = [
        padded[top : top + 6, left : left + 5]
        if not mirror
        else np.pad(
            image[:, ::-1], ((shift, shift), (shift, shift), (0, 0)), constant_values=MID_GREY
        )[top : top + 6, left : left + 5]
        for top in range(2 * shift + 1)
        for left in range(2 * shift + 1)
        for mirror in ((False, True) if flip else (False,))
    ]
    assert any((result == one).all() for one in possible)


def test_both_flips_and_every_shift_happen():
    image = np.zeros((3, 3, 1), np.uint8)
    image[0, 0] = 255
    batch = np.repeat(image[None], 500, axis=0)
    done = augment(batch, Augment(True, 1), np.random.default_rng(0))
    where = {tuple(np.argwhere(one[..., 0] == 255)[0]) for one in done if (one == 255).any()}
    assert where == {(r, c) for r in (0, 1) for c in (0, 1, 2)} - {(0, 3)}


def test_no_augmentation_changes_nothing():
    batch = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    assert (augment(batch, Augment(), np.random.default_rng(0)) == batch).all()
