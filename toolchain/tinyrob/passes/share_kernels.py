"""Small dense layers become convolutions, where a network has the code for these anyway."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tinyrob.kernels.kernel import Kernel
from tinyrob.network import layers as net
from tinyrob.network.layers import Layer, Network, Window
from tinyrob.passes.pack_weights import Optimize

_SHARE = 100
"""A 100th of a network's MACs may take twice the time, as a classifier at the end is."""

_KernelOf = Callable[[Layer], Kernel | None]


def share_kernels(
    network: Network, kernel_of: _KernelOf, faster: _KernelOf, optimize: Optimize
) -> Network:
    """Without dense kernels by which hardly anything is computed: hundreds of bytes each.

    A row of inputs is a pixel of a 1x1 convolution: products and sums are the same. Where speed is
    all that counts, nothing changes. ``kernel_of`` gives a layer's kernel, or None, ``faster`` what
    may later take that one's place.
    """
    if optimize == "speed":
        return network
    kept = [x for x in network.layers if not isinstance(x.spec, net.Dense) and faster(x) is None]
    linked = {source for x in kept if (kernel := kernel_of(x)) for source in kernel.sources}
    budget = sum(layer.spec.macs for layer in network.layers) // _SHARE
    largest = max(value.bytes for value in network.values)
    changed: dict[int, Layer] = {}
    for served in _by_kernel(network, kernel_of):
        found = [_shared(layer, kernel_of, linked, largest) for layer in served]
        if sum(layer.spec.macs for layer in served) <= budget:
            changed |= {x.output: x for x in found if x is not None and None not in found}
    return replace(network, layers=tuple(changed.get(x.output, x) for x in network.layers))


def _by_kernel(network: Network, kernel_of: _KernelOf) -> list[list[Layer]]:
    """The dense layers that each kernel runs."""
    served: dict[str, list[Layer]] = {}
    for layer in network.layers:
        kernel = kernel_of(layer)
        if isinstance(layer.spec, net.Dense) and kernel is not None:
            served.setdefault(kernel.symbol, []).append(layer)
    return list(served.values())


def _shared(layer: Layer, kernel_of: _KernelOf, linked: set[str], largest: int) -> Layer | None:
    """A dense layer as a convolution; None where that needs other code than what is ``linked``, or
    more memory than the network's ``largest`` value."""
    spec = layer.spec
    assert isinstance(spec, net.Dense)
    shared = replace(layer, spec=_convolution(spec))
    kernel = kernel_of(shared)
    if kernel is None or not linked.issuperset(kernel.sources):
        return None
    wanted = kernel.scratch(shared) + spec.batches * (spec.in_c + spec.out_c)
    return shared if wanted <= largest else None


def _convolution(spec: net.Dense) -> net.Conv:
    window = Window(1, spec.batches, 1, spec.batches, 1, 1, 1, 1, 1, 1, 0, 0)
    weights = spec.weights.reshape(spec.out_c, 1, 1, spec.in_c)
    multiplier, shift = (  # of each channel: a dense layer may have one for all
        np.ascontiguousarray(np.broadcast_to(x, spec.out_c)) for x in (spec.multiplier, spec.shift)
    )
    return net.Conv(
        1, spec.in_c, weights, spec.bias, multiplier, shift,
        spec.input_zero_point, spec.output_zero_point, window, wide=spec.wide,
    )  # fmt: skip
