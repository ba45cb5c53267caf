"""The order of layers in which the least memory is alive at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tinyrob.emit.memory import peak
from tinyrob.kernels.table import Kernel
from tinyrob.network.layers import Layer, Network


def leanest(network: Network, kernel: Callable[[Layer], Kernel]) -> Network:
    """The network with layers moved forward, one after the other, as long as the peak falls.

    A shortcut's convolution, for one, is computed before the branch that it is added to: while
    both read the same input. A chain of layers has one order only, and stays as it is.
    """
    order = network.layers
    best = peak(network, [kernel(layer) for layer in order])
    improved = True
    while improved:
        improved = False
        for candidate in _moves(order):
            cost = peak(replace(network, layers=candidate), [kernel(layer) for layer in candidate])
            if cost < best:
                order, best, improved = candidate, cost, True
                break
    return replace(network, layers=order)


def _moves(order: tuple[Layer, ...]) -> list[tuple[Layer, ...]]:
    """Every order in which one layer runs earlier, but not before its inputs are there."""
    made = {layer.output: i for i, layer in enumerate(order)}
    result = []
    for i, layer in enumerate(order):
        first = 1 + max((made.get(value, -1) for value in layer.inputs), default=-1)
        for j in range(first, i):
            result.append((*order[:j], layer, *order[j:i], *order[i + 1 :]))
    return result
