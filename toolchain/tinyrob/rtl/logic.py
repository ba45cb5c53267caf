"""One position of a layer as an adder graph: da4ml traces it, once, whatever the image's size.

Unrolling every position, as da4ml does by default, solves the same kernel again and again; a
network here streams through one copy of each layer's logic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import ToolMissing
from tinyrob.files.installed import install_command
from tinyrob.frozen import model as fr
from tinyrob.frozen.model import Node
from tinyrob.frozen.shapes import Shape
from tinyrob.hls.fixed import Arithmetic, Compute, FixedType, arithmetic_of, type_of_grid

_Values = tuple[Any, Any]

# Adders in a row between two registers.
STAGE_DEPTH = 3


def trace(node: Node, sources: Sequence[Node], shapes: Sequence[Shape]) -> Any:
    """da4ml's logic from one window (or position) of the inputs to one position of ``node``.

    None where the node only moves values. Raises ToolMissing without da4ml.
    """
    values_of = VALUES[type(node)]
    if values_of is None:
        return None
    types = [type_of_grid(source.name, source.grid) for source in sources]
    values, inputs = values_of(node, sources, types, shapes[0][-1])
    kind = type_of_grid(node.name, node.grid)
    from da4ml.trace import comb_trace

    result = values.quantize(
        int(kind.signed),
        kind.integer_bits - int(kind.signed),
        -kind.log2_step,
        kind.saturate.removeprefix("AP_"),
        "TRN",
    )
    return comb_trace(inputs, result, keep_dead_inputs=True)


def _weighted(
    node: Compute, sources: Sequence[Node], types: Sequence[FixedType], channels: int
) -> _Values:
    arithmetic = arithmetic_of(node, sources[0].grid)
    sums, x = _sums(node, types[0], arithmetic.weights, channels)
    return sums + arithmetic.biases, x


def _max_pool(
    node: fr.MaxPool2D, sources: Sequence[Node], types: Sequence[FixedType], channels: int
) -> _Values:
    size = math.prod(node.window)
    x = _symbols(types[0], size * channels)
    return np.max(x.reshape(size, channels), axis=0), x


def _add(
    node: fr.Add, sources: Sequence[Node], types: Sequence[FixedType], channels: int
) -> _Values:
    x = [_symbols(kind, channels) for kind in types]
    return x[0] + x[1], np.concatenate(x)


def _clamp(
    node: fr.Clamp, sources: Sequence[Node], types: Sequence[FixedType], channels: int
) -> _Values:
    x = _symbols(types[0], channels)
    return x, x


VALUES: Mapping[type[Node], Callable[..., _Values] | None] = {
    fr.Input: None,
    fr.Conv2D: _weighted,
    fr.DepthwiseConv2D: _weighted,
    fr.Dense: _weighted,
    fr.MaxPool2D: _max_pool,
    fr.Add: _add,
    fr.Concatenate: None,
    fr.Reshape: None,
    fr.ZeroPad2D: None,
    fr.Clamp: _clamp,
}
"""A node's values before its clamp and the symbols that they are made of, by kind; None: it only
moves values. Given node, sources, their types, and the channels of the first input."""


def trace_sums(node: Compute, source: Node, arithmetic: Arithmetic, channels: int) -> Any:
    """The sums of one position of ``node``, in integers: no steps, no bias, no clamp.

    ``channels`` is the input's. da4ml's logic: additions and subtractions only. Raises ToolMissing.
    """
    kind = replace(type_of_grid(source.name, source.grid), log2_step=0)
    sums, inputs = _sums(node, kind, arithmetic.kernel.astype(np.float64), channels)
    from da4ml.trace import comb_trace

    return comb_trace(inputs, sums, keep_dead_inputs=True)


def _sums(
    node: Compute, kind: FixedType, kernel: NDArray[np.float64], channels: int
) -> tuple[Any, Any]:
    """The kernel times a window (or position) of symbols, and the symbols."""
    if not isinstance(node, fr.DepthwiseConv2D):
        x = _symbols(kind, math.prod(kernel.shape[:-1]))
        return x @ kernel.reshape(-1, kernel.shape[-1]), x
    size = kernel.shape[0] * kernel.shape[1]
    x = _symbols(kind, size * channels)
    columns, weights = x.reshape(size, channels), kernel.reshape(size, channels, -1)
    return np.concatenate([columns[:, c] @ weights[:, c] for c in range(channels)]), x


def _symbols(kind: FixedType, count: int) -> Any:
    try:
        from da4ml.trace import FixedVariableArray, HWConfig
    except ImportError as error:
        raise ToolMissing(f"da4ml cannot be imported ({error})", install_command("rtl")) from error
    sign = int(kind.signed)
    return FixedVariableArray.from_kif(
        np.full(count, sign, np.int8),
        np.full(count, kind.integer_bits - sign, np.int8),
        np.full(count, -kind.log2_step, np.int8),
        HWConfig(1, -1, -1),
        solver_options={"hard_dc": 2, "search_all_decompose_dc": False},
    )
