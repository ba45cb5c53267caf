"""A transposed convolution as convolutions: one for each place of an output within its stride.

Outputs y = p, p + stride, ... meet the same taps, of inputs that stand side by side: those of phase
p are a convolution of stride 1 whose kernel is every stride-th tap, the last one first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tinyrob.network import layers as net

MOST = 2
"""The largest stride that kernels have phases for."""


@dataclass(frozen=True)
class Axis:
    """One axis of a phase: its first tap, how many it has, its outputs, and what is missing in
    front of the first input."""

    first: int
    taps: int
    outputs: int
    before: int


def phases(layer: net.Layer) -> dict[tuple[int, int], net.Layer] | None:
    """The phases (row, column) as layers; None where one has no taps, no outputs, or begins behind
    the first input."""
    spec = layer.spec
    assert isinstance(spec, net.TransposeConv)
    s = spec.spread
    if spec.batches != 1 or max(s.stride_h, s.stride_w) > MOST:
        return None
    found = {}
    for row in range(s.stride_h):
        for column in range(s.stride_w):
            y = _axis(row, s.kernel_h, s.stride_h, s.pad_top, s.out_h)
            x = _axis(column, s.kernel_w, s.stride_w, s.pad_left, s.out_w)
            if any(a.taps < 1 or a.outputs < 1 or a.before < 0 for a in (y, x)):
                return None
            weights = spec.weights[:, y.first :: s.stride_h, x.first :: s.stride_w]
            window = net.Window(
                s.in_h, s.in_w, y.outputs, x.outputs, y.taps, x.taps, 1, 1, 1, 1,
                y.before, x.before,
            )  # fmt: skip
            conv = net.Conv(
                1, spec.in_c, weights[:, ::-1, ::-1].copy(), spec.bias, spec.multiplier,
                spec.shift, spec.input_zero_point, spec.output_zero_point, window,
            )  # fmt: skip
            found[row, column] = replace(layer, spec=conv)
    return found


def _axis(phase: int, taps: int, stride: int, pad: int, outputs: int) -> Axis:
    first, start = (phase + pad) % stride, (phase + pad) // stride
    count = -(-(taps - first) // stride)
    return Axis(first, count, -(-(outputs - phase) // stride), count - 1 - start)


def made_bytes(found: dict[tuple[int, int], net.Layer]) -> int:
    """What the outputs of the largest phase take."""
    specs = [one.spec for one in found.values()]
    return max(s.window.out_h * s.window.out_w * s.out_c for s in specs if isinstance(s, net.Conv))
