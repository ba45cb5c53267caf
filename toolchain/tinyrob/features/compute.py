"""Samples to features, whatever their kind: in integers, as firmware computes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyrob.features import mel, micro
from tinyrob.features.spec import Features, Mel, Microfrontend

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]


def of_streams(features: Features, samples: Int16, gains: NDArray[np.int64] | None = None) -> Int8:
    """All frames (N, frames, width) of N streams of int16 ``samples`` (N, n), from their start.

    ``gains`` (N, bands), in Q9 octaves of power, are those of a filter that each went through.
    """
    if isinstance(features, Microfrontend):
        return micro.of_streams(features, samples, gains)
    assert isinstance(features, Mel)
    return mel.of_streams(features, samples, gains)


def of_stream(features: Features, samples: Int16) -> Int8:
    """All frames (frames, width) of a stream of int16 ``samples`` (n,)."""
    return np.asarray(of_streams(features, samples[None])[0])


def inputs(features: Features, samples: Int16, gains: NDArray[np.int64] | None = None) -> Int8:
    """A network's inputs (N, frames, width, 1) from the first ``features.samples`` of each of the
    recordings (N, n); what is shorter is followed by zeros. ``gains``: as of ``of_streams``."""
    missing = features.samples - samples.shape[1]
    whole = np.pad(samples, ((0, 0), (0, max(0, missing))))[:, : features.samples]
    return of_streams(features, whole, gains)[..., None]
