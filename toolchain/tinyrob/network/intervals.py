"""What every value of a network can be: proved from its constants, whatever the input.

A value in memory has a period: elements that many places apart are one class (a channel, of a
tensor whose last axis has ``period`` entries), and a class has one interval. So a reshape, which
leaves memory as it is, needs no rule.

Operators are monotone in every operand, or nearly: the ends of an interval go through the same
integer functions as the interpreter's values (``ir/qmath.py``). A layer without a rule here makes
anything within its clamp.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir import qmath
from tinyrob.ir.graph import limits
from tinyrob.network import layers as net

Int64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Interval:
    """The least and the greatest value of each class."""

    least: Int64
    greatest: Int64

    @property
    def period(self) -> int:
        """How many classes there are."""
        return len(self.least)

    @property
    def constant(self) -> NDArray[np.bool_]:
        """Which classes are one number."""
        constant: NDArray[np.bool_] = self.least == self.greatest
        return constant

    def at(self, period: int) -> Interval:
        """The same, or more, for another period."""
        if period == self.period:
            return self
        if period % self.period == 0:
            times = period // self.period
            return Interval(np.tile(self.least, times), np.tile(self.greatest, times))
        if self.period % period == 0:
            return Interval(
                self.least.reshape(-1, period).min(axis=0),
                self.greatest.reshape(-1, period).max(axis=0),
            )
        return Interval(np.full(period, self.least.min()), np.full(period, self.greatest.max()))

    def also(self, value: int) -> Interval:
        """Wide enough for ``value``."""
        return Interval(np.minimum(self.least, value), np.maximum(self.greatest, value))


ANYTHING = Interval(np.array([-128]), np.array([127]))
"""Of an int8 value of which nothing is known. Of other types nothing is ever worked out."""
Rule = Callable[[net.Layer, list[Interval]], Interval]


def intervals(network: net.Network) -> dict[int, Interval]:
    """For each value that the network computes or reads."""
    found = {
        i: Interval(*(value.data.astype(np.int64),) * 2)
        for i, value in enumerate(network.values)
        if value.data is not None
    }
    for layer in network.layers:
        if layer.dtype != "int8":
            found[layer.output] = Interval(*(np.array([end]) for end in limits(layer.dtype)))
            continue
        made = unclamped(layer, [found.get(i, ANYTHING) for i in layer.inputs]) or ANYTHING
        lo, hi = layer.clamp if layer.spec.clamps else (-128, 127)
        made = Interval(np.clip(made.least, lo, hi), np.clip(made.greatest, lo, hi))
        initial = network.values[layer.output].initial
        found[layer.output] = made if initial is None else _with_first(made, initial)
    return found


def _with_first(made: Interval, initial: net.Int8) -> Interval:
    """Wide enough for what a state holds in the beginning."""
    rows = made.at(made.period if initial.size % made.period == 0 else 1)
    first = initial.astype(np.int64).reshape(-1, rows.period)
    return Interval(
        np.minimum(rows.least, first.min(axis=0)), np.maximum(rows.greatest, first.max(axis=0))
    )


def unclamped(layer: net.Layer, inputs: list[Interval]) -> Interval | None:
    """What a layer makes before its clamp; None where that has no rule."""
    given = layer.spec.source if isinstance(layer.spec, net.Requantize) else "int8"
    if (given, layer.dtype) != ("int8", "int8"):
        return None
    rule = _RULES.get(type(layer.spec))
    return rule(layer, inputs) if rule is not None else None


def accumulators(spec: net.Weighted, source: Interval) -> Interval:
    """Sums of each output channel, bias included, for inputs within ``source``."""
    inputs = source.at(spec.in_c)
    if isinstance(spec, net.Windowed) and spec.window.padded:
        inputs = inputs.also(spec.input_zero_point)
    least, greatest = (x - spec.input_zero_point for x in (inputs.least, inputs.greatest))
    weights = spec.weights.astype(np.int64)
    if isinstance(spec, net.Depthwise):
        weights = weights.reshape(-1, weights.shape[-1]).T[:, :, None]
        least, greatest = (np.repeat(x, spec.depth)[:, None, None] for x in (least, greatest))
    else:
        weights = weights.reshape(weights.shape[0], -1, spec.in_c)
    up, down = np.maximum(weights, 0), np.minimum(weights, 0)
    bias = spec.bias.astype(np.int64)
    return Interval(
        (up * least + down * greatest).sum(axis=(1, 2)) + bias,
        (up * greatest + down * least).sum(axis=(1, 2)) + bias,
    )


def rescaled(spec: net.Weighted, sums: Int64) -> Int64:
    """Accumulators (channel,) as outputs, before the clamp."""
    scaled = qmath.multiply_by_quantized_multiplier(sums, spec.multiplier, spec.shift)
    return scaled.astype(np.int64) + spec.output_zero_point


def _weighted(layer: net.Layer, inputs: list[Interval]) -> Interval:
    spec = layer.spec
    assert isinstance(spec, net.Weighted)
    sums = accumulators(spec, inputs[0])
    return Interval(rescaled(spec, sums.least), rescaled(spec, sums.greatest))


def _add(layer: net.Layer, inputs: list[Interval]) -> Interval:
    spec = layer.spec
    assert isinstance(spec, net.Add)
    a, b = _operands(spec.shape, inputs)
    factors = qmath.AddFactors(spec.a, spec.b, spec.output)
    least, greatest = (
        qmath.add(x - spec.a_zero_point, y - spec.b_zero_point, factors).astype(np.int64)
        + spec.output_zero_point
        for x, y in ((a.least, b.least), (a.greatest, b.greatest))
    )
    return Interval(least, greatest)


def _minimum(layer: net.Layer, inputs: list[Interval]) -> Interval:
    assert isinstance(layer.spec, net.Minimum)
    a, b = _operands(layer.spec.shape, inputs)
    return Interval(np.minimum(a.least, b.least), np.minimum(a.greatest, b.greatest))


def _maximum(layer: net.Layer, inputs: list[Interval]) -> Interval:
    assert isinstance(layer.spec, net.Maximum)
    a, b = _operands(layer.spec.shape, inputs)
    return Interval(np.maximum(a.least, b.least), np.maximum(a.greatest, b.greatest))


def keeps_classes(shape: net.Broadcast, repeats: int, period: int) -> bool:
    """Whether an operand's element stands in the output's class of the same number: where it does
    not repeat, or not along the last run of axes, which is then whole periods."""
    return not repeats or (not repeats & 8 and shape.size[3] % period == 0)


def _operands(shape: net.Broadcast, inputs: list[Interval]) -> tuple[Interval, Interval]:
    """Both operands with one period, which is the output's."""
    masks = (shape.a_repeats, shape.b_repeats)
    a, b = (
        x if keeps_classes(shape, mask, x.period) else x.at(1)
        for x, mask in zip(inputs, masks, strict=True)
    )
    if a.period == 1 or b.period == 1:
        period = max(a.period, b.period)
    else:
        period = min(a.period, b.period)
        if max(a.period, b.period) % period:
            period = 1
    return a.at(period), b.at(period)


