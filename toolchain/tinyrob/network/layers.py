"""The network as the C emitter sees it: a list of layers, each with its arithmetic made explicit.

Where the graph says SAME and RELU6, a layer says "3 rows of padding" and "clamp to [-128, 21]":
scales have become integer factors, and nothing is left to decide but which kernel runs it. A value
is a piece of memory; tensors that are only reshaped share one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tinyrob.ir.graph import DType
from tinyrob.network.specs import *  # noqa: F403
from tinyrob.network.specs import Int8, Integers, Spec


@dataclass(frozen=True)
class Trim:
    """What is left of a tensor: of each ``period`` elements those at ``kept``, in that order.

    ``constants``: the others that are one number for every input. What is in neither is read by
    nothing, and not computed.
    """

    period: int
    kept: tuple[int, ...]
    constants: Mapping[int, int]


@dataclass(frozen=True, eq=False)
class Value:
    """Memory: of an activation in the arena, or of a constant operand (``data``), of ``dtype``.

    ``initial``: it is a state, which keeps its place and what is in it from one inference to the
    next; these are its first bytes. ``trim``: what of the graph's tensor it is, where that is not
    all of it. ``within``: it is a piece of another value's memory, so many bytes behind its start.
    """

    name: str
    bytes: int
    data: Integers | None = None
    trim: Trim | None = None
    initial: Int8 | None = None
    dtype: DType = "int8"
    within: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class Part:
    """Of what ``whole`` makes, the ``count`` values from ``first`` on."""

    whole: Layer
    first: int
    count: int


@dataclass(frozen=True, eq=False)
class Layer:
    """One kernel call. ``name`` is the graph tensor it makes, ``op`` TFLite's operators in it.

    ``inputs`` and ``output`` index ``Network.values``; ``shapes`` are those of the inputs, then
    that of the output, as the graph has them. ``clamp`` is in quantized values. ``states`` are
    values that the kernel reads and changes. ``dtype`` is that of what it makes. ``part``: it makes
    some rows of a tensor only, as one of several that together are another layer.
    """

    name: str
    op: str
    spec: Spec
    inputs: tuple[int, ...]
    output: int
    shapes: tuple[tuple[int, ...], ...]
    clamp: tuple[int, int] = (-128, 127)
    states: tuple[int, ...] = ()
    dtype: DType = "int8"
    part: Part | None = None


@dataclass(frozen=True, eq=False)
class Network:
    """Layers in execution order; ``inputs`` and ``outputs`` index ``values``."""

    name: str
    values: tuple[Value, ...]
    layers: tuple[Layer, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def states(self) -> tuple[int, ...]:
        """The values that are kept from one inference to the next."""
        return tuple(i for i, value in enumerate(self.values) if value.initial is not None)

    def root(self, value: int) -> int:
        """The value in whose memory another one is: its own, or what it is a piece of."""
        within = self.values[value].within
        return value if within is None else within[0]

    def consumers(self, value: int) -> tuple[int, ...]:
        """Which layers read a value."""
        return tuple(i for i, layer in enumerate(self.layers) if value in layer.inputs)
