"""A transposed convolution as convolutions: one for each place of an output within its stride.

Outputs y = p, p + stride, ... meet the same taps, of inputs that stand side by side: those of phase
p are a convolution of stride 1 whose kernel is every stride-th tap, the last one first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from tinyrob.kernels.descriptor import Descriptor, Field
from tinyrob.network import layers as net

Phases: TypeAlias = dict[tuple[int, int], net.Layer]
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


@dataclass(frozen=True)
class ByPhases:
    """TRANSPOSE_CONV by an instruction set's kernel for convolutions: what the kernel table asks.

    ``struct`` is the descriptor's C type and ``width`` the bytes of a value; the rest are the
    convolutions' own entries.
    """

    struct: str
    convolution: Callable[[net.Layer], Descriptor]
    takes: Callable[[net.Layer], bool]
    scratch_of: Callable[[net.Layer], int]
    width: int = 1

    def accepts(self, layer: net.Layer) -> bool:
        """Each phase is a convolution that the kernel for them takes."""
        found = phases(layer)
        return found is not None and all(map(self.takes, found.values()))

    def scratch(self, layer: net.Layer) -> int:
        """The convolutions' scratch, then the outputs of the largest phase."""
        found = _accepted(layer)
        return self._made_at(found) + self.width * made_values(found)

    def describe(self, layer: net.Layer) -> Descriptor:
        """The descriptor: where phases go, and the convolution of each."""
        spec, found = layer.spec, _accepted(layer)
        assert isinstance(spec, net.TransposeConv)
        s = spec.spread
        places: dict[str, Field] = {
            "out_h": s.out_h,
            "out_w": s.out_w,
            "out_c": self.width * spec.out_c,
            "stride_h": s.stride_h,
            "stride_w": s.stride_w,
            "made": self._made_at(found),
        }
        convolutions: dict[str, Field] = {
            f"phase_{row}{column}": self.convolution(one).fields
            for (row, column), one in found.items()
        }
        return Descriptor(self.struct, {"phases": places, **convolutions})

    def _made_at(self, found: Phases) -> int:
        return -(-max(map(self.scratch_of, found.values())) // 4) * 4


def _accepted(layer: net.Layer) -> Phases:
    found = phases(layer)
    assert found is not None
    return found


def phases(layer: net.Layer) -> Phases | None:
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
                spec.shift, spec.input_zero_point, spec.output_zero_point, window, wide=spec.wide,
            )  # fmt: skip
            found[row, column] = replace(layer, spec=conv)
    return found


def _axis(phase: int, taps: int, stride: int, pad: int, outputs: int) -> Axis:
    first, start = (phase + pad) % stride, (phase + pad) // stride
    count = -(-(taps - first) // stride)
    return Axis(first, count, -(-(outputs - phase) // stride), count - 1 - start)


def made_values(found: Phases) -> int:
    """How many outputs the largest phase has."""
    specs = [one.spec for one in found.values()]
    return max(s.window.out_h * s.window.out_w * s.out_c for s in specs if isinstance(s, net.Conv))
