"""Adversarial weight perturbation against its closed form on a quadratic."""

from __future__ import annotations

import numpy as np

from tinyrob.tf import tensorflow
from tinyrob.training.weight_perturbation import kernels, perturbed


def test_each_kernel_moves_up_the_slope_by_a_share_of_its_norm_and_comes_back_to_the_bit():
    tf = tensorflow()
    generator = np.random.default_rng(0)
    start = generator.normal(size=(3, 4)).astype(np.float32), np.full((2, 2), 1e-3, np.float32)
    scales = generator.uniform(0.5, 2.0, (3, 4)).astype(np.float32), np.float32(1.0)
    variables = [tf.Variable(v) for v in start]

    def loss():
        return sum(tf.reduce_sum(s * v**2) for s, v in zip(scales, variables, strict=True))

    before = float(loss())
    with perturbed(loss, variables, 0.1):
        for was, scale, variable in zip(start, scales, variables, strict=True):
            slope = 2.0 * scale * was
            step = 0.1 * np.linalg.norm(was) * slope / np.linalg.norm(slope)
            assert np.allclose(variable.numpy(), was + step, rtol=1e-5)
        assert float(loss()) > before
    for was, variable in zip(start, variables, strict=True):
        assert (variable.numpy() == was).all()


def test_a_kernel_without_a_slope_stays():
    tf = tensorflow()
    variable = tf.Variable(np.ones((2, 2), np.float32))
    with perturbed(lambda: tf.reduce_sum(0.0 * variable), [variable], 0.5):
        assert (variable.numpy() == 1.0).all()


def test_biases_and_normalizations_are_no_kernels():
    tf = tensorflow()
    variables = [tf.Variable(np.zeros(shape, np.float32)) for shape in ((3, 3, 1, 2), (2,), (4, 2))]
    assert [v.shape.rank for v in kernels(variables)] == [4, 2]
