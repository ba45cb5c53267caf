"""Adversarial weight perturbation: Wu, Xia and Wang, "Adversarial Weight Perturbation Helps Robust
Generalization" (2020, arXiv 2004.05884).

The loss is lowered not where the weights are, but at a worse place near by, so that training ends
where the loss is flat. It helps most where training inputs are few and would be known by heart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tinyrob.tf import tensorflow

_TINY = 1e-12  # keeps a kernel without a slope where it is


def kernels(variables: Sequence[Any]) -> list[Any]:
    """Those of ``variables`` that are kernels: of more than one axis."""
    return [v for v in variables if len(v.shape) > 1]


@contextmanager
def perturbed(loss: Callable[[], Any], variables: Sequence[Any], size: float) -> Iterator[None]:
    """Inside, each of ``variables`` is moved along ``loss``'s slope by ``size`` times its norm.

    One step of the paper's, whose length is relative to each layer's weights. On leaving, the
    variables have their values back to the bit.
    """
    tf = tensorflow()
    with tf.GradientTape() as tape:
        value = loss()
    kept = [tf.identity(v) for v in variables]
    for variable, slope in zip(variables, tape.gradient(value, variables), strict=True):
        variable.assign_add(size * tf.norm(variable) / (tf.norm(slope) + _TINY) * slope)
    try:
        yield
    finally:
        for variable, was in zip(variables, kept, strict=True):
            variable.assign(was)
