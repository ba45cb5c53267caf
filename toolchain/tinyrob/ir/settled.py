"""What operators on activations make of constants: computed once, when the network is read.

A recurrent layer that is unrolled begins with a state of zeros, whose scale its quantizer has never
seen: 0, or a number that float32 hardly holds. Where such a constant is multiplied nothing is left
of the other operand, and where it is added nothing is added: TFLite Micro computes just that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import ModelFormatError
from tinyrob.ir import operators as kinds
from tinyrob.ir.graph import Graph, Op, Tensor, numpy_type
from tinyrob.ir.interp import RUN, interpret_all
from tinyrob.ir.rules import obstacles_of
from tinyrob.ir.rules.common import MIN_SCALE

_MAX_SETTLED = 2**20
"""Elements of a constant that is computed."""
_POSITIONS: dict[type[kinds.Attributes], int] = {kinds.Split: 1, kinds.TransposeConv: 2}
"""Which operand is the activation, where it is not the first."""


def settled(ops: Sequence[Op], tensors: list[Tensor], outputs: Sequence[int]) -> list[Op]:
    """The operators that are left; ``tensors`` hold what the others make, as constants. What makes
    one of the network's ``outputs`` stays."""
    for index, tensor in enumerate(tensors):
        tensors[index] = _seen(tensor)
    kept = []
    for op in ops:
        made = None if set(op.outputs).intersection(outputs) else _made(op, tensors)
        if made is None:
            kept.append(op)
            continue
        for index, value in zip(op.outputs, made, strict=True):
            value.setflags(write=False)
            tensors[index] = _seen(replace(tensors[index], data=value))
    return kept


def _made(op: Op, tensors: Sequence[Tensor]) -> list[NDArray[Any]] | None:
    """What the operator makes, where that does not depend on the network's inputs."""
    operands = [tensors[i] for i in op.inputs if i >= 0]
    made = [tensors[i] for i in op.outputs if i >= 0]
    if not operands or len(made) != len(op.outputs) or not made:
        return None
    if any(t.dtype not in ("int8", "int16") or t.elements > _MAX_SETTLED for t in made):
        return None
    if any(t.quantization is None or len(t.quantization.scales) != 1 for t in made):
        return None
    if isinstance(op.attributes, kinds.Mul) and any(_rests(t) for t in operands):
        grid = made[0].quantization
        assert grid is not None
        return [np.full(made[0].shape, grid.zero_point, numpy_type(made[0].dtype))]
    if type(op.attributes) not in RUN or any(t.data is None for t in operands):
        return None
    return _run(op, tensors)


def _run(op: Op, tensors: Sequence[Tensor]) -> list[NDArray[Any]] | None:
    """The operator alone, given its constant as an input; None where it is not valid."""
    position = _POSITIONS.get(type(op.attributes), 0)
    if position >= len(op.inputs) or op.inputs[position] < 0:
        return None
    source = op.inputs[position]
    given = tensors[source]
    assert given.data is not None
    alone = list(tensors)
    alone[source] = replace(given, data=None)
    graph = Graph(tuple(alone), (op,), (source,), op.outputs)
    try:
        if obstacles_of(graph):
            return None
    except ModelFormatError:
        return None
    found = interpret_all(graph, (given.data.reshape(1, *given.sample_shape),))
    shapes = [tensors[i].shape for i in op.outputs]
    return [value.reshape(shape) for value, shape in zip(found, shapes, strict=True)]


def _rests(tensor: Tensor) -> bool:
    """Whether it is a constant, and 0 everywhere."""
    grid = tensor.quantization
    if tensor.data is None or grid is None or len(grid.scales) != 1 or not tensor.elements:
        return False
    return tensor.dtype in ("int8", "int16") and bool((tensor.data == grid.zero_point).all())


def _seen(tensor: Tensor) -> Tensor:
    """With a scale, where it is 0 everywhere and has hardly any."""
    grid = tensor.quantization
    if grid is None or not _rests(tensor) or not 0 <= grid.scale < MIN_SCALE:
        return tensor
    return replace(tensor, quantization=replace(grid, scales=(MIN_SCALE,)))
