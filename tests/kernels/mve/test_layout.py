"""MVE streams, read back as the kernels read them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from support.networks import conv as conv_of
from tinyrob.kernels.mve import depthwise as depthwise_mve
from tinyrob.kernels.mve import describe as describe_mve
from tinyrob.kernels.mve import layout as mve
from tinyrob.network import layers as net


def window(**changes: int) -> net.Window:
    """3x2 kernel over 9x7, without padding."""
    plain = net.Window(9, 7, 7, 6, 3, 2, 1, 1, 1, 1, 0, 0)
    return dataclasses.replace(plain, **changes)


def convolution(out_c: int, in_c: int, shift: int = -3) -> net.Conv:
    random = np.random.default_rng(out_c)
    return net.Conv(
        1, in_c,
        random.integers(-127, 128, (out_c, 3, 2, in_c)).astype(np.int8),
        random.integers(-999, 999, out_c).astype(np.int32),
        np.full(out_c, 2**30 + 7, np.int32), np.full(out_c, shift, np.int32), 5, -3,
        window(),
    )  # fmt: skip


def depthwise(channels: int, slide: net.Window) -> net.Depthwise:
    shape = (slide.kernel_h, slide.kernel_w, channels)
    weights = np.random.default_rng(1).integers(-127, 128, shape).astype(np.int8)
    return net.Depthwise(
        1, channels, weights, np.zeros(channels, np.int32),
        np.full(channels, 2**30, np.int32), np.full(channels, -3, np.int32), 0, 0, slide,
    )  # fmt: skip


def layer(spec: net.Spec, clamp: tuple[int, int] = (-128, 127)) -> net.Layer:
    return net.Layer("layer", spec.kind, spec, (0,), 1, ((1,), (1,)), clamp)


def test_a_group_holds_biases_weights_and_factors_of_four_channels() -> None:
    spec = convolution(6, 5)  # 30 taps: two vectors
    stream = mve.convolution(spec).reshape(2, 2 * 16 + 4 + 8)
    folded = spec.bias - 5 * spec.weights.reshape(6, -1).astype(np.int32).sum(axis=1)
    assert stream[0, 32:36].tolist() == folded[:4].tolist()
    assert stream[1, 32:36].tolist() == [*folded[4:].tolist(), 0, 0]
    assert stream[0, 36:].tolist() == [2**30 + 7] * 4 + [-3] * 4
    halves = stream[:, :16].copy().view(np.int8).reshape(2, 2, 2, 16)  # group, vector, channel
    taps = spec.weights.transpose(0, 2, 1, 3).reshape(6, 30)
    for channel, found in ((0, halves[0, :, 0]), (2, halves[0, :, 1]), (4, halves[1, :, 0])):
        assert found.reshape(-1)[:30].tolist() == taps[channel].tolist()
        assert not found.reshape(-1)[30:].any()


def test_a_channel_of_pairs_holds_its_factor_and_taps_in_columns_of_lines() -> None:
    spec = depthwise(4, window())
    stream = mve.depthwise(spec, 5, across=False, pairs=True).reshape(4, 7)
    assert stream[:, :3].tolist() == [[2**30, -3, 0]] * 4
    taps = stream[:, 3:].copy().view(np.int8)
    for channel in range(4):
        columns = taps[channel, :10].reshape(2, 5)
        assert columns[:, :3].tolist() == spec.weights[:, :, channel].T.tolist()
        assert not columns[:, 3:].any()
        assert not taps[channel, 10:].any()


def test_a_turned_window_has_its_taps_along_rows() -> None:
    spec = depthwise(4, window())
    stream = mve.depthwise(spec, 2, across=True, pairs=False)[4:20].copy().view(np.int8)
    for channel, taps in enumerate(stream.reshape(4, 16)):
        assert taps[:6].tolist() == spec.weights[:, :, channel].reshape(-1).tolist()
        assert not taps[6:].any()


@pytest.mark.parametrize(
    ("slide", "rows", "lines", "pairs", "across"),
    [
        (window(kernel_w=3, in_h=14, out_h=12, in_w=14, out_w=12), 4, 6, "rows", 0),
        (window(kernel_w=3, in_h=14, out_h=12, out_w=5), 3, 5, "rows", 1),  # lanes along 12 rows
        (window(kernel_w=3, in_h=25, in_w=25, out_h=12, out_w=12, stride_h=2, stride_w=2),
         2, 5, "rows", 0),
        (window(in_h=1, in_w=24, out_h=1, out_w=20, kernel_h=1, kernel_w=5), 1, 1, "columns", 0),
        (window(in_h=24, in_w=1, out_h=20, out_w=1, kernel_h=5, kernel_w=1), 1, 1, "columns", 1),
        (window(in_h=15, in_w=15, kernel_h=5, kernel_w=5, out_h=11, out_w=11), 1, 5, "none", 0),
        (window(in_h=3, in_w=3, kernel_w=3, out_h=1, out_w=1), 1, 3, "none", 0),
    ],
)  # fmt: skip
def test_windows_are_paired_where_that_is_cheapest(
    slide: net.Window, rows: int, lines: int, pairs: str, across: int
) -> None:
    fields = depthwise_mve.describe_layer(layer(depthwise(8, slide))).fields
    assert (fields["rows"], fields["lines"], fields["across"]) == (rows, lines, across)
    assert ("none", "rows", "columns")[fields["pairs"]] == pairs
    assert depthwise_mve.accepts_pairs(layer(depthwise(8, slide))) == (pairs != "none")


def test_rows_that_one_scatter_does_not_reach_are_not_paired() -> None:
    wide = window(kernel_w=3, in_h=6, in_w=1302, out_h=4, out_w=1300)
    found = [depthwise_mve.describe_layer(layer(depthwise(n, wide))).fields for n in (8, 51)]
    assert [fields["pairs"] for fields in found] == [depthwise_mve.ROWS, depthwise_mve.COLUMNS]


def test_a_factor_of_one_or_more_is_left_to_other_kernels() -> None:
    assert describe_mve.conv2d_accepts(layer(convolution(4, 4, shift=0)))
    assert not describe_mve.conv2d_accepts(layer(convolution(4, 4, shift=1)))


def test_gaps_between_columns_are_left_to_other_kernels() -> None:
    gaps = dataclasses.replace(convolution(4, 4), window=window(dilation_w=2, out_w=5))
    assert not describe_mve.conv2d_accepts(layer(gaps))
    both = window(dilation_w=2, out_w=5, dilation_h=2, out_h=5)
    assert not depthwise_mve.accepts(layer(depthwise(4, both)))
    assert depthwise_mve.accepts(layer(depthwise(4, window(dilation_w=2, out_w=5))))  # turned


def test_planes_beyond_the_reach_of_a_scatter_are_left_to_other_kernels() -> None:
    wide = window(in_h=3001, in_w=3001, kernel_w=3, out_h=2999, out_w=2999)
    assert not depthwise_mve.accepts(layer(depthwise(4, wide)))


def test_only_clamps_from_the_zero_point_on_are_rectified() -> None:
    spec = convolution(4, 4)  # zero point -3
    assert mve.rectified(layer(spec, (-3, 127)))
    assert not mve.rectified(layer(spec, (-4, 127)))


def test_a_pointwise_layer_is_one_row() -> None:
    made = conv_of(size=4)(0, 1)
    described = describe_mve.conv2d(made).fields["window"]
    assert described == dataclasses.asdict(net.Window(1, 16, 1, 16, 1, 1, 1, 1, 1, 1, 0, 0))
