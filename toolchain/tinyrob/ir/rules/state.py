"""Rules of variables and of what keeps a state."""

from __future__ import annotations

import math

import numpy as np

from tinyrob.ir.graph import Svdf, Tensor, UnidirectionalSequenceLstm, limits
from tinyrob.ir.lstm import ABSENT, CELL, GATES, HIDDEN, lstm_of
from tinyrob.ir.rules.common import Site
from tinyrob.ir.rules.matmul import accumulator_bounds
from tinyrob.ir.svdf import BIAS, FEATURES, STATE, TIME, svdf_factors

_TANH = 4
_LARGEST = 255


def check_read(site: Site) -> None:
    """READ_VARIABLE."""
    site.count(1, 1)
    variable = variable_of(site, 0)
    _holds(site, variable, site.output)


def check_assign(site: Site) -> None:
    """ASSIGN_VARIABLE."""
    site.count(2, 2)
    if site.op.outputs:
        site.contradiction(f"has {len(site.op.outputs)} outputs")
    _holds(site, variable_of(site, 0), site.quantized(1))


def variable_of(site: Site, position: int) -> Tensor:
    """An input that is a variable."""
    tensor = site.operand(position)
    if tensor is None or tensor.initial is None:
        site.refuse(f"input {position} is no variable", "convert with variables of the network")
    return tensor


def _holds(site: Site, variable: Tensor, value: Tensor) -> None:
    if (variable.dtype, variable.elements) != (value.dtype, value.elements):
        site.contradiction(
            f"{value.name!r} is {value.dtype} {list(value.shape)}, the variable {variable.dtype} "
            f"{list(variable.shape)}"
        )


def check_lstm(site: Site) -> None:
    """UNIDIRECTIONAL_SEQUENCE_LSTM: int8 or int16, with an int16 cell.

    Its output is on the hidden state's grid, whatever the converter writes there.
    """
    attributes = site.attributes
    assert isinstance(attributes, UnidirectionalSequenceLstm)
    if len(site.op.inputs) != 24:
        site.contradiction(f"has {len(site.op.inputs)} inputs instead of 24")
    for position in ABSENT:
        if site.operand(position) is not None:
            site.refuse(
                f"its input {position} is given: peepholes, projections or layer normalization",
                "TFLite Micro has plain LSTMs only",
            )
    if attributes.diagonal or attributes.activation != _TANH:
        site.refuse("it is not a plain LSTM with tanh", "use Keras' LSTM with its defaults")
    source = site.activation()
    hidden, cell = variable_of(site, HIDDEN), variable_of(site, CELL)
    units = hidden.elements
    if len(source.shape) != 3 or 1 not in source.shape[:2]:
        site.refuse(f"its input is {list(source.shape)}", "convert with a batch of 1")
    if not attributes.time_major and source.shape[0] != 1:
        site.refuse(f"its batch is {source.shape[0]}", "convert with a batch of 1")
    site.shape((*source.shape[:2], units))
    _check_states(site, hidden, cell)
    _check_gates(site, source, hidden, units)


def _check_states(site: Site, hidden: Tensor, cell: Tensor) -> None:
    alike = hidden.dtype == site.output.dtype and hidden.elements == cell.elements
    if not alike or cell.dtype != "int16":
        site.refuse(
            f"its state is {hidden.dtype} {list(hidden.shape)} and {cell.dtype} {list(cell.shape)}",
            "convert with full int8 or 16x8 quantization: a state of the activations' type, and an "
            "int16 cell",
        )
    for tensor in (hidden, cell):
        if tensor.quantization is None or len(tensor.quantization.scales) != 1:
            site.refuse(f"its state {tensor.name!r} has no scale", "convert with full int8")
    assert hidden.quantization is not None
    if site.wide and any(hidden.quantization.zero_points):
        site.refuse(f"its state {hidden.name!r} has a zero point", "convert again")
    assert cell.quantization is not None
    power = math.log2(cell.quantization.scale)
    if power != round(power) or not -30 <= power <= -1 or any(cell.quantization.zero_points):
        site.refuse(
            f"its cell has the scale {cell.quantization.scale}",
            "convert again: the scale of a cell is a power of two",
        )


