"""Rules of variables and of what keeps a state."""

from __future__ import annotations

import math

import numpy as np

from tinyrob.ir.graph import Tensor, UnidirectionalSequenceLstm
from tinyrob.ir.lstm import ABSENT, CELL, GATES, HIDDEN, lstm_of
from tinyrob.ir.rules.common import Site
from tinyrob.ir.rules.matmul import accumulator_bounds

_TANH = 4


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
    """UNIDIRECTIONAL_SEQUENCE_LSTM: int8, with an int16 cell.

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
    if hidden.dtype != "int8" or cell.dtype != "int16" or hidden.elements != cell.elements:
        site.refuse(
            f"its state is {hidden.dtype} {list(hidden.shape)} and {cell.dtype} {list(cell.shape)}",
            "convert with full int8 quantization: int8 with an int16 cell",
        )
    for tensor in (hidden, cell):
        if tensor.quantization is None or len(tensor.quantization.scales) != 1:
            site.refuse(f"its state {tensor.name!r} has no scale", "convert with full int8")
    assert cell.quantization is not None
    power = math.log2(cell.quantization.scale)
    if power != round(power) or not -30 <= power <= -1 or any(cell.quantization.zero_points):
        site.refuse(
            f"its cell has the scale {cell.quantization.scale}",
            "convert again: the scale of a cell is a power of two",
        )


def _check_gates(site: Site, source: Tensor, hidden: Tensor, units: int) -> None:
    factors = lstm_of(site.op, site.graph.tensors, 0.0)
    for i, name in enumerate(GATES):
        bias = site.constant(12 + i, "int32", f"{name} gate's bias")
        sides = ((1 + i, source, source.shape[-1]), (5 + i, hidden, units))
        for side, (position, given, depth) in enumerate(sides):
            kernel = site.constant(position, "int8", f"{name} gate's kernel")
            if kernel.shape != (units, depth) or bias.shape != (units,):
                site.contradiction(f"its kernel {kernel.name!r} is {list(kernel.shape)}")
            grid, of = kernel.quantization, given.quantization
            if grid is None or len(grid.scales) != 1 or any(grid.zero_points):
                site.refuse(
                    f"its kernel {kernel.name!r} is not symmetric with one scale", "convert again"
                )
            assert kernel.data is not None
            assert bias.data is not None
            assert of is not None
            added = bias.data.astype(np.int64) if side == 0 else np.zeros(units, np.int64)
            bounds = accumulator_bounds(kernel.data.astype(np.int64), added, of.zero_point)
            site.in_range(int(bounds.max()), factors.gates[i][side])
    for factor in (factors.forget, factors.update, factors.hidden):
        site.in_range(2**30, factor)
