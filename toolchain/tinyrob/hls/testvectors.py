"""The testbench's vectors: real images where there are any, attacked ones where asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tinyrob.data.about import load as load_known
from tinyrob.data.dataset import to_int8
from tinyrob.deployable import Deployable
from tinyrob.errors import DataError
from tinyrob.hls.project import Vectors
from tinyrob.ir.interp import interpret
from tinyrob.run.base import Int8Array

SEED = 20260101


def clean(model: Deployable, count: int, data_dir: Path | None = None) -> Vectors:
    """``count`` inputs: the dataset's test split, then its training split, then random ones.

    The first two only where the dataset is known and there. Outputs are those of the graph's
    interpreter, which equals the frozen model and TFLite Micro.
    """
    shape = model.graph.tensors[model.graph.inputs[0]].sample_shape
    parts: list[Int8Array] = []
    words: list[str] = []
    if model.dataset is not None:
        try:
            source = load_known(model.about, model.dataset, data_dir)
            splits = [("test", source.x_test), ("training", source.x_train)]
        except DataError:
            splits = []
        for split, images in splits:
            missing = count - sum(map(len, parts))
            if missing > 0 and images.shape[1:] == shape:
                parts.append(to_int8(images[:missing]))
                words.append(f"{len(parts[-1]):,} of the {split} split of {model.dataset}")
    missing = count - sum(map(len, parts))
    if missing > 0:
        rng = np.random.default_rng(SEED)
        parts.append(rng.integers(-128, 128, (missing, *shape), dtype=np.int8))
        words.append(f"{missing:,} random (seed {SEED})")
    inputs = np.concatenate(parts)
    return Vectors(inputs, interpret(model.graph, inputs), ", ".join(words))


def joined(one: Vectors, other: Vectors) -> Vectors:
    """Both, in this order."""
    return Vectors(
        np.concatenate([one.inputs, other.inputs]),
        np.concatenate([one.outputs, other.outputs]),
        f"{one.origin}; {other.origin}",
    )