def _check_gates(site: Site, source: Tensor, hidden: Tensor, units: int) -> None:
    for i, name in enumerate(GATES):
        for position in (1 + i, 5 + i):
            kernel = site.constant(position, "int8", f"{name} gate's kernel")
            grid = kernel.quantization
            if grid is None or len(grid.scales) != 1 or any(grid.zero_points):
                site.refuse(
                    f"its kernel {kernel.name!r} is not symmetric with one scale", "convert again"
                )
    factors = lstm_of(site.op, site.graph.tensors, 0.0)
    for i, name in enumerate(GATES):
        bias = site.constant(12 + i, "int64" if site.wide else "int32", f"{name} gate's bias")
        sides = ((1 + i, source, source.shape[-1]), (5 + i, hidden, units))
        for side, (position, given, depth) in enumerate(sides):
            kernel = site.constant(position, "int8", f"{name} gate's kernel")
            if kernel.shape != (units, depth) or bias.shape != (units,):
                site.contradiction(f"its kernel {kernel.name!r} is {list(kernel.shape)}")
            of = given.quantization
            assert kernel.data is not None
            assert bias.data is not None
            assert of is not None
            added = bias.data.astype(np.int64) if side == 0 else np.zeros(units, np.int64)
            bounds = accumulator_bounds(
                kernel.data.astype(np.int64), added, of.zero_point, limits(given.dtype)
            )
            check = site.in_wide_range if site.wide else site.in_range
            check(int(bounds.max()), factors.gates[i][side])
    for factor in (factors.forget, factors.update, factors.hidden):
        site.in_range(2**30, factor)


def check_svdf(site: Site) -> None:
    """SVDF: int8, with an int8 or int16 state."""
    attributes = site.attributes
    assert isinstance(attributes, Svdf)
    site.count(5, 5)
    source, state = site.activation(), variable_of(site, STATE)
    features = site.constant(FEATURES, "int8", "feature weights")
    time = site.constant(TIME, "int8" if state.dtype == "int8" else "int16", "time weights")
    bias = site.constant(BIAS, "int32", "bias")
    rank = attributes.rank
    if len(source.shape) != 2 or source.shape[0] != 1:
        site.refuse(f"its input is {list(source.shape)}", "convert with a batch of 1")
    if len(features.shape) != 2 or len(time.shape) != 2 or rank < 1 or features.shape[0] % rank:
        site.contradiction(
            f"has rank {rank} and weights {list(features.shape)} and {list(time.shape)}"
        )
    filters, memory = time.shape
    if features.shape != (filters, source.shape[1]) or bias.shape != (filters // rank,):
        site.contradiction(
            f"its weights {list(features.shape)} and bias {list(bias.shape)} do not fit"
        )
    if state.dtype not in ("int8", "int16") or state.shape != (1, filters * memory):
        site.refuse(
            f"its state is {state.dtype} {list(state.shape)}",
            "convert with full int8 quantization: int8, or int16 with int16 weights of time",
        )
    site.shape((1, filters // rank))
    for tensor in (features, time, bias, state):
        grid = tensor.quantization
        zero = grid is not None and any(grid.zero_points) and tensor is not state
        if grid is None or len(grid.scales) != 1 or zero:
            site.refuse(f"{tensor.name!r} is not symmetric with one scale", "convert again")
    if state.dtype == "int16" and any(state.quantization.zero_points if state.quantization else ()):
        site.refuse(f"its state {state.name!r} has a zero point", "convert again")
    _check_sums(site, source, features, time, bias)


def _check_sums(site: Site, source: Tensor, features: Tensor, time: Tensor, bias: Tensor) -> None:
    factors = svdf_factors(site.op, site.graph.tensors)
    state = site.graph.tensors[site.op.inputs[STATE]]
    assert source.quantization is not None
    assert state.quantization is not None
    assert time.quantization is not None
    assert bias.quantization is not None
    right = float(np.float32(state.quantization.scale) * np.float32(time.quantization.scale))
    if not abs(bias.quantization.scale - right) < 1e-5:
        site.refuse(
            f"its bias {bias.name!r} has the scale {bias.quantization.scale}, its accumulator "
            f"{right}",
            "the bias scale must be the state's times that of the time weights",
        )
    data = [t.data for t in (features, time, bias)]
    assert data[0] is not None
    assert data[1] is not None
    assert data[2] is not None
    none = np.zeros(len(data[0]), np.int64)
    first = accumulator_bounds(data[0].astype(np.int64), none, source.quantization.zero_point)
    site.in_range(int(first.max()), factors.feature)
    if state.dtype == "int16":
        # Sums of 16 times 16 bits may leave an int32 on paper, and wrap, as in TFLite Micro.
        if factors.output.shift > 0:
            site.refuse(f"its sums are scaled by 2^{factors.output.shift}", "quantize coarser")
        return
    units = len(data[2])
    sums = np.abs(data[1].astype(np.int64)).reshape(units, -1).sum(axis=1) * _LARGEST
    site.in_range(int((sums + np.abs(data[2].astype(np.int64))).max()), factors.output)
