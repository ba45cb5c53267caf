"""Networks whose file takes and gives another type than its operators: float32 or uint8."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinyrob.ir import graph as ir

U8 = ir.Quantization((float(np.float32(0.0123)),), (131,))


def bordered(
    graph: ir.Graph, given: str | None, made: str | None, grid: ir.Quantization | None = None
) -> ir.Graph:
    """``graph`` with other types at its ends; ``grid`` is that of uint8 ones (None: the int8's,
    128 higher)."""
    tensors = list(graph.tensors)
    outer: list[tuple[int, ...]] = [(), ()]
    for side, (kind, indices) in enumerate(((given, graph.inputs), (made, graph.outputs))):
        if kind is None:
            continue
        for index in indices:
            inner = tensors[index]
            of_uint8 = grid or ir.Quantization(
                inner.quantization.scales, (inner.quantization.zero_point + 128,)
            )
            quantization = of_uint8 if kind == "uint8" else None
            outer[side] += (len(tensors),)
            tensors.append(ir.Tensor(f"outer{len(tensors)}", inner.shape, kind, quantization))
    return replace(graph, tensors=tuple(tensors), outer_inputs=outer[0], outer_outputs=outer[1])


def awkward(tensor: ir.Tensor, count: int, seed: int = 0) -> np.ndarray:
    """float32 inputs (count, *sample shape) with ties, values beyond both ends, and zeros."""
    dice = np.random.default_rng(seed)
    grid = tensor.quantization
    shape = (count, *tensor.sample_shape)
    steps = dice.integers(-140, 140, shape) - grid.zero_point + dice.choice([0, 0.5, -0.5], shape)
    values = (steps * np.float32(grid.scale)).astype(np.float32)
    noise = dice.normal(0, 0.3, shape) * grid.scale * (dice.random(shape) < 0.5)
    values += noise.astype(np.float32)
    values.reshape(-1)[:4] = (0.0, -0.0, 1e6 * grid.scale, -1e6 * grid.scale)[: values.size]
    return values
