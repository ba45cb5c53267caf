"""The order of layers: valid, of the lowest peak where there are few, found by bounded work."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.networks import clamp, conv, network
from tinyrob.emit import order
from tinyrob.emit.memory import peak
from tinyrob.emit.order import minimum_peak_order
from tinyrob.kernels.kernel import Kernel
from tinyrob.network import layers as specs


def drawn(seed: int, layers: int, width: int) -> tuple[specs.Network, dict[int, Kernel]]:
    """A branchy network whose layers read one or two of the last ``width`` values, and kernels
    (by the value they make) with scratch and outputs in place of inputs."""
    dice = random.Random(seed)
    values, made, kernels = [specs.Value("x", dice.randint(1, 64))], [], {}

    def append(inputs: tuple[int, ...]) -> None:
        same = dice.random() < 0.3
        values.append(specs.Value("v", values[inputs[0]].bytes if same else dice.randint(1, 64)))
        output = len(values) - 1
        made.append(specs.Layer(f"layer{output}", "ANY", specs.Spec(), inputs, output, ()))
        over = tuple(i for i in range(len(inputs)) if dice.random() < 0.5)
        scratch = dice.choice((0, 0, dice.randint(1, 40)))
        kernels[output] = Kernel(
            "ANY", "portable", "any", lambda _: pytest.fail("not described"),
            scratch=lambda _: scratch, in_place=lambda _: over,
        )  # fmt: skip

    for _ in range(layers):
        recent = range(max(0, len(values) - width), len(values))
        append(tuple(dice.choices(recent, k=dice.choice((1, 1, 1, 2)))))
    for value in range(len(values) - 1):
        if not any(value in layer.inputs for layer in made):
            append((len(values) - 1, value))
    return specs.Network("drawn", tuple(values), tuple(made), (0,), (len(values) - 1,)), kernels


def peak_of(net: specs.Network, kernels: dict[int, Kernel]) -> int:
    return peak(net, [kernels[layer.output] for layer in net.layers])


def ordered(net: specs.Network, kernels: dict[int, Kernel], **options: int) -> specs.Network:
    """Its layers in the order found: the same ones, none before what it reads."""
    found = minimum_peak_order(net, lambda layer: kernels[layer.output], **options)
    assert sorted(layer.output for layer in found.layers) == sorted(kernels)
    there = set(net.inputs)
    for layer in found.layers:
        assert there.issuperset(layer.inputs)
        there.add(layer.output)
    return found


def orders(net: specs.Network) -> Iterator[specs.Network]:
    """Every order that there is."""

    def walk(
        done: tuple[specs.Layer, ...], left: tuple[specs.Layer, ...]
    ) -> Iterator[specs.Network]:
        if not left:
            yield replace(net, layers=done)
        there = {*net.inputs, *(layer.output for layer in done)}
        for layer in left:
            if there.issuperset(layer.inputs):
                yield from walk((*done, layer), tuple(x for x in left if x is not layer))

    return walk((), net.layers)


@settings(max_examples=150)
@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 7))
def test_no_order_of_a_small_network_has_a_lower_peak(seed: int, layers: int, width: int) -> None:
    net, kernels = drawn(seed, layers, width)
    least = min(peak_of(candidate, kernels) for candidate in orders(net))
    assert peak_of(ordered(net, kernels), kernels) == least


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(1, 12), st.integers(0, 3000))
def test_less_work_finds_an_order_no_worse_than_the_one_given(
    seed: int, layers: int, width: int, work: int
) -> None:
    net, kernels = drawn(seed, layers, width)
    assert peak_of(ordered(net, kernels, work=work), kernels) <= peak_of(net, kernels)


def test_where_no_order_is_better_the_one_given_stays() -> None:
    net = network(conv(), clamp(0, 5), conv(padded=True))
    kernel = Kernel("ANY", "portable", "any", lambda _: pytest.fail("not described"))
    assert minimum_peak_order(net, lambda layer: kernel) is net


@pytest.mark.parametrize("width", [6, 20, 60])
def test_200_branchy_operators_are_ordered_in_counted_work(width: int) -> None:
    net, kernels = drawn(3, 200, width)
    assert len(net.layers) >= 200
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"
        if calls > 40 * order.WORK:
            sys.setprofile(None)
            pytest.fail(f"over {calls:,} calls of functions, and no order yet")

    sys.setprofile(count)
    try:
        found = minimum_peak_order(net, lambda layer: kernels[layer.output])
    finally:
        sys.setprofile(None)
    assert peak_of(found, kernels) < peak_of(net, kernels)
