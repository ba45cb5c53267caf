"""Affine forms: each value as a linear function of the input, and what that leaves out.

Within a ball, value = centre + slopes * d + rest, with every d of the input in [-1, 1] and |rest|
at most ``radius``. Layers with weights map all three (slopes by the weights, the radius by their
magnitudes), so that what the input does to two channels cancels where they are subtracted:
intervals forget it. Rounding and clamps add to the radius. This is the zonotope domain of Singh et
al. 2018, "Fast and Effective Robustness Certification" (DeepZ), with errors kept as one box a
layer, and with the rounding of integers as a part of what is bounded.

Sound in float64: every bound is widened by ``_SLACK`` of the magnitudes that went into it, which
covers their rounding errors many times over, and then rounded outwards to an integer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tinyrob.certify.intervals import Box, Boxes, is_integer, step
from tinyrob.certify.products import LINEAR, Floats, bias_of, kernel_of, product
from tinyrob.ir import operators as kinds
from tinyrob.ir.graph import Graph, Op
from tinyrob.ir.interp.common import Call, grid
from tinyrob.ir.qmath import activation_range
from tinyrob.ir.rules.matmul import matmul_factors

_SLACK = 1e-9
_TWO_ROUNDINGS = 1.0
"""How far a rescaled integer is from the real number: half a unit for each of its two roundings."""
_ONE_ROUNDING = 0.5
"""The same where the factor is a power of two: the product has nothing to round."""


@dataclass(frozen=True)
class Form:
    """One input's: ``slopes`` (K, *shape) for K inputs that move, ``centre`` and ``radius``
    (*shape)."""

    slopes: Floats
    centre: Floats
    radius: Floats

    @property
    def reach(self) -> Floats:
        """How far a value can be from the centre, rounding errors of float64 included."""
        size = np.abs(self.slopes).sum(axis=0) + self.radius
        reach: Floats = size + _SLACK * (size + np.abs(self.centre) + 1.0)
        return reach


Forms = dict[int, Form]
Rule = Callable[[Graph, Op, Mapping[int, Form]], Form]


def propagate(graph: Graph, inputs: Box) -> tuple[Boxes, Forms]:
    """Boxes and forms of every tensor for one ball (1, *sample shape). A box is where interval and
    form meet; each operator goes on from there."""
    source = graph.inputs[0]
    shape = graph.tensors[source].shape
    low, high = (end.reshape(shape).astype(np.float64) for end in (inputs.low, inputs.high))
    moving = np.flatnonzero((high > low).ravel())
    slopes = np.zeros((len(moving), low.size))
    slopes[np.arange(len(moving)), moving] = ((high - low) / 2).ravel()[moving]
    form = Form(slopes.reshape(-1, *shape), (low + high) / 2, np.zeros(shape))
    boxes: Boxes = {source: Box(inputs.low.reshape(1, *shape), inputs.high.reshape(1, *shape))}
    forms: Forms = {source: form}
    for op in graph.ops:
        made = step(graph, op, boxes)
        rule = _rule(graph, op, forms)
        for index, box in made.items():
            boxes[index] = box
            if is_integer(graph, index):
                made_of = rule(graph, op, forms) if rule else None
                boxes[index], forms[index] = _met(box, made_of, len(moving))
    return boxes, forms


def _rule(graph: Graph, op: Op, forms: Forms) -> Rule | None:
    """The operator's, where it has one output and every input is a form or a constant."""
    known = all(i in forms or graph.tensors[i].data is not None for i in op.inputs if i >= 0)
    return _RULES.get(type(op.attributes)) if known and len(op.outputs) == 1 else None


def _met(box: Box, form: Form | None, moving: int) -> tuple[Box, Form]:
    """Both made as tight as either."""
    low, high = (end[0].astype(np.float64) for end in (box.low, box.high))
    if form is not None:
        reach = form.reach
        low = np.maximum(low, np.ceil(form.centre - reach))
        high = np.minimum(high, np.floor(form.centre + reach))
        kind = box.low.dtype
        box = Box(low.astype(kind)[None], high.astype(kind)[None])
    else:
        form = Form(np.zeros((moving, *low.shape)), low, np.zeros(low.shape))
    # What does not move with the input is no more than its box.
    still = np.abs(form.slopes).sum(axis=0) <= 0.0
    return box, Form(
        form.slopes,
        np.where(still, (low + high) / 2, form.centre),
        np.where(still, (high - low) / 2, form.radius),
    )


