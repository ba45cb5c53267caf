"""The network as hls4ml will hold it: layers with every type given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tinyrob.frozen.model import Node
from tinyrob.frozen.shapes import Shape
from tinyrob.hls.fifos import Fifo
from tinyrob.hls.fixed import Arithmetic, FixedType


@dataclass(frozen=True, eq=False)
class Before:
    """An hls4ml layer that a node needs before its own, named ``layer_suffix``.

    ``types``: its precision, where it is not that of its input.
    """

    suffix: str
    attributes: Mapping[str, Any]
    types: Mapping[str, FixedType] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class HlsLayer:
    """One node as hardware: ``name`` is its C identifier, ``node`` what it computes.

    ``attributes`` is hls4ml's description (without inputs); ``types`` its precision by hls4ml's
    key. ``input_bits`` are of one value of its widest input. ``padding`` is ((top, bottom),
    (left, right)) of a window. ``before`` is an hls4ml layer of its own: a pool's padding.
    ``streams`` are the FIFOs that it writes where the network streams.
    """

    name: str
    node: Node
    shape: Shape
    input_shapes: tuple[Shape, ...]
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    types: Mapping[str, FixedType]
    input_bits: int = 0
    arithmetic: Arithmetic | None = None
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    before: Before | None = None
    streams: tuple[Fifo, ...] = ()

    @property
    def result(self) -> FixedType:
        """The type of its output."""
        return self.types["result"]


@dataclass(frozen=True, eq=False)
class HlsNetwork:
    """The layers in order; ``name`` is the top function.

    ``identifiers`` maps a node's name to its layer's.
    """

    name: str
    model_name: str
    layers: tuple[HlsLayer, ...]
    identifiers: Mapping[str, str] = field(default_factory=dict)

    @property
    def input(self) -> HlsLayer:
        """What reads the network's input."""
        return self.layers[0]

    @property
    def output(self) -> HlsLayer:
        """What makes the logits."""
        return self.layers[-1]

    def by_name(self, name: str) -> HlsLayer:
        """The layer of an identifier."""
        return next(layer for layer in self.layers if layer.name == name)
