"""What a ball can become, as a linear program: every value of the network is a variable.

A layer with weights makes y = clamp(p + e), with p linear in what it takes, and |e| at most what
rounding can do. Over the range of p + e the clamp lies between two lines (Ehlers 2017, "Formal
Verification of Piece-Wise Linear Feed-Forward Neural Networks", for rectified units). Where it is
known on which side of its corners a value is, the lines meet: ``Program.within`` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.certify import affine
from tinyrob.certify.intervals import Box
from tinyrob.certify.products import LINEAR, Floats, bias_of, kernel_of, product
from tinyrob.ir.graph import Graph, Op, Reshape
from tinyrob.ir.interp.common import Call, grid
from tinyrob.ir.qmath import activation_range

_MOST = 1 << 22
"""Numbers that the linear part of a layer may take: 32 MiB."""
_SLACK = 1e-9
"""Of the magnitudes that went into a number of float64: more than its rounding errors."""
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Layer:
    """Values y at ``places`` of the variables: the clamp to [``floor``, ``ceiling``] of ``matrix``
    times the variables at ``sources``, plus ``offset``, within ``error``; in front of the clamp
    they lie in [``low``, ``high``], which where ``cut`` is more than the rest says. One number a
    value."""

    sources: Places
    places: Places
    matrix: Floats
    offset: Floats
    error: Floats
    floor: int
    ceiling: int
    low: Floats
    high: Floats
    cut: NDArray[np.bool_]

    @property
    def upper(self) -> tuple[Floats, Floats]:
        """Slope s and height t of y <= s p + t: a line over the clamp."""
        top = np.minimum(self.high, self.ceiling)
        bent = self.low < self.floor
        flat = top <= self.floor
        slope = np.where(bent, (top - self.floor) / _positive(top - self.low), 1.0)
        slope = np.where(flat | (self.low >= self.ceiling), 0.0, slope)
        height = np.where(bent, self.floor - slope * self.low, 0.0)
        constant = np.where(flat, self.floor, self.ceiling)
        height = np.where(slope <= 0.0, constant, height)
        return slope, height + slope * self.error + _SLACK * (1.0 + np.abs(height))

    @property
    def lower(self) -> tuple[Floats, Floats]:
        """Slope s and height t of y >= s p + t: a line under the clamp."""
        bottom = np.maximum(self.low, self.floor)
        bent = self.high > self.ceiling
        flat = bottom >= self.ceiling
        slope = np.where(bent, (self.ceiling - bottom) / _positive(self.high - bottom), 1.0)
        slope = np.where(flat | (self.high <= self.floor), 0.0, slope)
        height = np.where(bent, self.ceiling - slope * self.high, 0.0)
        constant = np.where(flat, self.ceiling, self.floor)
        height = np.where(slope <= 0.0, constant, height)
        return slope, height - slope * self.error - _SLACK * (1.0 + np.abs(height))

    def before(self, values: Floats) -> Floats:
        """p at these variables."""
        made: Floats = self.matrix @ values[self.sources] + self.offset
        return made

    @property
    def corners(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which values may lie on both sides of the lower, and of the upper corner."""
        return (
            (self.low < self.floor) & (self.high > self.floor),
            (self.low < self.ceiling) & (self.high > self.ceiling),
        )


@dataclass(frozen=True)
class Program:
    """Variables in [``low``, ``high``]: the input's first, then each layer's; ``places`` are those
    of the tensor that decides."""

    low: Floats
    high: Floats
    inputs: int
    layers: tuple[Layer, ...]
    places: Places

    def within(self, number: int, value: int, low: float, high: float) -> Program:
        """What of it has that value of layer ``number`` between these, in front of the clamp."""
        layer = self.layers[number]
        low, high = max(low, layer.low[value]), min(high, layer.high[value])
        lows, highs = layer.low.copy(), layer.high.copy()
        lows[value], highs[value] = low, high
        cut = layer.cut.copy()
        cut[value] = True
        layer = replace(layer, low=lows, high=highs, cut=cut)
        place = layer.places[value]
        all_low, all_high = self.low.copy(), self.high.copy()
        least, most = np.clip([low, high], layer.floor, layer.ceiling)
        all_low[place] = max(all_low[place], np.floor(least))
        all_high[place] = min(all_high[place], np.ceil(most))
        layers = (*self.layers[:number], layer, *self.layers[number + 1 :])
        return replace(self, low=all_low, high=all_high, layers=layers)