def _clamped(form: Form, low: int, high: int) -> Form:
    """The clamp to [low, high] of a form: a chord of the clamp over what the form can be, and half
    of how far the clamp leaves it."""
    reach = form.reach
    left, right = form.centre - reach, form.centre + reach
    ends = [np.clip(end, low, high) for end in (left, right)]
    width = np.maximum(right - left, 1e-300)
    chord = np.clip((ends[1] - ends[0]) / width, 0.0, 1.0)
    corners = np.stack(
        [
            end - chord * at
            for at in (left, right, np.clip(low, left, right), np.clip(high, left, right))
            for end in (np.clip(at, low, high),)
        ]
    )
    most, least = corners.max(axis=0), corners.min(axis=0)
    centre = chord * form.centre + (most + least) / 2
    radius = chord * form.radius + (most - least) / 2
    return Form(chord * form.slopes, centre, radius)


@dataclass(frozen=True)
class Rescaled:
    """How a layer's sums become its output's steps, one value a channel: times ``factor``, and off
    by at most ``rounding``."""

    factor: Floats
    rounding: float


def rescaled(call: Call) -> Rescaled:
    """Of a layer with weights."""
    channels = call.output.shape[-1]
    factors = matmul_factors(call.grid(0), call.grid(1), grid(call.output), channels=channels)
    powers = all(f.multiplier == 1 << 30 for f in factors)
    return Rescaled(
        np.array([f.multiplier * 2.0 ** (f.shift - 31) for f in factors]),
        _ONE_ROUNDING if powers else _TWO_ROUNDINGS,
    )


def unclamped(call: Call, source: Form) -> Form:
    """A layer with weights in steps of its output, in front of the clamp."""
    kernel, scale = kernel_of(call), rescaled(call)
    centre = product(call, kernel, (source.centre - call.grid(0).zero_point)[None])[0]
    radius = product(call, np.abs(kernel), source.radius[None])[0]
    return Form(
        product(call, kernel, source.slopes) * scale.factor,
        (centre + bias_of(call)) * scale.factor + grid(call.output).zero_point,
        radius * scale.factor + scale.rounding,
    )


def _weighted(graph: Graph, op: Op, forms: Mapping[int, Form]) -> Form:
    call = Call(graph, op, {})
    attributes = op.attributes
    assert isinstance(attributes, LINEAR)
    form = unclamped(call, forms[op.inputs[0]])
    return _clamped(form, *activation_range(attributes.activation, grid(call.output)))


def _add(graph: Graph, op: Op, forms: Mapping[int, Form]) -> Form:
    call, output = Call(graph, op, {}), grid(graph.tensors[op.outputs[0]])
    attributes = op.attributes
    assert isinstance(attributes, kinds.Add)
    shape = call.output.shape
    ratios = [call.grid(position).scale / output.scale for position in (0, 1)]
    # Operands are rounded at 2**-20 of twice the larger scale, twice each; the sum twice.
    rounding = _TWO_ROUNDINGS + 4 * max(ratios) * 2.0**-20
    slopes: Floats | float = 0.0
    radius: Floats | float = rounding
    centre = np.full(shape, float(output.zero_point))
    for position, index in enumerate(op.inputs):
        ratio = ratios[position]
        zero = call.grid(position).zero_point
        if index in forms:
            slopes = slopes + ratio * forms[index].slopes
            centre = centre + ratio * (forms[index].centre - zero)
            radius = radius + ratio * forms[index].radius
        else:
            centre = centre + ratio * (call.value(position)[0].astype(np.float64) - zero)
    count = max(len(forms[i].slopes) for i in op.inputs if i in forms)
    form = Form(np.broadcast_to(slopes, (count, *shape)), centre, np.broadcast_to(radius, shape))
    return _clamped(form, *activation_range(attributes.activation, output))


def _moved(graph: Graph, op: Op, forms: Mapping[int, Form]) -> Form:
    source = next(forms[i] for i in op.inputs if i in forms)
    shape = graph.tensors[op.outputs[0]].shape
    return Form(
        source.slopes.reshape(-1, *shape),
        source.centre.reshape(shape),
        source.radius.reshape(shape),
    )


def _mean(graph: Graph, op: Op, forms: Mapping[int, Form]) -> Form:
    call, output = Call(graph, op, {}), grid(graph.tensors[op.outputs[0]])
    source, axes = forms[op.inputs[0]], call.constant(1)
    assert axes is not None
    rank = source.centre.ndim
    over = tuple(sorted({int(axis) % rank for axis in np.ravel(axes)}))
    ratio = call.grid(0).scale / output.scale
    behind = tuple(axis + 1 for axis in over)
    shape = call.output.shape
    form = Form(
        source.slopes.mean(axis=behind).reshape(-1, *shape) * ratio,
        (source.centre.mean(axis=over).reshape(shape) - call.grid(0).zero_point) * ratio
        + output.zero_point,
        source.radius.mean(axis=over).reshape(shape) * ratio + _TWO_ROUNDINGS,
    )
    return _clamped(form, -128, 127)


_RULES: Mapping[type[kinds.Attributes], Rule] = {
    **dict.fromkeys(LINEAR, _weighted),
    kinds.Add: _add,
    kinds.Mean: _mean,
    kinds.Reshape: _moved,
}
