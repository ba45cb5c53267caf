"""What a build's program must hear: the features in NumPy, the network in the interpreter."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tinyrob.emit.listen import posteriors_of
from tinyrob.features import compute
from tinyrob.features.decisions import Decisions, detections, heard
from tinyrob.features.spec import Features
from tinyrob.ir.fixedpoint import softmax
from tinyrob.ir.graph import Graph
from tinyrob.ir.interp import interpret
from tinyrob.listen.heard import Detection, Heard, State
from tinyrob.listen.sound import milliseconds

_BATCH = 256  # inferences


def listen(
    graph: Graph,
    features: Features,
    how: Decisions,
    classes: tuple[str, ...],
    samples: NDArray[np.int16],
) -> Heard:
    """What the app ``listen`` makes of int16 ``samples`` (n,), a whole number of hops."""
    rows = compute.of_stream(features, samples)
    outputs, hop_of = _inferences(graph, features, how, rows)
    posteriors = _posteriors(graph, outputs)
    found = tuple(
        Detection(
            milliseconds(features, hop_of[one.inference]),
            classes[one.label],
            one.score / how.window / 256,
        )
        for one in detections(how, heard(classes, len(classes)), posteriors)
    )
    states = tuple(_states(features, how, rows, outputs, posteriors, hop_of, len(samples)))
    seconds = states[-1].t if states else 0.0
    return Heard("reference", seconds, classes, found, states)


def posteriors(
    graph: Graph, features: Features, how: Decisions, samples: NDArray[np.int16]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of all inferences (N, classes) in [0, 255], and after which hop each was made."""
    outputs, hop_of = _inferences(graph, features, how, compute.of_stream(features, samples))
    return _posteriors(graph, outputs), hop_of


def hop_after(features: Features, frames: NDArray[np.int64]) -> NDArray[np.int64]:
    """After how many hops of samples so many frames are complete."""
    ends = (frames - 1) * features.hop + features.frame
    return -(-ends // features.hop)


def _inferences(
    graph: Graph, features: Features, how: Decisions, rows: NDArray[np.int8]
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """The network's outputs (N, classes), and after which hop each was made."""
    tensor = graph.tensors[graph.inputs[0]]
    count = graph.tensors[graph.outputs[0]].elements
    if len(rows) < features.frames:
        return np.empty((0, count), np.int8), np.empty(0, np.int64)
    windows = sliding_window_view(rows, features.frames, axis=0)[:: how.stride].swapaxes(1, 2)
    batch = len(windows) if graph.stateful else _BATCH  # a state goes on to the end
    outputs = [
        interpret(graph, windows[i : i + batch].reshape(-1, *tensor.sample_shape))
        for i in range(0, len(windows), batch)
    ]
    complete = features.frames + how.stride * np.arange(len(windows))
    return np.concatenate(outputs).reshape(-1, count), hop_after(features, complete)


def _posteriors(graph: Graph, outputs: NDArray[np.int8]) -> NDArray[np.int64]:
    factor = posteriors_of(graph)
    made = outputs if factor is None or not len(outputs) else softmax(outputs, factor)
    return made.astype(np.int64) + 128


def _states(
    features: Features,
    how: Decisions,
    rows: NDArray[np.int8],
    outputs: NDArray[np.int8],
    posteriors: NDArray[np.int64],
    hop_of: NDArray[np.int64],
    samples: int,
) -> Iterator[State]:
    """One after each second, with the first hop that reaches it."""
    hops = samples // features.hop
    complete = hop_after(features, np.arange(1, len(rows) + 1))
    crc_features = crc_logits = 0
    frames = made = second = 0
    sums = np.zeros(posteriors.shape[1], np.int64)
    for hop in range(1, hops + 1):
        while frames < len(rows) and complete[frames] <= hop:
            crc_features = zlib.crc32(rows[frames].tobytes(), crc_features)
            frames += 1
        while made < len(outputs) and hop_of[made] <= hop:
            crc_logits = zlib.crc32(outputs[made].tobytes(), crc_logits)
            sums = posteriors[max(0, made + 1 - how.window) : made + 1].sum(0)
            made += 1
        second += features.hop
        if second >= features.rate:
            second -= features.rate
            mean = tuple(float(x) / how.window / 256 for x in sums)
            yield State(milliseconds(features, hop), crc_features, crc_logits, mean)
