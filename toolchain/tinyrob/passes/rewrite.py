"""Layers in shapes that kernels are made for: the same sums, of the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tinyrob.network import layers as net
from tinyrob.network.layers import Layer, Network, Window

Windowed = net.Conv | net.Depthwise | net.Pool


def turn_columns(network: Network) -> Network:
    """Images of one column become images of one row: in memory they are the same.

    Kernels work row by row; networks for sound and motion have time along the height.
    """
    return _each(network, _turned)


def _turned(layer: Layer) -> Layer:
    spec = layer.spec
    if not isinstance(spec, Windowed):
        return layer
    w = spec.window
    if not w.in_w == w.out_w == w.kernel_w == 1 or w.pad_left or w.in_h == 1:
        return layer
    window = Window(
        w.in_w, w.in_h, w.out_w, w.out_h, w.kernel_w, w.kernel_h, w.stride_w, w.stride_h,
        w.dilation_w, w.dilation_h, w.pad_left, w.pad_top,
    )  # fmt: skip
    if isinstance(spec, net.Conv):
        return replace(layer, spec=replace(spec, window=window, weights=_swap(spec.weights, 1)))
    if isinstance(spec, net.Depthwise):
        return replace(layer, spec=replace(spec, window=window, weights=_swap(spec.weights, 0)))
    return replace(layer, spec=replace(spec, window=window))


def _swap(weights: net.Int8, axis: int) -> net.Int8:
    return np.ascontiguousarray(np.swapaxes(weights, axis, axis + 1))


def crop_kernels(network: Network) -> Network:
    """Rows and columns of a kernel that meet nothing but padding are gone."""
    return _each(network, lambda layer: _cropped(_cropped(layer, 0), 1))


def _cropped(layer: Layer, axis: int) -> Layer:
    spec = layer.spec
    if not isinstance(spec, net.Conv | net.Depthwise):
        return layer
    h_or_w = "hw"[axis]
    size, out, kernel, stride, dilation = (
        getattr(spec.window, f"{name}_{h_or_w}")
        for name in ("in", "out", "kernel", "stride", "dilation")
    )
    before = ("pad_top", "pad_left")[axis]
    padding = getattr(spec.window, before)
    places = np.arange(out)[:, None] * stride - padding + np.arange(kernel) * dilation
    met = np.flatnonzero(((places >= 0) & (places < size)).any(axis=0))
    if not met.size:
        return layer  # a dilated kernel may miss a tiny image
    first, last = int(met[0]), int(met[-1])
    if last - first + 1 == kernel or first * dilation > padding:
        return layer
    window = replace(
        spec.window,
        **{f"kernel_{h_or_w}": last - first + 1, before: padding - first * dilation},
    )
    taps = [slice(None)] * spec.weights.ndim
    taps[axis + (0 if isinstance(spec, net.Depthwise) else 1)] = slice(first, last + 1)
    weights = np.ascontiguousarray(spec.weights[tuple(taps)])
    return replace(layer, spec=replace(spec, window=window, weights=weights))


def single_channels(network: Network) -> Network:
    """A depthwise convolution of one input channel is a convolution."""
    return _each(network, _convolution)


def _convolution(layer: Layer) -> Layer:
    spec = layer.spec
    if not isinstance(spec, net.Depthwise) or spec.in_c != 1:
        return layer
    weights = np.ascontiguousarray(np.moveaxis(spec.weights, 2, 0)[..., None])
    conv = net.Conv(
        spec.batches, 1, weights, spec.bias, spec.multiplier, spec.shift,
        spec.input_zero_point, spec.output_zero_point, spec.window, wide=spec.wide,
    )  # fmt: skip
    return replace(layer, spec=conv)


def single_windows(network: Network) -> Network:
    """A convolution with one window, which is the whole image, is a dense layer."""
    return _each(network, _dense)


def _dense(layer: Layer) -> Layer:
    spec = layer.spec
    if not isinstance(spec, net.Conv):
        return layer
    w = spec.window
    whole = (w.kernel_h, w.kernel_w) == (w.in_h, w.in_w) and not w.padded
    if not whole or (w.out_h, w.out_w) != (1, 1) or w.dilation_h > 1 or w.dilation_w > 1:
        return layer
    weights = spec.weights.reshape(spec.out_c, -1)
    dense = net.Dense(
        spec.batches, weights.shape[1], weights, spec.bias, spec.multiplier, spec.shift,
        spec.input_zero_point, spec.output_zero_point, wide=spec.wide,
    )  # fmt: skip
    return replace(layer, spec=dense)


def _each(network: Network, rewrite: Callable[[Layer], Layer]) -> Network:
    return replace(network, layers=tuple(rewrite(layer) for layer in network.layers))
