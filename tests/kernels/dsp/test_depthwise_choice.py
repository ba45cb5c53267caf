"""Which depthwise convolutions take which kernel, which way round, and what they overwrite."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tinyrob.kernels.descriptor import Array
from tinyrob.kernels.table import choose
from tinyrob.network import layers as net
from tinyrob.network.layers import Window

SQUARE, NINE, ANY, ROW, ONCE = (
    f"tr_depthwise_conv2d_{name}dsp_s8" for name in ("3x3_", "nine_", "", "row_", "once_")
)  # fmt: skip


def depthwise(
    image: tuple[int, int], kernel: tuple[int, int], stride: int = 1, dilation: int = 1,
    channels: int = 8, depth: int = 1, padded: bool = True,
) -> net.Layer:  # fmt: skip
    reach = [(k - 1) * dilation + 1 for k in kernel]
    out = [
        -(-n // stride) if padded else (n - r) // stride + 1
        for n, r in zip(image, reach, strict=True)
    ]
    pads = [
        max((o - 1) * stride + r - n, 0) // 2 for o, r, n in zip(out, reach, image, strict=True)
    ]
    window = Window(*image, *out, *kernel, stride, stride, dilation, dilation, *pads)
    made = channels * depth
    spec = net.Depthwise(
        1, channels, np.arange(kernel[0] * kernel[1] * made, dtype=np.int8).reshape(*kernel, made),
        np.zeros(made, np.int32), np.full(made, 2**30, np.int32), np.full(made, -6, np.int32),
        0, 0, window,
    )  # fmt: skip
    return net.Layer("y", spec.kind, spec, (0,), 1, ((1, *image, channels), (1, *out, made)))


@pytest.mark.parametrize(
    ("layer", "symbol"),
    [
        (depthwise((9, 9), (3, 3)), SQUARE),
        (depthwise((9, 9), (3, 3), 2), SQUARE),
        (depthwise((9, 9), (2, 3), depth=2), SQUARE),
        (depthwise((3, 40), (3, 3), 2), NINE),
        (depthwise((13, 3), (3, 3), padded=False), NINE),
        (depthwise((4, 4), (3, 3), 2, depth=2), SQUARE),
        (depthwise((40, 2), (3, 3)), SQUARE),  # two rows at once is what planes are for
        (depthwise((6, 6), (3, 3), 2), SQUARE),
        (depthwise((9, 9), (3, 3), 3), ANY),
        (depthwise((9, 9), (3, 3), dilation=2), ANY),
        (depthwise((9, 9), (5, 5)), ANY),
        (depthwise((9, 9), (9, 1)), ANY),
        (depthwise((1, 40), (1, 9)), ROW),
        (depthwise((1, 40), (1, 3)), ANY),  # too short for its outputs' set-up
        (depthwise((1, 40), (1, 9), 2), ANY),
        (depthwise((1, 9), (1, 9), padded=False), ONCE),
        (depthwise((4, 5), (3, 3), dilation=1, padded=False, stride=3), ONCE),
        (depthwise((1, 9), (1, 9), depth=2, padded=False), ANY),
        (depthwise((1, 1), (3, 3)), NINE),  # padding all around
    ],
)
def test_a_depthwise_layer_takes_the_kernel_for_its_window(layer: net.Layer, symbol: str) -> None:
    assert choose(layer, "dsp").symbol == symbol


def test_a_factor_of_a_half_or_more_takes_the_portable_kernel() -> None:
    layer = depthwise((9, 9), (3, 3))
    assert isinstance(layer.spec, net.Depthwise)
    coarse = replace(layer, spec=replace(layer.spec, shift=np.zeros(8, np.int32)))
    assert choose(coarse, "dsp").isa == "portable"


@pytest.mark.parametrize("kernel", [(3, 3), (5, 5)])
def test_columns_of_a_narrow_image_are_taken_for_rows(kernel: tuple[int, int]) -> None:
    layer = depthwise((40, 5), kernel, channels=3, padded=False)
    fields = choose(layer, "dsp").describe(layer).fields
    window = fields["window"]
    assert isinstance(window, dict)
    assert (window["in_h"], window["in_w"]) == (5, 40)
    assert [fields[name] for name in ("in_x", "in_y")] == [15, 3]
    out_w = 5 - kernel[1] + 1
    assert [fields[name] for name in ("out_x", "out_y")] == [3 * out_w, 3]


def test_weights_follow_the_rows_that_are_taken() -> None:
    layer = depthwise((40, 3), (3, 3), channels=2, padded=False)
    spec = layer.spec
    assert isinstance(spec, net.Depthwise)
    weights = choose(layer, "dsp").describe(layer).fields["weights"]
    assert isinstance(weights, Array)
    # (channel, column, row) of the window as it is read: the image's columns are its rows.
    expected = [spec.weights[y, x, o] for o in range(2) for y in range(3) for x in range(3)]
    assert weights.data.tolist() == expected


def test_columns_that_no_window_reads_are_stepped_over() -> None:
    layer = depthwise((12, 30), (4, 1), 2, padded=False)
    fields = choose(layer, "dsp").describe(layer).fields
    window = fields["window"]
    assert isinstance(window, dict)
    assert (window["in_w"], window["stride_w"], fields["in_x"]) == (15, 1, 16)


@pytest.mark.parametrize(
    ("layer", "may"),
    [
        (depthwise((9, 9), (3, 3)), True),
        (depthwise((9, 9), (3, 3), 2), True),
        (depthwise((40, 5), (3, 3)), True),
        (depthwise((40, 4), (3, 3), 2), False),  # by columns: outputs overtake inputs
        (depthwise((9, 9), (3, 3), depth=2), False),
        (depthwise((9, 9), (5, 5)), True),
    ],
)
def test_an_image_is_overwritten_where_its_rows_are_read_by_then(
    layer: net.Layer, may: bool
) -> None:
    assert choose(layer, "dsp").in_place(layer) == ((0,) if may else ())
