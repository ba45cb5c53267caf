"""What all descriptors share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tinyrob.kernels.descriptor import Field
from tinyrob.network import layers as net

S = TypeVar("S", bound=net.Spec)
Layout = Callable[[net.Int8], net.Int8]


def spec_of(layer: net.Layer, kind: type[S]) -> S:
    """What the layer computes, which is known to be of this kind."""
    assert isinstance(layer.spec, kind)
    return layer.spec


def output(layer: net.Layer, zero_point: int = 0) -> dict[str, Field]:
    """An int8 output: its zero point, and the clamp."""
    return {"zero_point": zero_point, "lo": layer.clamp[0], "hi": layer.clamp[1]}


def sums(layer: net.Layer, spec: net.AddN | net.Cumsum) -> dict[str, Field]:
    """tr_sum."""
    return {
        "offset": -spec.input_zero_point,
        "multiplier": spec.factor.multiplier,
        "shift": spec.factor.shift,
        "output": output(layer, spec.output_zero_point),
    }
