"""What changes on the way: the learning rate, the attacks' radius and steps, what is quantized.

The rate has a linear ramp, then is constant or half a cosine, in each phase.
"""

from __future__ import annotations

import dataclasses
import math

from tinyrob.models.recipe import Adversarial, Training

RAMP = 0.05  # of the phase's steps
WARMUP_FLOOR = 0.1  # where the warm-up's cosine ends, as a share of its peak


def learning_rate(training: Training, epoch: int, step: int, steps: int) -> float:
    """The rate of batch ``step`` (of ``steps``) of ``epoch``, both from 0.

    The float warm-up and the quantized epochs (``qat`` and ``settle`` together) are a phase each,
    with a ramp at its beginning; the quantized ones' starts from ``begin``, if the recipe has it.
    The last quantized step's rate is near 0.
    """
    epochs, rates = training.epochs, training.learning_rate
    if epochs.phase(epoch) == "warmup":
        peak, floor, first, count = rates.warmup, WARMUP_FLOOR, 0, epochs.warmup
        begin = 0.0
    else:
        peak, floor, first, begin = rates.qat, 0.0, epochs.warmup, rates.begin
        count = epochs.qat + epochs.settle
    total = count * steps
    done = (epoch - first) * steps + step
    ramp = max(1, int(RAMP * total))
    if done < ramp:
        if begin:
            return begin + (peak - begin) * done / ramp
        return peak * (done + 1) / (ramp + 1)
    if training.schedule == "constant":
        return peak
    part = (done - ramp) / max(1, total - ramp)
    return peak * (floor + (1.0 - floor) * 0.5 * (1.0 + math.cos(math.pi * part)))


def strength(adversarial: Adversarial, epoch: int, step: int, steps: int) -> float:
    """The share (0, 1] of the radius in batch ``step`` (of ``steps``) of ``epoch``, from 0."""
    return min(1.0, (epoch * steps + step + 1) / max(1, adversarial.ramp * steps))


def attack(adversarial: Adversarial, epoch: int, total: int) -> Adversarial:
    """The attack of ``epoch`` (from 0, of ``total``): as many steps as its stage has.

    Together they reach as far as before: fast training divides its way by their number itself.
    """
    steps = adversarial.steps
    for start, count in adversarial.stages:
        if epoch >= start * total:
            steps = count
    if steps == adversarial.steps:
        return adversarial
    way = 1.0 if adversarial.method == "fast" else adversarial.steps / steps
    return dataclasses.replace(adversarial, steps=steps, step=adversarial.step * way)


def easing(training: Training, epoch: int, step: int, steps: int) -> float:
    """The share (0, 1] of weights that are quantized in batch ``step`` of ``epoch``."""
    if training.ease == 0:
        return 1.0
    done = (epoch - training.epochs.warmup) * steps + step + 1
    over = min(training.ease, training.epochs.qat)  # a run of fewer epochs eases over fewer
    return min(1.0, max(0.0, done / (over * steps)))
