"""Convolutions of which two triples of pixels share weights: exact, wherever an image ends."""

from __future__ import annotations

import numpy as np

from support.layers import windows_of
from support.target import differing
from tinyrob.emit.c import emit_model
from tinyrob.ir.interp import interpret

SHAPES = [
    (30, 30, 16),  # whole triples of pixels, and of two
    (31, 31, 15),  # one pixel is left; the last pair is one channel
    (29, 32, 16),  # four
    (29, 31, 17),  # five
]
"""Height, width, output channels of a 3x3 convolution of three channels."""


def test_images_of_any_size_equal_the_interpreter() -> None:
    graphs = [windows_of(np.random.default_rng(1), *shape) for shape in SHAPES]
    inputs = [
        np.random.default_rng(2)
        .integers(-128, 128, (1, *graph.tensors[graph.inputs[0]].shape[1:]))
        .astype(np.int8)
        for graph in graphs
    ]
    expected = [interpret(graph, x) for graph, x in zip(graphs, inputs, strict=True)]
    models = [emit_model(graph, "dsp", bytes(16)) for graph in graphs]
    for model in models:
        assert b".ring = 2" in model.plan.files["model/tr_model.c"]
    assert differing(models, inputs, expected) == []
