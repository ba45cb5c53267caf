"""The learning rate at a step: a linear ramp, then constant or half a cosine, in each phase."""

from __future__ import annotations

import math

from tinyrob.models.recipe import Training

RAMP = 0.05  # of the phase's steps
WARMUP_FLOOR = 0.1  # where the warm-up's cosine ends, as a share of its peak


def learning_rate(training: Training, epoch: int, step: int, steps: int) -> float:
    """The rate of batch ``step`` (of ``steps``) of ``epoch``, both from 0.

    The float warm-up and the quantized epochs (``qat`` and ``settle`` together) are a phase each.
    The last quantized step's rate is near 0.
    """
    epochs, rates = training.epochs, training.learning_rate
    if epochs.phase(epoch) == "warmup":
        peak, floor, first, count = rates.warmup, WARMUP_FLOOR, 0, epochs.warmup
    else:
        peak, floor, first = rates.qat, 0.0, epochs.warmup
        count = epochs.qat + epochs.settle
    total = count * steps
    done = (epoch - first) * steps + step
    ramp = max(1, int(RAMP * total))
    if done < ramp:
        return peak * (done + 1) / (ramp + 1)
    if training.schedule == "constant":
        return peak
    part = (done - ramp) / max(1, total - ramp)
    return peak * (floor + (1.0 - floor) * 0.5 * (1.0 + math.cos(math.pi * part)))
