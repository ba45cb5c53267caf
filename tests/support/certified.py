"""Networks by hand, for proofs about balls of inputs."""

from __future__ import annotations

import numpy as np

from tinyrob.ir import graph as ir

_GRID = ir.Quantization((1.0,), (0,))


def _dense(name: str, rows: list[list[int]]) -> tuple[ir.Tensor, ...]:
    weights = np.array(rows, np.int8)
    scales = ir.Quantization((1.0,) * len(rows), (0,) * len(rows), 0)
    return (
        ir.Tensor(f"{name}_weights", weights.shape, "int8", scales, weights),
        ir.Tensor(f"{name}_bias", (len(rows),), "int32", scales, np.zeros(len(rows), np.int32)),
        ir.Tensor(name, (1, len(rows)), "int8", _GRID),
    )


def dense(*layers: list[list[int]]) -> ir.Graph:
    """Dense layers of integer weights, on grids of step 1 and zero 0; the input is (1,) wide as
    the first's rows."""
    tensors = [ir.Tensor("x", (1, len(layers[0][0])), "int8", _GRID)]
    ops = []
    for number, rows in enumerate(layers):
        source = len(tensors) - 1
        tensors += _dense(f"dense{number}", rows)
        end = len(tensors) - 1
        ops.append(ir.Op(ir.FullyConnected(), (source, end - 2, end - 1), (end,)))
    return ir.Graph(tuple(tensors), tuple(ops), (0,), (len(tensors) - 1,), "by-hand")


def difference() -> ir.Graph:
    """The input twice, and what is left when one is taken from the other."""
    return dense([[1], [1]], [[1, -1]])
