"""Interval bound propagation through the integers themselves: every rounding and clamp as it is.

Gowal et al. 2018, "On the Effectiveness of Interval Bound Propagation for Training Verifiably
Robust Models", for real numbers. Here the ends of an interval go through the same functions as the
interpreter's values (``ir.interp``), so that there is no rounding error to be argued away: where an
operator never falls when an operand grows, its value at the ends bounds all between.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.certify.products import LINEAR, kernel_of, product
from tinyrob.ir import operators as kinds
from tinyrob.ir.graph import Graph, Op, numpy_type
from tinyrob.ir.interp import RUN
from tinyrob.ir.interp.common import Call, grid
from tinyrob.ir.interp.matmul import finish
from tinyrob.ir.lookup import LOOKUPS, table_of
from tinyrob.ir.moves import MOVES, looks_up

Integers = NDArray[Any]


@dataclass(frozen=True)
class Box:
    """Arrays (N, *shape) of integers: the least and the greatest that each element can be."""

    low: Integers
    high: Integers


Boxes = dict[int, Box]
_LIMITS = {"float32": (-np.inf, np.inf), "bool": (False, True)}
Rule = Callable[[Graph, Op, Mapping[int, Box]], Box]

# With every operand, none falls when it grows: sums with positive factors, maxima, moves (rows that
# are looked up are none), clamps.
_RISING: frozenset[type[kinds.Attributes]] = frozenset(
    {
        *MOVES, kinds.Add, kinds.AveragePool2D, kinds.MaxPool2D, kinds.Mean, kinds.Sum,
        kinds.ReduceMax, kinds.ReduceMin, kinds.Reshape, kinds.Pad, kinds.PadV2, kinds.Relu,
        kinds.Relu6, kinds.Quantize, kinds.Minimum, kinds.Maximum, kinds.Concatenation, kinds.Pack,
    }
)  # fmt: skip


def ball(x: NDArray[np.int8], eps: int) -> Box:
    """All int8 inputs within ``eps`` steps of each of x (N, *sample shape), element by element."""
    wide = x.astype(np.int16)
    low, high = np.clip(wide - eps, -128, 127), np.clip(wide + eps, -128, 127)
    return Box(low.astype(np.int8), high.astype(np.int8))


def propagate(graph: Graph, inputs: Box) -> Boxes:
    """A box for every tensor that is computed: no input within ``inputs`` leaves it.

    For graphs of one input. An operator without a rule makes anything that its type can hold.
    """
    source = graph.inputs[0]
    shape = graph.tensors[source].shape
    found = {source: Box(inputs.low.reshape(-1, *shape), inputs.high.reshape(-1, *shape))}
    for op in graph.ops:
        for index, box in step(graph, op, found).items():
            found[index] = box
    return found


def step(graph: Graph, op: Op, boxes: Mapping[int, Box]) -> Boxes:
    """The boxes of an operator's outputs."""
    kind = type(op.attributes)
    count = max((len(boxes[i].low) for i in op.inputs if i in boxes), default=1)
    if not all(is_integer(graph, i) for i in (*op.inputs, *op.outputs) if i >= 0):
        made = [_anything(graph, i, count) for i in op.outputs]
    elif looks_up(op, graph.tensors):
        made = [_rows(graph, op, count)]
    elif kind in _RISING:
        low, high = (_run(graph, op, boxes, itertools.repeat(e)) for e in ("low", "high"))
        made = [Box(a, b) for a, b in zip(low, high, strict=True)]
    else:
        rule = _RULES.get(kind)
        made = (
            [rule(graph, op, boxes)] if rule else [_anything(graph, i, count) for i in op.outputs]
        )
    return dict(zip(op.outputs, made, strict=True))


def _run(
    graph: Graph, op: Op, boxes: Mapping[int, Box], ends: Iterable[str]
) -> tuple[Integers, ...]:
    """The operator at one end of each operand's box: ``ends`` are "low" or "high"."""
    chosen = zip(op.inputs, ends, strict=False)
    values = {i: getattr(boxes[i], end) for i, end in chosen if i in boxes}
    made = RUN[type(op.attributes)](Call(graph, op, values))
    return made if isinstance(made, tuple) else (made,)