def _requantize(layer: net.Layer, inputs: list[Interval]) -> Interval:
    spec = layer.spec
    assert isinstance(spec, net.Requantize)
    least, greatest = (
        qmath.multiply_by_quantized_multiplier(
            x - spec.input_zero_point, spec.factor.multiplier, spec.factor.shift
        ).astype(np.int64)
        + spec.output_zero_point
        for x in (inputs[0].least, inputs[0].greatest)
    )
    return Interval(least, greatest)


def _pool(layer: net.Layer, inputs: list[Interval]) -> Interval:
    """An average, rounded, and a maximum lie between the least and the greatest of the window."""
    spec = layer.spec
    assert isinstance(spec, net.Pool)
    return inputs[0].at(spec.channels)


def _mean(layer: net.Layer, inputs: list[Interval]) -> Interval:
    spec = layer.spec
    assert isinstance(spec, net.Mean)
    source = inputs[0]
    source = source if spec.inner % source.period == 0 else source.at(1)
    count = spec.reduced[0] * spec.reduced[1]
    least, greatest = (
        qmath.multiply_by_quantized_multiplier(
            x * count + spec.bias, spec.factor.multiplier, spec.factor.shift
        ).astype(np.int64)
        + spec.output_zero_point
        for x in (source.least, source.greatest)
    )
    return Interval(least, greatest)


def _pad(layer: net.Layer, inputs: list[Interval]) -> Interval:
    spec = layer.spec
    assert isinstance(spec, net.Pad)
    inside = inputs[0].at(spec.size[3])
    if any(spec.before[:3]) or any(spec.after[:3]):
        inside = inside.also(spec.value)
    around = [np.full(count, spec.value) for count in (spec.before[3], spec.after[3])]
    return Interval(
        np.concatenate([around[0], inside.least, around[1]]),
        np.concatenate([around[0], inside.greatest, around[1]]),
    )


def joins_channels(spec: net.Concat, periods: list[int]) -> bool:
    """Whether a concatenation puts the classes of its inputs beside each other."""
    return periods == list(spec.lengths)


def _concatenation(layer: net.Layer, inputs: list[Interval]) -> Interval:
    spec = layer.spec
    assert isinstance(spec, net.Concat)
    if joins_channels(spec, [x.period for x in inputs]):
        return Interval(
            np.concatenate([x.least for x in inputs]), np.concatenate([x.greatest for x in inputs])
        )
    period = inputs[0].period
    if any(length % period for length in spec.lengths):
        period = 1
    same = [x.at(period) for x in inputs]
    return Interval(
        np.min([x.least for x in same], axis=0), np.max([x.greatest for x in same], axis=0)
    )


def _slide(layer: net.Layer, inputs: list[Interval]) -> Interval:
    """What came in, now or earlier."""
    spec = layer.spec
    assert isinstance(spec, net.Slide)
    period = inputs[0].period
    return inputs[0].at(1 if spec.fresh % period or spec.kept % period else period)


_RULES: Mapping[type[net.Spec], Rule] = {
    net.Conv: _weighted,
    net.Depthwise: _weighted,
    net.Dense: _weighted,
    net.Add: _add,
    net.Minimum: _minimum,
    net.Maximum: _maximum,
    net.Requantize: _requantize,
    net.AveragePool: _pool,
    net.MaxPool: _pool,
    net.Mean: _mean,
    net.Pad: _pad,
    net.Concat: _concatenation,
    net.Slide: _slide,
}
