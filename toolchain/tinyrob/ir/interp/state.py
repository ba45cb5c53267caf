"""Variables, and layers that keep a state: one sample at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir import int16
from tinyrob.ir.graph import Svdf, UnidirectionalSequenceLstm, numpy_type
from tinyrob.ir.interp.common import Array, Call, Int8Array, grid
from tinyrob.ir.lstm import CELL, HIDDEN, Lstm, lstm_of
from tinyrob.ir.qmath import Factor, multiply_by_quantized_multiplier, multiply_wide
from tinyrob.ir.svdf import BIAS, FEATURES, STATE, TIME, svdf_factors

Int64Array = NDArray[np.int64]


def run_read(call: Call) -> Int8Array:
    """READ_VARIABLE."""
    value = call.value()
    return value.reshape(len(value), *call.output.shape)


def run_assign(call: Call) -> tuple[Int8Array, ...]:
    """ASSIGN_VARIABLE."""
    value = call.value(1)
    call.store(0, value.reshape(len(value), *call.tensor(0).shape))
    return ()


def run_lstm(call: Call) -> Array:
    """UNIDIRECTIONAL_SEQUENCE_LSTM, step by step."""
    options = call.attributes(UnidirectionalSequenceLstm)
    factors = lstm_of(call.op, call.graph.tensors, options.cell_clip)
    source = call.value()
    steps = source.reshape(-1, source.shape[-1]).astype(np.int64) - call.grid(0).zero_point
    hidden = call.value(HIDDEN).reshape(-1).astype(np.int64)
    cell = call.value(CELL).reshape(-1).astype(np.int64)
    zero = call.grid(HIDDEN).zero_point
    kind: Any = numpy_type(call.tensor(HIDDEN).dtype)
    limits = np.iinfo(kind)
    made = np.empty((len(steps), len(hidden)), kind)
    for t, x in enumerate(steps):
        i, f, g, o = (_gate(call, k, factors, x, hidden - zero) for k in range(4))
        cell = _rescaled(int16.sigmoid(f * 3) * cell, factors.forget)
        update = _rescaled(int16.sigmoid(i * 3) * int16.tanh(g * 3), factors.update)
        cell = int16.saturate(cell + update)
        if factors.clip > 0:
            cell = np.clip(cell, -factors.clip, factors.clip)
        argument = int16.scaled(cell, factors.tanh_multiplier, factors.tanh_shift)
        product = int16.tanh(argument) * int16.sigmoid(o * 3)
        hidden = np.clip(_factor(product, factors.hidden) + zero, limits.min, limits.max)
        made[t] = hidden
    call.store(HIDDEN, hidden.astype(kind).reshape(1, *call.tensor(HIDDEN).shape))
    call.store(CELL, cell.astype(np.int16).reshape(1, *call.tensor(CELL).shape))
    return made.reshape(1, *call.output.shape)


def _gate(call: Call, k: int, factors: Lstm, x: Int64Array, hidden: Int64Array) -> Int64Array:
    """A gate's argument in units of 2**-12."""
    weights, recurrent, bias = (call.constant(i + k) for i in (1, 5, 12))
    assert weights is not None
    assert recurrent is not None
    assert bias is not None
    of_input, of_state = factors.gates[k]
    sums = weights.astype(np.int64) @ x + bias.astype(np.int64)
    again = recurrent.astype(np.int64) @ hidden
    if call.wide:
        both = (
            int16.saturate(multiply_wide(x, factor.multiplier, factor.shift))
            for x, factor in ((sums, of_input), (again, of_state))
        )
        return int16.saturate(sum(both, np.int64(0)))
    return int16.saturate(_rescaled(sums, of_input) + _rescaled(again, of_state))


def _factor(x: Int64Array, factor: Factor) -> Int64Array:
    return multiply_by_quantized_multiplier(x, factor.multiplier, factor.shift).astype(np.int64)


def _rescaled(x: Int64Array, factor: Factor) -> Int64Array:
    return int16.saturate(_factor(x, factor))


def run_svdf(call: Call) -> Int8Array:
    """SVDF: a feature's new value joins the last ones, whose weighted sum is the output."""
    attributes = call.attributes(Svdf)
    factors = svdf_factors(call.op, call.graph.tensors)
    features, time, bias = (call.constant(i) for i in (FEATURES, TIME, BIAS))
    assert features is not None
    assert time is not None
    assert bias is not None
    state = call.tensor(STATE)
    kind: np.dtype[Any] = numpy_type(state.dtype)
    zero, limits = call.grid(STATE).zero_point, np.iinfo(kind)
    x = call.value().reshape(-1).astype(np.int64) - call.grid(0).zero_point
    new = np.clip(_factor(features.astype(np.int64) @ x, factors.feature), limits.min, limits.max)
    memory = call.value(STATE).reshape(time.shape).astype(kind)
    memory = np.concatenate([memory[:, 1:], (new + zero).astype(kind)[:, None]], axis=1)
    call.store(STATE, memory.reshape(1, *state.shape))
    sums = (time.astype(np.int64) * (memory.astype(np.int64) - zero)).sum(axis=1)
    sums = sums.reshape(-1, attributes.rank).sum(axis=1) + bias.astype(np.int64)
    output = grid(call.output).zero_point
    sums = sums.astype(np.int32).astype(np.int64)  # wraps, as TFLite Micro's sums do
    made = np.clip(_factor(sums, factors.output) + output, -128, 127).astype(np.int8)
    return made.reshape(1, *call.output.shape)
