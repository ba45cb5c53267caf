"""Which layers are packed: by levels, by speed, by what the code of a kernel costs."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from tinyrob.build.job import build
from tinyrob.deployable import load_model
from tinyrob.errors import BuildError
from tinyrob.kernels.table import find
from tinyrob.network import layers as net
from tinyrob.network.levels import find_levels
from tinyrob.passes.pack_weights import CODE_BYTES, pack_weights

SIZE = 64


def conv(
    levels: tuple[int, ...], factor: int = 4, taps: int = SIZE, channels: int = SIZE
) -> net.Conv:
    """A pointwise convolution over 8x8 pixels with weights of these levels."""
    weights = np.resize(np.array(levels), (channels, 1, 1, taps)) * factor
    return net.Conv(
        1, taps, weights.astype(np.int8),
        np.full(channels, 6, np.int32), np.full(channels, 2**30, np.int32),
        np.full(channels, -6, np.int32), -128, -128, net.Window(8, 8, 8, 8, 1, 1, 1, 1, 1, 1, 0, 0),
    )  # fmt: skip


def packed_kinds(spec: net.Spec, optimize: str, isa: str = "dsp", code: dict | None = None) -> str:
    layer = net.Layer("layer", spec.kind, spec, (0,), 1, ((1, 8, 8, SIZE), (1, 8, 8, SIZE)))
    values = (net.Value("x", 4096), net.Value("y", 4096))
    network = net.Network("n", values, (layer,), (0,), (1,))
    costs = CODE_BYTES if code is None else code
    return pack_weights(network, lambda x: find(x, isa), optimize, costs).layers[0].spec.kind  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("levels", "bits"),
    [((-1, 0, 1), 2), ((0,), 2), ((-8, 7), 4), ((-2, 0, 2, 1), 4), ((-9, 1), None), ((8, 1), None)],
)
def test_levels_are_found_up_to_a_factor(levels: tuple[int, ...], bits: int | None) -> None:
    for factor in (1, 4, 12):
        found = find_levels(conv(levels, factor))
        assert (found and found.bits) == bits
        if found:
            weights = conv(levels, factor).weights.reshape(SIZE, -1)
            np.testing.assert_array_equal(found.factor[:, None] * found.level, weights)


def test_a_factor_beyond_a_byte_is_refused() -> None:
    assert find_levels(conv((-1, 0), 128)) is None


@pytest.mark.parametrize(
    ("optimize", "kind"),
    [("size", "CONV_2D_2BIT"), ("balanced", "CONV_2D_2BIT"), ("speed", "CONV_2D")],
)
def test_ternary_is_packed_unless_only_speed_counts(optimize: str, kind: str) -> None:
    assert packed_kinds(conv((-1, 0, 1)), optimize) == kind


def test_four_bits_are_packed_in_four() -> None:
    assert packed_kinds(conv((-8, 7)), "balanced") == "CONV_2D_4BIT"
    assert packed_kinds(conv((-100, 7), 1), "size") == "CONV_2D"


def test_a_layer_of_few_channels_is_packed_for_size_only() -> None:
    # The sums of the activations are shared by too few channels.
    few = conv((-1, 0, 1), taps=2048, channels=2)
    assert packed_kinds(few, "balanced") == "CONV_2D"
    assert packed_kinds(few, "size") == "CONV_2D_2BIT"


def test_kernels_of_another_instruction_set_serve_for_size_only() -> None:
    ternary = conv((-1, 0, 1))
    plain = find(net.Layer("l", "", ternary, (0,), 1, ((1,), (1,))), "mve")
    assert plain is not None
    assert plain.isa == "mve"
    assert packed_kinds(ternary, "balanced", "mve") == "CONV_2D"
    assert packed_kinds(ternary, "balanced", "portable") == "CONV_2D_2BIT"


def test_what_saves_less_than_its_code_stays_plain() -> None:
    ternary = conv((-1, 0, 1))
    assert packed_kinds(ternary, "size", code={"2-bit": 10**6}) == "CONV_2D"


def test_uniform_depthwise_is_a_sum() -> None:
    weights = np.full((8, 8, SIZE), 3, np.int8)
    fields = {f: getattr(conv((1,)), f) for f in ("bias", "multiplier", "shift")}
    pool = net.Depthwise(
        1, SIZE, weights, **fields, input_zero_point=-128, output_zero_point=-128,
        window=net.Window(8, 8, 1, 1, 8, 8, 1, 1, 1, 1, 0, 0),
    )  # fmt: skip
    assert packed_kinds(pool, "speed") == "DEPTHWISE_CONV_2D_UNIFORM"
    other = weights.copy()
    other[3, 3, 5] = 4
    assert packed_kinds(replace(pool, weights=other), "size") == "DEPTHWISE_CONV_2D"
    assert packed_kinds(pool, "size", code={"uniform": inf}) == "DEPTHWISE_CONV_2D"


def test_an_unknown_aim_is_refused(tmp_path) -> None:
    with pytest.raises(BuildError, match="nothing is optimized for 'beauty'"):
        build(load_model(), "stm32", out=tmp_path / "b", optimize="beauty")  # type: ignore[arg-type]
