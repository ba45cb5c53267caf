"""Layers whose weights are packed however little that saves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from support.layers import drawn
from tinyrob import passes
from tinyrob.emit.c import CModel, emit_network
from tinyrob.ir.graph import Graph
from tinyrob.kernels.table import find
from tinyrob.network.layers import Network
from tinyrob.network.to_network import to_network
from tinyrob.passes.pack_weights import CODE_BYTES

KINDS = ("CONV_2D", "CONV_2D_ADD")


def few_levels(kind: str, seed: int, bits: int) -> Graph:
    """The graph that ``drawn`` gives, its kernel with levels of so many bits and a factor a
    channel."""
    graph = drawn(kind, seed)
    random = np.random.default_rng(seed)
    index = next(i for i, tensor in enumerate(graph.tensors) if tensor.name == "w")
    tensor = graph.tensors[index]
    low, high = (-1, 2) if bits == 2 else (-8, 8)
    levels = random.integers(low, high, tensor.shape)
    levels.reshape(-1)[0] = low  # 4 bits really are needed
    channels = (tensor.shape[0],) + (1,) * (len(tensor.shape) - 1)
    factor = random.choice([1, 3, 4, 8, 15] if bits == 4 else [1, 4, 37, 127], channels)
    data = (levels * factor).astype(np.int8)
    data.setflags(write=False)
    tensors = list(graph.tensors)
    tensors[index] = replace(tensor, data=data)
    return replace(graph, tensors=tuple(tensors))


def packed_network(graph: Graph, isa: str) -> Network:
    """Lowered, and packed where there is a kernel."""
    network = passes.lowered(to_network(passes.simplified(graph)))
    network = passes.fused(network, lambda layer: find(layer, isa) is not None)
    free = dict.fromkeys(CODE_BYTES, -1)
    return passes.pack_weights(network, lambda layer: find(layer, isa), "size", free)


def packed(graph: Graph, isa: str) -> CModel:
    """Its C."""
    return emit_network(packed_network(graph, isa), isa, bytes(16))


def taken(models: Sequence[CModel], kernel: str) -> int:
    """How many of the models have the kernel."""
    return sum(f"kernels/{kernel}.c" in model.plan.files for model in models)
