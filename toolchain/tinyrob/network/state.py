"""Recurrent layers as kernels see them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinyrob.ir import graph as ir
from tinyrob.ir.graph import numpy_type
from tinyrob.ir.lstm import CELL, GATES, HIDDEN, lstm_of
from tinyrob.ir.svdf import BIAS, FEATURES, STATE, TIME, svdf_factors
from tinyrob.network import layers as net

LSTM_STATES = (HIDDEN, CELL)
SVDF_STATES = (STATE,)


def lstm(op: ir.Op, tensors: Sequence[ir.Tensor]) -> net.Lstm:
    """The layer of a checked UNIDIRECTIONAL_SEQUENCE_LSTM."""
    options = op.attributes
    assert isinstance(options, ir.UnidirectionalSequenceLstm)
    factors = lstm_of(op, tensors, options.cell_clip)
    source, hidden = tensors[op.inputs[0]], tensors[op.inputs[HIDDEN]]
    assert source.quantization is not None
    assert hidden.quantization is not None
    zero = hidden.quantization.zero_point
    kind = np.int64 if hidden.dtype == "int16" else np.int32
    gates = []
    for i in range(len(GATES)):
        inputs, states, bias = (_data(op, tensors, first + i) for first in (1, 5, 12))
        gates.append(
            net.LstmGate(
                inputs.astype(np.int8),
                states.astype(np.int8),
                (bias - source.quantization.zero_point * inputs.sum(axis=1)).astype(kind),
                (-zero * states.sum(axis=1)).astype(np.int32),
                *factors.gates[i],
            )
        )
    in_c = source.shape[-1]
    return net.Lstm(
        source.elements // in_c, in_c, hidden.elements, tuple(gates), factors.forget,
        factors.update, factors.hidden, factors.tanh_multiplier, factors.tanh_shift,
        max(factors.clip, 0), zero,
    )  # fmt: skip


def svdf(op: ir.Op, tensors: Sequence[ir.Tensor]) -> net.Svdf:
    """The layer of a checked SVDF."""
    options = op.attributes
    assert isinstance(options, ir.Svdf)
    factors = svdf_factors(op, tensors)
    features, time, bias = (_data(op, tensors, i) for i in (FEATURES, TIME, BIAS))
    zeros = [
        grid.zero_point
        for grid in (
            tensors[i].quantization for i in (op.inputs[0], op.inputs[STATE], op.outputs[0])
        )
        if grid is not None
    ]
    return net.Svdf(
        options.rank, features.astype(np.int8),
        (-zeros[0] * features.sum(axis=1)).astype(np.int32),
        time.astype(numpy_type(tensors[op.inputs[STATE]].dtype)), bias.astype(np.int32),
        factors.feature, factors.output, zeros[1], zeros[2],
    )  # fmt: skip


def _data(
    op: ir.Op, tensors: Sequence[ir.Tensor], position: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    data = tensors[op.inputs[position]].data
    assert data is not None
    return data.astype(np.int64)
