"""Quantization eased in: a share of weights and gains, growing, and at the end all of them."""

from __future__ import annotations

import numpy as np
import pytest

from tinyrob import tf as tinyrob_tf

tf = tinyrob_tf.tensorflow()

from tinyrob.models import quantizers, recipe_file, topologies  # noqa: E402
from tinyrob.models.recipe import Epochs, Training  # noqa: E402
from tinyrob.training import rates  # noqa: E402

RECIPE = """
name = "tiny"
dataset = "digits"
topology = { stem = { filters = 4 }, stages = [{ filters = 4 }] }
quantizers = { kernel = "ternary", layers = { stem = { kernel = 4 } } }
training = { epochs = { qat = 2 }, ease = 1 }
"""


@pytest.fixture(scope="module")
def model():
    return topologies.build(recipe_file.parse(RECIPE), (8, 8, 1), 10)


def kernels(model):
    """Each kernel as it is, and as its layer uses it."""
    layers = [layer for layer in model.layers if hasattr(layer, "kernel_quantizer_internal")]
    return [(k.kernel.numpy(), k.kernel_quantizer_internal(k.kernel).numpy()) for k in layers]


@pytest.mark.parametrize("kind", ["stochastic_ternary", "ternary", 4])
def test_a_share_of_each_kernel_is_quantized_and_what_is_stays_so(kind):
    quantizer = quantizers.kernel_quantizer(kind)
    values = tf.random.stateless_normal((3, 3, 32, 16), tf.constant([1, 2]))
    whole, before = quantizer(values).numpy(), None
    for share in (0.0, 0.25, 0.5, 1.0):
        quantizer.share = (share, 7)
        got = quantizer(values).numpy()
        done = got != values.numpy()
        assert done.mean() == pytest.approx(share, abs=0.02)
        assert (got[done] == whole[done]).all()
        assert before is None or done[before].all()
        before = done
    assert (got == whole).all()
    quantizer.share = None
    assert (quantizer(values).numpy() == whole).all()


def test_the_gradient_goes_through_both_parts(model):
    (stem,) = [layer for layer in model.layers if layer.name == "stem_kernel"]
    with quantizers.eased(model, tf.constant(0.5)), tf.GradientTape() as tape:
        total = tf.reduce_sum(stem.kernel_quantizer_internal(stem.kernel))
    assert np.allclose(tape.gradient(total, stem.kernel), 1.0)


def test_with_no_share_kernels_and_gains_are_the_float_networks(model):
    x = tf.random.stateless_uniform((20, 8, 8, 1), tf.constant([1, 2]), -1, 1)
    quantized = model(x, training=False).numpy()
    with quantizers.eased(model, tf.constant(0.0)):
        assert all((was == used).all() for was, used in kernels(model))
        norms = [layer for layer in model.layers if hasattr(layer, "power_of_two")]
        for norm in norms:
            norm.gamma.assign(1.3 * tf.ones_like(norm.gamma))
        gains = [norm._gain().numpy() for norm in norms]
    rounded = [norm._gain().numpy() for norm in norms]
    for norm, exact, whole in zip(norms, gains, rounded, strict=True):
        assert np.allclose(exact, 1.3 / np.sqrt(1.0001))
        assert np.allclose(whole, norm.gain())
        norm.gamma.assign(tf.ones_like(norm.gamma))
    assert (model(x, training=False).numpy() == quantized).all()  # nothing is left behind


def test_the_share_grows_over_the_first_quantized_epochs_to_all():
    training = Training(Epochs(2, 3, 1), ease=2)
    shares = [rates.easing(training, e, s, 4) for e in range(2, 6) for s in range(4)]
    assert shares == [(n + 1) / 8 for n in range(8)] + [1.0] * 8
    assert rates.easing(Training(Epochs(2, 3, 1)), 2, 0, 4) == 1.0
    shorter = Training(Epochs(0, 1, 1), ease=2)
    assert [rates.easing(shorter, 0, s, 4) for s in range(4)] == [0.25, 0.5, 0.75, 1.0]


def test_an_eased_epoch_trains_in_part_and_is_measured_whole(monkeypatch):
    from tinyrob import data
    from tinyrob.training import loop, phase
    from tinyrob.training.progress import TrainingProgress

    recipe, dataset = recipe_file.parse(RECIPE), data.load("digits")
    made = phase.Phase(recipe, dataset, "qat")
    seen, step = [], made.step

    def watched(*batch):
        seen.append(float(made.share))
        return step(*batch)

    made.step = watched
    record = loop._epoch(recipe, dataset, made, 0, TrainingProgress(10))
    assert seen == pytest.approx([(n + 1) / 10 for n in range(10)])
    made.share.assign(0.0)
    again = made.measure(recipe, dataset)
    assert again["test_accuracy"] == record["test_accuracy"]
