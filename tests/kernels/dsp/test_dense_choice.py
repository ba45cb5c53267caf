"""Which dense layers take which kernel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tinyrob.kernels.table import choose
from tinyrob.network import layers as net


def dense(in_c: int, out_c: int, weight: int = 10, shift: int = -6) -> net.Layer:
    spec = net.Dense(
        1, in_c, np.full((out_c, in_c), weight, np.int8), np.zeros(out_c, np.int32),
        np.full(1, 2**30, np.int32), np.full(1, shift, np.int32), -128, 0,
    )  # fmt: skip
    return net.Layer("y", spec.kind, spec, (0,), 1, ((1, in_c), (1, out_c)))


@pytest.mark.parametrize(
    ("layer", "symbol"),
    [
        (dense(128, 128), "tr_fully_connected_scaled_dsp_s8"),
        (dense(64, 10), "tr_fully_connected_dsp_s8"),  # few outputs: the smaller code
        (dense(2000, 17, 1), "tr_fully_connected_dsp_s8"),  # a channel left over: not as a four
        (dense(128, 128, shift=0), "tr_fully_connected_dsp_s8"),  # a factor of a half
        (dense(128, 128, 127), "tr_fully_connected_scaled_dsp_s8"),
        (dense(600, 128, 127), "tr_fully_connected_dsp_s8"),  # sums beyond 2^23
    ],
)
def test_a_dense_layer_takes_the_kernel_whose_ranges_it_keeps(
    layer: net.Layer, symbol: str
) -> None:
    assert choose(layer, "dsp").symbol == symbol


def test_sums_beyond_23_bits_are_added_up_in_parts() -> None:
    # 127 * 255 a tap: 259 taps pass 2^23.
    layer = dense(600, 20, 127)
    fields = choose(layer, "dsp").describe(layer).fields
    assert fields["part"] == 50
    assert choose(dense(128, 10), "dsp").describe(dense(128, 10)).fields["part"] == 32


def test_a_channel_whose_sums_round_to_nothing_shares_the_factor_of_all() -> None:
    one = dense(10, 40)
    weights = one.spec.weights.copy()  # type: ignore[union-attr]
    weights[7] = 0
    layer = replace(one, spec=replace(one.spec, weights=weights))  # type: ignore[type-var]
    fields = choose(layer, "dsp").describe(layer).fields
    assert fields["advance"] == 0
    assert list(fields["factors"].data) == [2**30, 32, 6]  # type: ignore[union-attr]


def test_channels_of_one_factor_share_it() -> None:
    one = dense(128, 128)
    assert isinstance(one.spec, net.Dense)
    many = replace(
        one, spec=replace(one.spec, multiplier=np.arange(2**30, 2**30 + 128, dtype=np.int32),
                          shift=np.full(128, -6, np.int32)),
    )  # fmt: skip
    fields = [choose(x, "dsp").describe(x).fields for x in (one, many)]
    assert [f["advance"] for f in fields] == [0, 12]
    assert [f["factors"].data.size for f in fields] == [3, 384]  # type: ignore[union-attr]
