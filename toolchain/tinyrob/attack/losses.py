"""What gradient attacks climb: per example, growing with the attack's success."""

from __future__ import annotations

from typing import Any

from tinyrob.attack.target import Loss

Value = Any  # a tf.Tensor


def loss_value(tf: Any, kind: Loss, raw: Value, labels: Value, goals: Value) -> Value:
    """The loss (N,) of logits ``raw`` (N, C); a goal of -1 means untargeted.

    ``ce``: cross-entropy. ``margin``: the best (or the goal's) logit over the label's (Carlini and
    Wagner 2017). ``dlr``: that margin over the spread of the largest logits, so that a network
    cannot hide by scaling its logits (Croce and Hein 2020, equations 6 and 7).
    """
    classes = raw.shape[1]
    own = tf.one_hot(labels, classes, dtype=raw.dtype)
    aimed = goals >= 0
    goal = tf.one_hot(tf.maximum(goals, 0), classes, dtype=raw.dtype)
    if kind == "ce":
        untargeted = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, raw)
        targeted = -tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(goals, 0), raw)
        return tf.where(aimed, targeted, untargeted)
    label_logit = tf.reduce_sum(raw * own, axis=1)
    best_other = tf.reduce_max(raw - 1e9 * own, axis=1)
    other = tf.where(aimed, tf.reduce_sum(raw * goal, axis=1), best_other)
    lead = other - label_logit
    if kind == "margin" or classes < 3:
        return lead
    top = tf.math.top_k(raw, min(4, classes)).values
    spread = top[:, 0] - top[:, 2]
    if classes > 3:
        spread = tf.where(aimed, top[:, 0] - (top[:, 2] + top[:, 3]) / 2, spread)
    return lead / (spread + 1e-12)
