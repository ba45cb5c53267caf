"""A frozen model made by hand: every kind of node, no TensorFlow."""

from __future__ import annotations

import numpy as np

from tinyrob.frozen.model import (
    Add,
    Clamp,
    Concatenate,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    FrozenModel,
    Grid,
    Input,
    MaxPool2D,
    Reshape,
    ZeroPad2D,
)


def every_kind(seed: int = 0) -> FrozenModel:
    """(6,5,2) pixels to 3 logits."""
    rng = np.random.default_rng(seed)
    image, wide, narrow = Grid(-7, -128, 127), Grid(-4, 0, 255), Grid(-4, -16, 15)

    def ternary(*shape: int) -> np.ndarray:
        return rng.integers(-1, 2, shape).astype(np.int8)

    def odd(count: int) -> np.ndarray:
        return 2 * rng.integers(-100, 100, count) + 1

    steps = np.array
    nodes = (
        Input("pixels", (), image, (6, 5, 2)),
        ZeroPad2D("pad", ("pixels",), image, ((1, 0), (2, 1))),
        Conv2D("conv", ("pad",), wide, ternary(3, 2, 2, 4), steps([-2, -1, 0, -3]), odd(4), (1, 2)),
        Clamp("clamp", ("conv",), Grid(-4, 0, 200)),
        DepthwiseConv2D(
            "depthwise", ("clamp",), narrow, ternary(3, 3, 4, 1), steps([-1] * 4), odd(4), (1, 1)
        ),
        Add("sum", ("clamp", "depthwise"), wide),
        Conv2D("left", ("sum",), narrow, ternary(1, 1, 4, 2), steps([-2, -2]), odd(2)),
        Conv2D(
            "right", ("sum",), narrow, ternary(2, 2, 4, 3), steps([-3] * 3), odd(3), dilation=(2, 1)
        ),
        Concatenate("both", ("left", "right"), narrow),
        MaxPool2D("pool", ("both",), narrow, (3, 2), (2, 2), "valid"),
        Reshape("flat", ("pool",), narrow, (30,)),
        Dense("logits", ("flat",), Grid(-2, -64, 63), ternary(30, 3), steps([0, -1, -1]), odd(3)),
    )
    return FrozenModel("every-kind", nodes, {"seed": seed, "note": "made by hand"})
