"""Sums fused into convolutions: where it is done, where it must not be, and the order of layers."""

from __future__ import annotations

from dataclasses import replace

from support.networks import SHAPE, conv, network
from tinyrob.emit.memory import peak
from tinyrob.emit.order import minimum_peak_order
from tinyrob.ir.qmath import Factor
from tinyrob.kernels.table import choose
from tinyrob.network import layers as specs
from tinyrob.passes.fuse_adds import fuse_adds

HALF = Factor(2**30, 0)


def added(a: int, b: int):
    """The sum of two values of one shape and scale."""

    def make(source: int, output: int) -> specs.Layer:
        spec = specs.Add(specs.Broadcast((1, 1, 1, 32)), 1, 2, 3, HALF, HALF, Factor(2**30, -18))
        return specs.Layer(f"add{output}", "ADD", spec, (a, b), output, (SHAPE, SHAPE, SHAPE))

    return make


def yes(layer: specs.Layer) -> bool:
    return True


def residual() -> specs.Network:
    return network(conv(), conv(padded=True), added(2, 1))


def test_a_sum_becomes_the_end_of_the_convolution_in_front_of_it() -> None:
    first, fused = fuse_adds(residual(), yes).layers
    assert isinstance(first.spec, specs.Conv)
    assert isinstance(fused.spec, specs.ConvAdd)
    assert (fused.name, fused.op) == ("add3", "CONV_2D + ADD")
    assert (fused.inputs, fused.output) == ((1, 1), 3)


def test_the_convolution_becomes_operand_a() -> None:
    (_, fused) = fuse_adds(network(conv(), conv(padded=True), added(1, 2)), yes).layers
    assert isinstance(fused.spec, specs.ConvAdd)
    assert (fused.spec.add.a_zero_point, fused.spec.add.b_zero_point) == (2, 1)


def test_a_convolution_that_is_read_again_keeps_its_output() -> None:
    net = network(conv(), conv(padded=True), added(2, 1), added(3, 2))
    kinds = [layer.spec.kind for layer in fuse_adds(net, yes).layers]
    assert kinds == ["CONV_2D", "CONV_2D", "ADD", "ADD"]


def test_a_repeating_operand_is_not_fused() -> None:
    net = residual()
    add = net.layers[2]
    assert isinstance(add.spec, specs.Add)
    spec = replace(add.spec, shape=specs.Broadcast((1, 1, 1, 32), b_repeats=8))
    net = replace(net, layers=(*net.layers[:2], replace(add, spec=spec)))
    assert fuse_adds(net, yes).layers == net.layers


def test_nothing_is_fused_where_no_kernel_runs_it() -> None:
    net = residual()
    assert fuse_adds(net, lambda layer: False).layers == net.layers


def test_of_two_branches_the_longer_one_adds_and_the_shortcut_runs_first() -> None:
    def reading(maker, value: int):
        return lambda source, output: maker(value, output)

    # 0 -> 1; 1 -> 2 -> 3 is the branch, 1 -> 4 the shortcut
    net = network(conv(), conv(padded=True), conv(padded=True), reading(conv(), 1), added(3, 4))
    fused = fuse_adds(net, yes)
    assert [layer.output for layer in fused.layers] == [1, 2, 4, 5]
    ordered = minimum_peak_order(fused, lambda layer: choose(layer, "dsp"))
    before, after = (
        peak(x, [choose(layer, "dsp") for layer in x.layers]) for x in (fused, ordered)
    )
    assert after <= before
    made = {0}
    for layer in ordered.layers:
        assert made.issuperset(layer.inputs)
        made.add(layer.output)
