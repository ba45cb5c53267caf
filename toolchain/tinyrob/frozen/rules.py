"""What freeze guarantees of a frozen model, demanded of every file that says it is one.

A frozen model is called exact: every backend computes its bits. That holds because no accumulator
is ever half way between two outputs, every sum is a whole number that float32 can hold, and every
value has a place among int8's. A file that breaks one of these rules was not made by freeze.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from tinyrob.frozen.model import (
    Add,
    Clamp,
    Concatenate,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    FrozenModel,
    Grid,
    Input,
    MaxPool2D,
    Node,
    Reshape,
    ZeroPad2D,
)

FLOAT32_INTEGERS = 2**24
"""float32 holds every integer below this."""

LOG2_RANGE = 126
"""Steps are normal numbers of float32: 2**-126 to 2**126."""


def broken_rules(model: FrozenModel) -> list[str]:
    """Every rule that the model breaks, each with its node; none where freeze can have made it.

    Names and shapes must have been found to go together (``shapes.output_shapes``).
    """
    nodes = {node.name: node for node in model.nodes}
    found: list[str] = []
    for node in model.nodes:
        sources = [nodes[name].grid for name in node.inputs]
        for why in (*_grid(node.grid), *_RULES[type(node)](node, sources)):
            found.append(f"node {node.name!r}: {why}")
    return found


def float32_reach(
    source: Grid,
    grid: Grid,
    k: NDArray[np.int64],
    log2_kernel: NDArray[np.int64],
    bias: NDArray[np.int64],
) -> NDArray[np.float64]:
    """How far each channel's sums can go (O,), in units that float32 must tell apart.

    Every partial sum, and its difference from the clipped output (which the straight-through
    estimator computes), is a multiple of the finer of half an accumulator step and the output's.
    ``k`` is (weights of a channel, O).
    """
    largest = 2 * np.abs(k).sum(axis=0) * max(-source.lo, source.hi) + np.abs(bias)
    finer = np.maximum(source.log2_step + log2_kernel - 1 - grid.log2_step, 0)
    return np.asarray(largest.astype(np.float64) * np.exp2(finer.astype(np.float64)))


def _grid(grid: Grid) -> Iterator[str]:
    lowest = 0 if grid.hi > 127 else -128
    if not lowest <= grid.lo <= 0 <= grid.hi <= 255 or grid.lo == grid.hi:
        yield f"its values {grid.lo} to {grid.hi} have no place among int8's"
    if abs(grid.log2_step) > LOG2_RANGE:
        yield f"its step 2**{grid.log2_step} is beyond float32"


def _input(node: Node, sources: list[Grid]) -> Iterator[str]:
    if node.grid.hi - node.grid.lo != 255:
        yield f"an input takes all 256 values of int8, this one {node.grid.hi - node.grid.lo + 1}"


def _compute(node: Node, sources: list[Grid]) -> Iterator[str]:
    assert isinstance(node, Conv2D | DepthwiseConv2D | Dense)
    source, grid = sources[0], node.grid
    log2_kernel, bias = node.log2_kernel.astype(np.int64), node.bias.astype(np.int64)
    log2_u = source.log2_step + log2_kernel
    if np.abs(log2_kernel).max() > LOG2_RANGE or np.abs(log2_u).max() > LOG2_RANGE:
        yield "a kernel's step is beyond float32"
        return
    odd = bias % 2 == 1
    coarser = grid.log2_step > log2_u
    if not odd[coarser].all():
        yield (
            "a bias is a whole number of accumulator steps where the output is coarser: sums "
            "could be half way between two outputs, and backends round those differently"
        )
    if odd[~coarser].any():
        yield "a bias is half an accumulator step off where nothing is rounded"
    k = node.kernel.astype(np.int64).reshape(-1, len(bias))
    if (float32_reach(source, grid, k, log2_kernel, bias) >= FLOAT32_INTEGERS).any():
        yield "its sums are larger than the integers that float32 holds"


def _add(node: Node, sources: list[Grid]) -> Iterator[str]:
    if any(source.log2_step != node.grid.log2_step for source in sources):
        yield "it adds values of different steps"


def _concatenate(node: Node, sources: list[Grid]) -> Iterator[str]:
    grid = node.grid
    if any((s.log2_step, s.zero_point) != (grid.log2_step, grid.zero_point) for s in sources):
        yield "it joins values of different grids"
    elif (min(s.lo for s in sources), max(s.hi for s in sources)) != (grid.lo, grid.hi):
        yield "its grid is not that of what it joins"


def _moves(node: Node, sources: list[Grid]) -> Iterator[str]:
    if sources[0] != node.grid:
        yield "it changes the grid of values that it only moves"


def _clamp(node: Node, sources: list[Grid]) -> Iterator[str]:
    source, grid = sources[0], node.grid
    if (source.log2_step, source.zero_point) != (grid.log2_step, grid.zero_point):
        yield "it clamps to another step or zero point"
    elif not source.lo <= grid.lo <= grid.hi <= source.hi:
        yield "it clamps to a wider range than its input's"


_RULES: Mapping[type[Node], Callable[[Node, list[Grid]], Iterator[str]]] = {
    Input: _input,
    Conv2D: _compute,
    DepthwiseConv2D: _compute,
    Dense: _compute,
    MaxPool2D: _moves,
    Add: _add,
    Concatenate: _concatenate,
    Reshape: _moves,
    ZeroPad2D: _moves,
    Clamp: _clamp,
}
