"""Graphs with the dead channels of trained networks: zero weights, biases and scales far out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinyrob.ir import graph as ir

_TINY = float(np.float32(1e-9))


def planted(graph: ir.Graph, seed: int, share: float = 0.4) -> ir.Graph:
    """``graph`` with about so many of the channels of its kernels dead, and columns all zero."""
    random = np.random.default_rng(seed)
    tensors = list(graph.tensors)
    for op in graph.ops:
        if not isinstance(op.attributes, ir.Conv2D | ir.DepthwiseConv2D | ir.FullyConnected):
            continue
        kernel, axis = tensors[op.inputs[1]], 3 if op.kind == "DEPTHWISE_CONV_2D" else 0
        assert kernel.data is not None
        weights = np.moveaxis(np.array(kernel.data), axis, 0)
        dead = random.random(len(weights)) < share
        weights[dead] = 0
        if axis == 0:
            weights[..., random.random(weights.shape[-1]) < share / 2] = 0
        tensors[op.inputs[1]] = _constant(kernel, np.moveaxis(weights, 0, axis))
        if len(op.inputs) > 2 and op.inputs[2] >= 0:
            bias = np.array(tensors[op.inputs[2]].data)
            far = random.integers(-(2**21), 2**21, len(bias))
            bias[dead] = np.where(random.random(len(bias)) < 0.5, far, 0)[dead]
            tensors[op.inputs[2]] = _constant(tensors[op.inputs[2]], bias)
        grid = kernel.quantization
        if grid is not None and len(grid.scales) == len(dead) > 1:
            scales = tuple(
                _TINY if gone and random.random() < 0.5 else scale
                for gone, scale in zip(dead, grid.scales, strict=True)
            )
            tensors[op.inputs[1]] = replace(
                tensors[op.inputs[1]], quantization=replace(grid, scales=scales)
            )
    return replace(graph, tensors=tuple(tensors))


def _constant(tensor: ir.Tensor, data: np.ndarray) -> ir.Tensor:
    data = np.ascontiguousarray(data).astype(tensor.dtype)
    data.setflags(write=False)
    return replace(tensor, data=data)
