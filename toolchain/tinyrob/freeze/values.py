"""What a Keras tensor means while a model is being frozen.

A tensor is either settled (it is a node's output and on its grid) or still waiting for the
quantizer behind it: an accumulator of a compute layer, a sum of two settled tensors, or the input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import FreezeError
from tinyrob.frozen.model import Grid, Node

Shape: TypeAlias = tuple[int, ...]
FloatArray: TypeAlias = NDArray[np.float64]

POINT: dict[str, Any] = {"strides": (1, 1), "padding": "valid", "dilation": (1, 1)}
"""The options of a 1 x 1 convolution."""


@dataclass(frozen=True)
class Settled:
    """The output of the node ``name``; ``shape`` has no batch axis."""

    name: str
    grid: Grid
    shape: Shape


@dataclass(frozen=True)
class RawInput:
    """The model's input, before the QActivation that says which 8-bit numbers it holds."""

    layer: str
    shape: Shape


@dataclass(frozen=True)
class Accumulator:
    """A compute layer before its output quantizer.

    ``kernel`` has Keras' layout and the deterministic quantized values; ``bias`` (O,) may still be
    anywhere. ``shape`` is the node's own, ``reshape`` what a global pooling makes of it.
    """

    layer: str
    kind: Literal["conv", "depthwise", "dense"]
    source: Settled
    kernel: FloatArray
    bias: FloatArray
    shape: Shape
    options: dict[str, Any] = field(default_factory=dict)
    reshape: Shape | None = None

    @property
    def columns(self) -> FloatArray:
        """The kernel as (weights of a channel, O)."""
        return self.kernel.reshape(-1, len(self.bias))


@dataclass(frozen=True)
class Sum:
    """Two settled tensors, added but not yet clamped."""

    layer: str
    operands: tuple[Settled, Settled]


Value: TypeAlias = Settled | RawInput | Accumulator | Sum


@dataclass
class Builder:
    """The nodes made so far, in topological order."""

    nodes: list[Node] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    """What was rewritten: (layer, what became of it)."""
    differs: bool = False
    """Whether a rewriting changed the function: the difference is to be measured."""

    def note(self, layer: str, what: str, differs: bool = False) -> None:
        """Something that was rewritten, ``differs``: not exactly."""
        self.notes.append((layer, what))
        self.differs |= differs

    def free_name(self, name: str) -> str:
        """``name``, or another one like it that no node has."""
        taken, found = {node.name for node in self.nodes}, name
        while found in taken:
            found += "_grid"
        return found

    def add(self, node: Node, shape: Sequence[int]) -> Settled:
        """Appends ``node``. Raises FreezeError where its name is taken."""
        if any(other.name == node.name for other in self.nodes):
            raise FreezeError(
                f"layer {node.name!r}: two tensors of the frozen model would have this name",
                "rename the layer",
            )
        self.nodes.append(node)
        return Settled(node.name, node.grid, tuple(shape))


def settled(layer: str, value: Value) -> Settled:
    """``value``, which ``layer`` can read only on its grid. Raises FreezeError otherwise."""
    if isinstance(value, Settled):
        return value
    if isinstance(value, RawInput):
        raise FreezeError(
            f"layer {layer!r} reads the input {value.layer!r}, which is on no 8-bit grid",
            "put QActivation(quantized_bits(8, 0, 0, alpha=1)) right behind the input",
        )
    raise FreezeError(
        f"layer {value.layer!r} has no activation quantizer before {layer!r}",
        "put a QActivation with quantized_relu or quantized_bits behind it (before any pooling, "
        "reshaping or addition)",
    )


def pair(value: Any) -> tuple[int, int]:
    """An option for two axes; of a sequence there is one, and 1 for the other axis."""
    items = tuple(value) if isinstance(value, tuple | list) else (value,)
    return int(items[0]), int(items[1]) if len(items) > 1 else 1


def channels_last(layer: Any) -> None:
    """Raises FreezeError where a Keras layer has its channels before rows and columns."""
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        raise FreezeError(
            f"layer {layer.name!r} has its channels first", "use data_format='channels_last'"
        )
