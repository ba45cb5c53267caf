"""Which convolutions have their image laid out with its padding first."""

from __future__ import annotations

import numpy as np
import pytest

from tinyrob.kernels.dsp import padded
from tinyrob.kernels.table import choose
from tinyrob.network import layers as net


def layer(
    image: tuple[int, int, int], kernel: tuple[int, int], pads: tuple[int, int], dilation: int = 1
) -> net.Layer:
    """Of stride 1, with as much padding behind the image as in front of it."""
    height, width, channels = image
    outs = (
        size + 2 * pad - (taps - 1) * dilation
        for size, taps, pad in zip((height, width), kernel, pads, strict=True)
    )
    window = net.Window(height, width, *outs, *kernel, 1, 1, dilation, dilation, *pads)
    spec = net.Conv(
        1, channels, np.ones((6, *kernel, channels), np.int8), np.zeros(6, np.int32),
        np.full(6, 2**30, np.int32), np.full(6, -6, np.int32), 3, -5, window,
    )  # fmt: skip
    shapes = ((1, *image), (1, window.out_h, window.out_w, 6))
    return net.Layer("layer", spec.kind, spec, (0,), 1, shapes, (-128, 127))


@pytest.mark.parametrize(
    ("one", "laid_out"),
    [
        (layer((7, 13, 2), (7, 1), (3, 0)), 13 * 13 * 2),
        (layer((4, 4, 8), (3, 3), (1, 1)), 6 * 6 * 8),
        (layer((40, 2, 3), (3, 2), (2, 1), dilation=2), 44 * 4 * 3),  # two columns an output
        (layer((4, 4, 32), (3, 3), (1, 1)), 0),  # too large
        (layer((7, 13, 2), (7, 1), (0, 0)), 0),  # no padding
        (layer((2, 90, 3), (1, 5), (0, 2)), 0),  # few windows reach outside
    ],
)
def test_small_images_whose_windows_reach_outside_or_are_dilated_are(
    one: net.Layer, laid_out: int
) -> None:
    symbol = "tr_conv2d_padded_dsp_s8" if laid_out else "tr_conv2d_dsp_s8"
    kernel = choose(one, "dsp")
    assert kernel.symbol == symbol
    if laid_out:
        plain = padded.describe.conv2d_shared_scratch(one)
        assert kernel.scratch(one) == plain + -(-laid_out // 4) * 4
