"""Layers without the classes of their operands and outputs that were found to be superfluous."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tinyrob.network import layers as net

Trims = Mapping[int, net.Trim]


def trimmed(network: net.Network, trims: Trims) -> net.Network:
    """``network`` with the values in ``trims`` cut down; every layer agrees (passes/slim.py)."""
    values = [
        _value(value, trims[i]) if i in trims else value for i, value in enumerate(network.values)
    ]
    layers: list[net.Layer] = []
    for layer in network.layers:
        if layer.output not in trims and not any(i in trims for i in layer.inputs):
            layers.append(layer)
            continue
        out = trims.get(layer.output)
        inputs = list(layer.inputs)
        for k, value in enumerate(inputs):
            cut = _constant_operand(layer, k, values[value], out)
            if cut is not None:
                inputs[k] = len(values)
                values.append(cut)
        sources = [trims.get(i) for i in layer.inputs]
        shapes = tuple(map(_shape, layer.shapes, [*sources, out]))
        spec = _spec(layer.spec, sources, out)
        layers.append(replace(layer, spec=spec, inputs=tuple(inputs), shapes=shapes))
    return replace(network, values=tuple(values), layers=tuple(layers))


def _value(value: net.Value, trim: net.Trim) -> net.Value:
    initial = value.initial
    if initial is not None:
        initial = initial.reshape(-1, trim.period)[:, list(trim.kept)].reshape(-1)
    return replace(value, bytes=_scaled(value.bytes, trim), trim=trim, initial=initial)


def _scaled(count: int, trim: net.Trim | None) -> int:
    """How many of so many elements are left: whole periods of them."""
    return count if trim is None else count // trim.period * len(trim.kept)


def _shape(shape: tuple[int, ...], trim: net.Trim | None) -> tuple[int, ...]:
    if trim is None or not shape or shape[-1] % trim.period:
        return shape
    return (*shape[:-1], _scaled(shape[-1], trim))


def _constant_operand(
    layer: net.Layer, k: int, value: net.Value, trim: net.Trim | None
) -> net.Value | None:
    """A constant operand as this layer needs it now; None where it stays."""
    spec = layer.spec
    if (
        value.data is None
        or trim is None
        or not isinstance(spec, net.Add | net.Minimum | net.Maximum)
    ):
        return None
    if (spec.shape.a_repeats, spec.shape.b_repeats)[k] & 8:
        return None
    data = value.data.reshape(-1, trim.period)[:, list(trim.kept)].reshape(-1)
    return net.Value(value.name, data.size, data)


def _spec(spec: net.Spec, sources: list[net.Trim | None], out: net.Trim | None) -> net.Spec:
    first = sources[0]
    if isinstance(spec, net.Conv | net.Dense):
        return _outputs(_columns(spec, first), out)
    if isinstance(spec, net.Depthwise):
        kept = list(out.kept) if out else slice(None)
        return replace(
            spec, in_c=_scaled(spec.in_c, first), weights=spec.weights[..., kept],
            bias=spec.bias[kept], multiplier=spec.multiplier[kept], shift=spec.shift[kept],
        )  # fmt: skip
    if isinstance(spec, net.Add | net.Minimum | net.Maximum):
        size = spec.shape.size
        runs = (*size[:3], _scaled(size[3], out))
        return replace(spec, shape=replace(spec.shape, size=runs))
    if isinstance(spec, net.Pool):
        return replace(spec, channels=_scaled(spec.channels, out))
    if isinstance(spec, net.Mean):
        return replace(spec, inner=_scaled(spec.inner, out))
    if isinstance(spec, net.Requantize | net.Lookup):
        return replace(spec, elements=_scaled(spec.elements, out))
    if isinstance(spec, net.Slide):
        return replace(spec, kept=_scaled(spec.kept, out), fresh=_scaled(spec.fresh, out))
    if isinstance(spec, net.Pad):
        return _pad(spec, first, out)
    assert isinstance(spec, net.Concat)
    lengths = tuple(map(_scaled, spec.lengths, sources))
    return replace(spec, lengths=lengths)


def _columns(spec: net.Conv | net.Dense, source: net.Trim | None) -> net.Conv | net.Dense:
    """Without the input's lost channels; what the constant ones add goes into the biases."""
    if source is None:
        return spec
    shape = (*spec.weights.shape[:-1], spec.in_c // source.period, source.period)
    weights = spec.weights.reshape(shape)
    lost = list(source.constants)
    offsets = np.array(list(source.constants.values()), np.int64) - spec.input_zero_point
    taps = weights[..., lost].astype(np.int64)
    bias = spec.bias + (taps * offsets).reshape(len(taps), -1).sum(axis=1)
    kept = np.ascontiguousarray(weights[..., list(source.kept)])
    in_c = _scaled(spec.in_c, source)
    return replace(
        spec, in_c=in_c, weights=kept.reshape(*spec.weights.shape[:-1], in_c),
        bias=bias.astype(np.int32),
    )  # fmt: skip


def _outputs(spec: net.Conv | net.Dense, out: net.Trim | None) -> net.Conv | net.Dense:
    if out is None:
        return spec
    kept = list(out.kept)
    multiplier, shift = (
        values if values.size == 1 else values[kept] for values in (spec.multiplier, spec.shift)
    )
    return replace(
        spec,
        weights=spec.weights[kept],
        bias=spec.bias[kept],
        multiplier=multiplier,
        shift=shift,
    )


def _pad(spec: net.Pad, source: net.Trim | None, out: net.Trim | None) -> net.Pad:
    kept = np.array(out.kept if out else range(sum((spec.before[3], spec.size[3], spec.after[3]))))
    before = int((kept < spec.before[3]).sum())
    after = int((kept >= spec.before[3] + spec.size[3]).sum())
    return replace(
        spec, size=(*spec.size[:3], _scaled(spec.size[3], source)),
        before=(*spec.before[:3], before), after=(*spec.after[:3], after),
    )  # fmt: skip
