"""A stream's inputs, and its outputs against those of the whole network, window by window."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tinyrob.errors import DataError
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.project.build_folder import BuildFolder
from tinyrob.project.manifest import Manifest, Signature
from tinyrob.project.streaming import Streaming
from tinyrob.run.base import Array, Progress
from tinyrob.run.batch import parts
from tinyrob.validate import vectors
from tinyrob.validate.vectors import Given, Vectors


@dataclass(frozen=True)
class Windows:
    """A stream against the whole network: ``compared`` outputs, of which so many ``mismatches``
    differ, by up to ``max_lsb`` steps of their grid."""

    compared: int
    mismatches: int
    max_lsb: int


def chosen(
    manifest: Manifest,
    inputs: Given | None = None,
    labels: Given | None = None,
    dataset: str | None = None,
    count: int | None = None,
    data_dir: Path | None = None,
    steps: int | None = None,
) -> Vectors:
    """As ``vectors.chosen``. Of a stream, whole windows (a dataset's, or arrays of their shape)
    become sequences of pushes, and labels are of each one's last output.

    Raises DataError.
    """
    stream = manifest.stream
    if stream is None:
        return vectors.chosen(manifest, inputs, labels, dataset, count, data_dir, steps)
    windows = _windows(manifest, stream)
    if inputs is None and dataset is None and manifest.dataset is None:
        if labels is None:
            wanted = count or max(vectors.default_count(windows), 2 * stream.pushes + 2)
            count = wanted if steps is None else -(-wanted // steps) * steps
        return vectors.chosen(manifest, inputs, labels, dataset, count, data_dir, steps)
    try:
        whole = vectors.chosen(windows, inputs, labels, dataset, count, data_dir)
    except DataError:
        if inputs is None:
            raise
        return vectors.chosen(manifest, inputs, labels, dataset, count, data_dir, steps)
    if steps is not None:
        raise DataError(
            "whole windows are sequences already, of as many pushes as fill one",
            "leave the sequence out, or give the steps of each push",
        )
    frames = pushed(whole.inputs, stream, zero_of(whole.inputs, manifest.input))
    ends = np.arange(1, len(whole.inputs) + 1) * stream.pushes - 1
    judged = None if whole.labels is None else ends
    return Vectors(frames, whole.labels, whole.source, None, judged).in_sequences(stream.pushes)


def _windows(manifest: Manifest, stream: Streaming) -> Manifest:
    """The manifest of a network that takes whole windows, and costs as much as all their pushes."""
    shown = dataclasses.replace(manifest.input, shape=stream.shape)
    macs = max(manifest.macs * stream.pushes, stream.macs)
    return dataclasses.replace(manifest, input=shown, inputs=(shown,), macs=macs)


def zero_of(inputs: Array, signature: Signature) -> Any:
    """What stands for zero in ``inputs``, which are integers of the grid or the model's own."""
    if inputs.dtype.kind == "f":
        return inputs.dtype.type(0)
    shift = 128 if inputs.dtype == np.uint8 and signature.inner == "int8" else 0
    return inputs.dtype.type(signature.zero_point + shift)


def pushed(windows: Array, stream: Streaming, zero: Any) -> Array:
    """Windows (N, *window shape) as pushes (N * pushes, *push shape), each window's one after the
    other; zeros stand in front of one that is no whole number of pushes."""
    axis = 1 + stream.axis
    missing = stream.pushes * stream.steps - stream.window
    pads = [(missing, 0) if i == axis else (0, 0) for i in range(windows.ndim)]
    padded = np.pad(windows, pads, constant_values=zero)
    split = np.stack(np.split(padded, stream.pushes, axis), 1)
    return np.ascontiguousarray(split.reshape(-1, *split.shape[2:]))


def windows_of(pushes: Array, stream: Streaming, steps: int | None, zero: Any) -> Array:
    """For each push (N, *push shape) the window (N, *window shape) that ends with it; sequences of
    ``steps`` pushes (None: one) begin after zeros."""
    each = steps or len(pushes)
    found = []
    for start in range(0, len(pushes), each):
        line = np.concatenate(list(pushes[start : start + each]), stream.axis)
        pads = [(stream.window - stream.steps, 0) if i == stream.axis else (0, 0)
                for i in range(line.ndim)]  # fmt: skip
        line = np.pad(line, pads, constant_values=zero)
        windows = sliding_window_view(line, stream.window, stream.axis)
        windows = np.moveaxis(windows, (stream.axis, -1), (0, stream.axis + 1))
        found.append(windows[:: stream.steps])
    return np.concatenate(found)


def against_whole(
    folder: BuildFolder, given: Vectors, outputs: Array, progress: Progress | None = None
) -> Windows:
    """Every output of a stream against what TFLite Micro makes of the whole window.

    Raises what that runner raises.
    """
    from tinyrob.run.tflm import TflmRunner

    manifest, stream = folder.manifest, folder.manifest.stream
    assert stream is not None
    content = folder.window.read_bytes()
    graph = read_tflite(content, manifest.model)
    windows = windows_of(given.inputs, stream, given.steps, zero_of(given.inputs, manifest.input))
    with TflmRunner(content, graph) as runner:
        expected = parts(runner.run(windows, progress).outputs)
    differs = np.zeros(len(windows), bool)
    largest = 0
    signatures = manifest.outputs or (manifest.output,)
    shapes = [graph.tensors[i].sample_shape for i in graph.outputs]
    for mine, theirs, axis, shape, signature in zip(
        expected, parts(outputs), stream.outputs, shapes, signatures, strict=True
    ):
        if axis is not None:
            rows = range(shape[axis] - signature.shape[axis], shape[axis])
            mine = mine.reshape(-1, *shape).take(rows, axis + 1).reshape(len(mine), -1)
        apart = np.abs(mine.astype(np.float64) - theirs)
        if signature.dtype == "float32":
            apart = np.maximum(np.rint(apart / signature.scale), apart > 0)
        differs |= (apart > 0).any(axis=1)
        largest = max(largest, int(apart.max(initial=0)))
    return Windows(len(windows), int(differs.sum()), largest)
