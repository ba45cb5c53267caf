"""Which dense layers become convolutions: by what they cost, by code, by memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tinyrob.kernels.kernel import Kernel
from tinyrob.kernels.table import find
from tinyrob.network import layers as net
from tinyrob.passes import Optimize
from tinyrob.passes.share_kernels import share_kernels


def weighted(shape: tuple[int, ...]) -> dict[str, object]:
    channels = shape[0]
    return {
        "batches": 1, "in_c": shape[-1],
        "weights": np.random.default_rng(1).integers(-9, 9, shape).astype(np.int8),
        "bias": np.full(channels, 6, np.int32), "multiplier": np.full(channels, 2**30, np.int32),
        "shift": np.full(channels, -6, np.int32), "input_zero_point": -128,
        "output_zero_point": -128,
    }  # fmt: skip


def conv(size: int = 8, out_c: int = 64, stride: int = 1) -> net.Layer:
    """Pointwise, over size x size pixels of 16 channels."""
    out = size // stride
    window = net.Window(size, size, out, out, 1, 1, stride, stride, 1, 1, 0, 0)
    spec = net.Conv(**weighted((out_c, 1, 1, 16)), window=window)  # type: ignore[arg-type]
    shapes = ((1, size, size, 16), (1, out, out, out_c))
    return net.Layer("conv", "CONV_2D", spec, (0,), 1, shapes)


def dense(in_c: int = 16, out_c: int = 10, output: int = 2, batches: int = 1) -> net.Layer:
    spec = net.Dense(**weighted((out_c, in_c)))  # type: ignore[arg-type]
    shapes = ((batches, in_c), (batches, out_c))
    spec = replace(spec, batches=batches)
    return net.Layer(f"dense{output}", "FULLY_CONNECTED", spec, (1,), output, shapes)


def kinds(
    *layers: net.Layer, isa: str = "dsp", optimize: Optimize = "balanced", largest: int = 4096
) -> list[str]:
    values = tuple(net.Value(f"v{i}", largest) for i in range(len(layers) + 1))
    network = net.Network("n", values, layers, (0,), (len(layers),))
    shared = share_kernels(
        network, lambda x: find(x, isa), lambda x: find(x, isa, roomy=True), optimize
    )
    assert [x.output for x in shared.layers] == [x.output for x in layers]
    return [x.spec.kind for x in shared.layers]


@pytest.mark.parametrize("isa", ["portable", "dsp", "mve"])
def test_a_classifier_takes_the_kernel_that_is_there(isa: str) -> None:
    assert kinds(conv(), dense(), isa=isa) == ["CONV_2D", "CONV_2D"]
    assert kinds(conv(), dense(batches=3), isa=isa) == ["CONV_2D", "CONV_2D"]


def test_a_factor_for_all_channels_is_one_of_each() -> None:
    layer = dense()
    one = replace(
        layer.spec, multiplier=np.array([2**30], np.int32), shift=np.array([-6], np.int32)
    )  # fmt: skip
    values = tuple(net.Value(f"v{i}", 4096) for i in range(3))
    network = net.Network("n", values, (conv(), replace(layer, spec=one)), (0,), (2,))
    shared = share_kernels(network, lambda x: find(x, "dsp"), lambda x: None, "balanced")
    spec = shared.layers[1].spec
    assert isinstance(spec, net.Conv)
    assert spec.multiplier.tolist() == [2**30] * 10
    assert spec.shift.tolist() == [-6] * 10


def test_not_where_speed_is_all_that_counts() -> None:
    assert kinds(conv(), dense(), optimize="speed") == ["CONV_2D", "FULLY_CONNECTED"]


def test_a_hundredth_of_all_products_is_the_most_that_slows_down() -> None:
    # The convolution has 65,536 of them.
    assert kinds(conv(), dense(out_c=41)) == ["CONV_2D", "CONV_2D"]
    assert kinds(conv(), dense(out_c=42)) == ["CONV_2D", "FULLY_CONNECTED"]


def test_a_kernel_that_stays_serves_all_its_layers() -> None:
    both = dense(), dense(out_c=11, output=3)
    assert kinds(conv(), *both) == ["CONV_2D"] * 3
    large = dense(in_c=128, output=3)
    assert kinds(conv(), dense(), large) == ["CONV_2D", "FULLY_CONNECTED", "FULLY_CONNECTED"]


def test_no_kernel_is_linked_for_it_alone() -> None:
    assert kinds(dense()) == ["FULLY_CONNECTED"]
    depthwise = net.Layer(
        "depthwise", "DEPTHWISE_CONV_2D",
        net.Depthwise(
            **{**weighted((64, 16)), "in_c": 64,  # type: ignore[arg-type]
               "weights": np.ones((3, 3, 64), np.int8)},
            window=net.Window(8, 8, 6, 6, 3, 3, 1, 1, 1, 1, 0, 0),
        ),
        (0,), 1, ((1, 8, 8, 64), (1, 6, 6, 64)),
    )  # fmt: skip
    assert kinds(depthwise, dense()) == ["DEPTHWISE_CONV_2D", "FULLY_CONNECTED"]


def test_a_kernel_that_may_give_way_to_a_faster_one_is_none_to_share() -> None:
    layer = conv()
    values = tuple(net.Value(f"v{i}", 4096) for i in range(3))
    network = net.Network("n", values, (layer, dense()), (0,), (2,))

    def faster(one: net.Layer) -> Kernel | None:
        return find(one, "portable") if one is layer else None

    shared = share_kernels(network, lambda x: find(x, "dsp"), faster, "balanced")
    assert [x.spec.kind for x in shared.layers] == ["CONV_2D", "FULLY_CONNECTED"]


def test_its_scratch_is_no_more_than_the_largest_value() -> None:
    # Windows of three pixels in int16, 96 bytes, 16 inputs, 10 outputs.
    assert kinds(conv(), dense(), largest=122) == ["CONV_2D", "CONV_2D"]
    assert kinds(conv(), dense(), largest=121) == ["CONV_2D", "FULLY_CONNECTED"]