def _positive(values: Floats) -> Floats:
    return np.maximum(values, 1e-12)


def program(graph: Graph, place: int, inputs: Box) -> Program | None:
    """Of one ball (1, *sample shape); ``place`` is the tensor that decides. None where the network
    has an operator that is no layer with weights, or is too large."""
    boxes, forms = affine.propagate(graph, inputs)
    source = graph.inputs[0]
    where: dict[int, Places] = {source: np.arange(boxes[source].low.size)}
    lows, highs = [boxes[source].low.ravel()], [boxes[source].high.ravel()]
    layers: list[Layer] = []
    for op in graph.ops:
        if place in where:
            break
        if op.inputs[0] not in where or graph.tensors[op.outputs[0]].dtype != "int8":
            return None
        if isinstance(op.attributes, Reshape):
            where[op.outputs[0]] = where[op.inputs[0]]
        elif isinstance(op.attributes, LINEAR):
            first = sum(map(len, lows))
            layer = _layer(graph, op, boxes, forms, where[op.inputs[0]], first)
            if layer is None:
                return None
            layers.append(layer)
            where[op.outputs[0]] = layer.places
            lows.append(boxes[op.outputs[0]].low.ravel())
            highs.append(boxes[op.outputs[0]].high.ravel())
        else:
            return None
    if place not in where:
        return None
    low, high = (np.concatenate(ends).astype(np.float64) for ends in (lows, highs))
    return Program(low, high, len(lows[0]), tuple(layers), where[place])


def _layer(
    graph: Graph,
    op: Op,
    boxes: Mapping[int, Box],
    forms: Mapping[int, affine.Form],
    sources: Places,
    first: int,
) -> Layer | None:
    call, attributes = Call(graph, op, {}), op.attributes
    assert isinstance(attributes, LINEAR)
    out = call.output
    if len(sources) * out.elements > _MOST:
        return None
    kernel, scale = kernel_of(call), affine.rescaled(call)
    shape = graph.tensors[op.inputs[0]].shape
    units = np.eye(len(sources)).reshape(len(sources), *shape)
    matrix = (product(call, kernel, units) * scale.factor).reshape(len(sources), -1).T
    zero: Any = np.full((1, *shape), -float(call.grid(0).zero_point))
    still = (product(call, kernel, zero)[0] + bias_of(call)) * scale.factor
    offset = (still + grid(out).zero_point).ravel()
    box = boxes[op.inputs[0]]
    ends = [end.astype(np.float64).ravel() for end in (box.low, box.high)]
    up, down = np.maximum(matrix, 0.0), np.minimum(matrix, 0.0)
    sizes = np.abs(matrix) @ np.maximum(*map(np.abs, ends)) + np.abs(offset) + 1.0
    error = scale.rounding + _SLACK * sizes
    form = affine.unclamped(call, forms[op.inputs[0]])
    reach, centre = form.reach.ravel(), form.centre.ravel()
    return Layer(
        sources,
        np.arange(first, first + out.elements),
        matrix,
        offset,
        error,
        *activation_range(attributes.activation, grid(out)),
        np.maximum(offset + up @ ends[0] + down @ ends[1] - error, centre - reach),
        np.minimum(offset + up @ ends[1] + down @ ends[0] + error, centre + reach),
        np.zeros(out.elements, bool),
    )