def _anything(graph: Graph, index: int, count: int) -> Box:
    tensor = graph.tensors[index]
    kind = np.dtype(numpy_type(tensor.dtype))
    least, greatest = _LIMITS.get(kind.name) or (np.iinfo(kind.name).min, np.iinfo(kind.name).max)
    low, high = (np.full((count, *tensor.shape), end, kind) for end in (least, greatest))
    return Box(low, high)


def is_integer(graph: Graph, index: int) -> bool:
    """Float32 between integers has no rule: what is computed of it can be anything."""
    return graph.tensors[index].dtype in ("int8", "int16", "int32", "int64", "uint8")


def _weighted(graph: Graph, op: Op, boxes: Mapping[int, Box]) -> Box:
    call = Call(graph, op, {})
    attributes = op.attributes
    assert isinstance(attributes, LINEAR)
    if call.tensor(0).dtype != "int8" or op.inputs[0] not in boxes:
        return _anything(graph, op.outputs[0], 1)
    low, high = (
        finish(call, end, attributes.activation) for end in _sums(call, boxes[op.inputs[0]])
    )
    return Box(low, high)


def _sums(call: Call, box: Box) -> tuple[Integers, Integers]:
    """The ends of what weights make of the input: (N, *output shape), exact, without bias."""
    zero, kernel = call.grid(0).zero_point, kernel_of(call)
    up, down = np.maximum(kernel, 0.0), np.minimum(kernel, 0.0)
    low, high = (end.astype(np.float64) - zero for end in (box.low, box.high))
    return (
        (product(call, up, low) + product(call, down, high)).astype(np.int64),
        (product(call, up, high) + product(call, down, low)).astype(np.int64),
    )


def _sub(graph: Graph, op: Op, boxes: Mapping[int, Box]) -> Box:
    """Rises with the first operand, falls with the second."""
    if op.inputs[0] == op.inputs[1]:
        return _anything(graph, op.outputs[0], 1)
    (low,), (high,) = (_run(graph, op, boxes, e) for e in (("low", "high"), ("high", "low")))
    return Box(low, high)


def _mul(graph: Graph, op: Op, boxes: Mapping[int, Box]) -> Box:
    """Extremes lie at corners: it is monotone in each operand, one way or the other."""
    if op.inputs[0] == op.inputs[1]:
        return _anything(graph, op.outputs[0], len(boxes[op.inputs[0]].low))
    corners = [
        _run(graph, op, boxes, ends)[0] for ends in itertools.product(("low", "high"), repeat=2)
    ]
    return Box(np.min(corners, axis=0), np.max(corners, axis=0))


def _lookup(graph: Graph, op: Op, boxes: Mapping[int, Box]) -> Box:
    """The least and the greatest entry between two places of a table of 256."""
    call = Call(graph, op, {})
    table = table_of(op.attributes, call.grid(0), grid(call.output))
    least, greatest = np.full((256, 256), 127, np.int8), np.full((256, 256), -128, np.int8)
    for start in range(256):
        least[start, start:] = np.minimum.accumulate(table[start:])
        greatest[start, start:] = np.maximum.accumulate(table[start:])
    box = boxes[op.inputs[0]]
    places = tuple(end.astype(np.int16) + 128 for end in (box.low, box.high))
    return Box(least[places], greatest[places])


def _rows(graph: Graph, op: Op, count: int) -> Box:
    """The least and the greatest of each column: any row may be looked up."""
    table, made = graph.constant(op.inputs[0]), graph.tensors[op.outputs[0]]
    assert table is not None
    ends = (table.min(axis=0), table.max(axis=0))
    low, high = (np.broadcast_to(end, (count, *made.shape)).copy() for end in ends)
    return Box(low, high)


_RULES: Mapping[type[kinds.Attributes], Rule] = {
    **dict.fromkeys(LINEAR, _weighted),
    **dict.fromkeys(LOOKUPS, _lookup),
    kinds.Sub: _sub,
    kinds.Mul: _mul,
}
