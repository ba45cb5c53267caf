"""Lifetimes and sharing of a network's values."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from support.graphs import graphs
from support.networks import clamp, conv, network
from tinyrob.emit.memory import MemoryPlan, plan_memory, with_room
from tinyrob.ir.graph import Graph
from tinyrob.kernels.kernel import Kernel
from tinyrob.kernels.table import choose
from tinyrob.network.layers import Network
from tinyrob.network.to_network import to_network


def planned(net: Network, **changes: object) -> MemoryPlan:
    kernels = [replace(choose(layer, "portable"), **changes) for layer in net.layers]
    return plan_memory(net, kernels)


def assert_nothing_is_overwritten(net: Network, plan: MemoryPlan, kernels: list[Kernel]) -> None:
    """Runs the plan on labelled bytes: every layer finds its inputs as they were made."""
    arena: list[tuple[int, int] | None] = [None] * plan.arena_bytes

    def write(value: int, start: int | None, size: int) -> None:
        assert start is not None
        assert 0 <= start <= start + size <= plan.arena_bytes
        arena[start : start + size] = [(value, i) for i in range(size)]

    def read(value: int) -> None:
        start = plan.offsets[value]
        if net.values[value].data is None:
            assert start is not None
            size = net.values[value].bytes
            assert arena[start : start + size] == [(value, i) for i in range(size)]

    for value in (*net.inputs, *net.states):
        write(value, plan.offsets[value], net.values[value].bytes)
    for step, (layer, kernel) in enumerate(zip(net.layers, kernels, strict=True)):
        scratch = kernel.scratch(layer)
        if scratch:
            write(-1 - step, plan.scratch[step], scratch)
        for value in layer.inputs:
            read(value)
        start = plan.offsets[layer.output]
        assert start is not None
        span = range(start, start + net.values[layer.output].bytes)
        inside = {byte[0] for i in span if (byte := arena[i])}
        allowed = {layer.inputs[i] for i in kernel.in_place(layer)}
        assert -1 - step not in inside
        for value in inside & (set(layer.inputs) - allowed):
            raise AssertionError(f"layer {step} overwrites its input {value} while it reads it")
        write(layer.output, start, net.values[layer.output].bytes)
    for value in net.outputs:
        read(value)


@settings(max_examples=60)
@given(graphs(min_ops=2, max_ops=10))
def test_a_plan_keeps_every_value_until_its_last_reader(graph: Graph) -> None:
    net = to_network(graph)
    kernels = [choose(layer, "portable") for layer in net.layers]
    assert_nothing_is_overwritten(net, plan_memory(net, kernels), kernels)


@settings(max_examples=40)
@given(graphs(min_ops=2, max_ops=8))
def test_a_plan_counts_scratch_and_alignment(graph: Graph) -> None:
    net = to_network(graph)
    kernels = [
        replace(choose(layer, "portable"), scratch=lambda layer: 24, align=8)
        for layer in net.layers
    ]
    plan = plan_memory(net, kernels)
    assert_nothing_is_overwritten(net, plan, kernels)
    assert all(o % 8 == 0 for o in (*plan.offsets, *plan.scratch) if o is not None)
    assert max(plan.live, default=0) <= plan.arena_bytes


def test_an_elementwise_layer_overwrites_its_input() -> None:
    net = network(conv(), clamp(0, 5))
    plan = planned(net)
    assert plan.offsets[1] == plan.offsets[2]
    assert plan.live == (net.values[0].bytes + net.values[1].bytes, net.values[1].bytes)


def test_a_value_that_is_read_again_is_not_overwritten() -> None:
    net = network(conv(), clamp(0, 5), clamp(-5, 9, reads=1))
    plan = planned(net)
    assert plan.offsets[1] != plan.offsets[2]


def test_a_convolution_does_not_overwrite_what_it_still_reads() -> None:
    plan = planned(network(conv(padded=True), conv(padded=True)))
    assert plan.offsets[0] != plan.offsets[1] != plan.offsets[2]


def test_kernels_that_want_room_take_what_others_leave_and_no_more() -> None:
    """The most is alive while the second layer runs: beside the first one some is free."""
    net = network(conv(), conv())
    plain = [choose(layer, "portable") for layer in net.layers]
    plain[1] = replace(plain[1], scratch=lambda layer: 40)
    at_first = plan_memory(net, plain)
    free = at_first.arena_bytes - at_first.live[0]
    for scratch, taken in ((free, 0), (free + 1, None)):
        roomy = replace(plain[0], scratch=lambda layer, size=scratch: size)
        kernels, plan = with_room(net, plain, [roomy, None], "balanced")
        assert kernels == ([roomy, plain[1]] if taken == 0 else plain)
        assert plan.arena_bytes == at_first.arena_bytes
    assert with_room(net, plain, [roomy, None], "size")[0] == plain
    kernels, plan = with_room(net, plain, [roomy, None], "speed")
    assert kernels == [roomy, plain[1]]
    assert plan.arena_bytes > at_first.arena_bytes
