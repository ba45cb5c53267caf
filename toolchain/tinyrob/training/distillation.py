"""Robust distillation: a small network learns from a robust teacher what to answer under attack.

- RSLAD: Zi et al., "Revisiting Adversarial Robustness Distillation: Robust Soft Labels Make Student
  Better" (ICCV 2021, arXiv 2108.07969): the student, attacked away from the teacher's labels for
  the clean input, is to answer with these all the same.
- AdaAD: Huang et al., "Boosting Accuracy and Robustness of Student Models via Adaptive Adversarial
  Distillation" (CVPR 2023): the input is moved to where student and teacher differ most, and there
  the student is to answer as the teacher does *there*.
- IGDM: Lee, Cho and Kim, "Indirect Gradient Matching for Adversarial Robust Distillation" (2023,
  arXiv 2312.03286): on top of either, the student's logits are to change along the attack as the
  teacher's do, which for nearly linear networks means that their input gradients agree.

All logits are (N, C); inputs are real values as in ``tinyrob.training.adversarial``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinyrob.tf import tensorflow
from tinyrob.training.adversarial import HIGH, LOW, climb, divergence, nudged

Network = Callable[[Any], Any]


def rslad(student: Network, soft: Any, x: Any, eps: Any, step: Any, n: int, seed: Any) -> Any:
    """Inputs moved to where the student diverges most from ``soft``, the teacher's logits at x."""
    return climb(lambda z: divergence(soft, student(z)), x, nudged(x, seed), eps, step, n)


def adaad(
    student: Network, teacher: Network, x: Any, eps: Any, step: Any, n: int, seed: Any
) -> Any:
    """Inputs moved to where student and teacher differ most, by the slope of both."""
    return climb(lambda z: divergence(teacher(z), student(z)), x, nudged(x, seed), eps, step, n)


def mirrored(x: Any, attacked: Any) -> Any:
    """``x`` moved as far the other way as ``attacked`` is, within the input's range."""
    tf = tensorflow()
    return tf.clip_by_value(2.0 * x - attacked, LOW, HIGH)


def gradient_gap(teacher: tuple[Any, Any], student: tuple[Any, Any]) -> Any:
    """IGDM's term of each row (N,): how differently logits change between two points.

    ``teacher`` and ``student`` are the logits at the attacked input and at its mirror image; the
    differences are compared as classes' probabilities are, by the divergence of their softmax.
    """
    return divergence(teacher[0] - teacher[1], student[0] - student[1])
