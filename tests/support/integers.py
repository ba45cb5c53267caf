"""A frozen model in plain integers: the definition, as simple as it can be."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyrob.frozen import model as fr
from tinyrob.frozen.model import FrozenModel, Grid, Node


def evaluate(model: FrozenModel, one: Any) -> dict[str, Any]:
    """Every node's int8 values for one int8 input (*shape). AssertionError on a tie."""
    grids = {node.name: node.grid for node in model.nodes}
    first = model.nodes[0]
    values = {first.name: one.astype(np.int64) - first.grid.zero_point}
    for node in model.nodes[1:]:
        operands = [values[name] for name in node.inputs]
        result = _node(node, operands, grids[node.inputs[0]])
        values[node.name] = np.clip(result, node.grid.lo, node.grid.hi)
    return {
        name: (value + grids[name].zero_point).astype(np.int8) for name, value in values.items()
    }


def _node(node: Node, operands: list[Any], source: Grid) -> Any:
    x = operands[0]
    if isinstance(node, fr.Dense):
        return _rounded(node, source, x @ node.kernel.astype(np.int64))
    if isinstance(node, fr.Conv2D | fr.DepthwiseConv2D):
        return _rounded(node, source, _convolution(node, x))
    if isinstance(node, fr.Add):
        return operands[0] + operands[1]
    if isinstance(node, fr.Concatenate):
        return np.concatenate(operands, axis=-1)
    if isinstance(node, fr.Reshape):
        return x.reshape(node.shape)
    if isinstance(node, fr.ZeroPad2D):
        return np.pad(x, (*node.padding, (0, 0)))
    if isinstance(node, fr.MaxPool2D):
        patches = _patches(x, node.window, node.strides, (1, 1), node.padding, -(2**30))
        return patches.max(axis=(2, 3))
    return x


def _convolution(node: fr.Conv2D | fr.DepthwiseConv2D, x: Any) -> Any:
    kernel = node.kernel.astype(np.int64)
    patches = _patches(x, kernel.shape[:2], node.strides, node.dilation, node.padding, 0)
    if isinstance(node, fr.Conv2D):
        return np.einsum("hwkli,klio->hwo", patches, kernel)
    sums = np.einsum("hwkli,klim->hwim", patches, kernel)
    return sums.reshape(*sums.shape[:2], -1)


def _rounded(node: Any, source: Grid, sums: Any) -> Any:
    """Half accumulator steps to output steps; there is no tie to have a rule for."""
    halves = 2 * sums + node.bias
    shift = node.grid.log2_step - (source.log2_step + node.log2_kernel - 1)
    out = np.empty_like(halves)
    for c, s in enumerate(shift.tolist()):
        if s <= 0:
            out[..., c] = halves[..., c] * 2**-s
            continue
        assert not (halves[..., c] % 2**s == 2 ** (s - 1)).any(), f"a tie in {node.name}"
        out[..., c] = (halves[..., c] + 2 ** (s - 1)) // 2**s
    return out


def _patches(x: Any, window: Any, strides: Any, dilation: Any, padding: str, fill: int) -> Any:
    extents = [(n - 1) * d + 1 for n, d in zip(window, dilation, strict=True)]
    if padding == "same":
        needs = [
            max((-(-size // s) - 1) * s + extent - size, 0)
            for size, s, extent in zip(x.shape, strides, extents, strict=False)
        ]
        x = np.pad(x, [*((n // 2, n - n // 2) for n in needs), (0, 0)], constant_values=fill)
    sizes = [(n - e) // s + 1 for n, e, s in zip(x.shape, extents, strides, strict=False)]
    rows, columns = (
        np.arange(size)[:, None] * s + np.arange(n) * d
        for size, s, n, d in zip(sizes, strides, window, dilation, strict=True)
    )
    return x[rows[:, None, :, None], columns[None, :, None, :]]
