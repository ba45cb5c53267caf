"""The frozen model: integers on power-of-two grids, the reference that every backend must equal.

A value of a node is ``k * 2**log2_step`` with an integer ``k`` in ``[lo, hi]``. A compute node's
accumulator step is ``u = 2**(input.log2_step + log2_kernel[c])``; its biases are whole multiples of
``u / 2``, and where the output grid is coarser than ``u`` they are odd ones, so that no accumulator
is ever half way between two outputs (DESIGN: tie-free biases). Every rounding rule then agrees.

Kernels keep Keras' layouts: convolution (KH,KW,I,O), depthwise (KH,KW,I,M), dense (I,O).
This module knows nothing of TensorFlow: ``freeze`` makes these values from a QKeras model,
``reference`` makes a QKeras model from them, ``to_graph`` makes the graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

KerasPadding = Literal["same", "valid"]
IntArray = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Grid:
    """The values a node can take: ``k * 2**log2_step`` for ``lo <= k <= hi``."""

    log2_step: int
    lo: int
    hi: int

    @property
    def zero_point(self) -> int:
        """The int8 zero point: 0, or -128 where the grid is unsigned and needs all 8 bits."""
        return -128 if self.hi > 127 else 0

    @property
    def step(self) -> float:
        """The distance of two neighbours."""
        return float(2.0**self.log2_step)


@dataclass(frozen=True, eq=False)
class Node:
    """One layer: ``inputs`` names earlier nodes, ``grid`` is the output's.

    ``arity`` is how many inputs the kind has; None: any number from one on.
    """

    arity: ClassVar[int | None] = 1
    name: str
    inputs: tuple[str, ...]
    grid: Grid


@dataclass(frozen=True, eq=False)
class Input(Node):
    """The input; int8 input = ``k + zero_point``. ``shape`` has no batch axis."""

    arity: ClassVar[int | None] = 0
    shape: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class _Compute(Node):
    kernel: IntArray  # int8: |k| <= 31 where the model is exact
    log2_kernel: IntArray  # (O,): per output channel, kernel step is 2**log2_kernel
    bias: IntArray  # (O,) int64: in units of half the accumulator step


@dataclass(frozen=True, eq=False)
class Conv2D(_Compute):
    """Kernel (KH,KW,I,O)."""

    strides: tuple[int, int] = (1, 1)
    padding: KerasPadding = "same"
    dilation: tuple[int, int] = (1, 1)


@dataclass(frozen=True, eq=False)
class DepthwiseConv2D(_Compute):
    """Kernel (KH,KW,I,M); also what average pooling becomes (unit kernel)."""

    strides: tuple[int, int] = (1, 1)
    padding: KerasPadding = "same"
    dilation: tuple[int, int] = (1, 1)


@dataclass(frozen=True, eq=False)
class Dense(_Compute):
    """Kernel (I,O)."""


@dataclass(frozen=True, eq=False)
class MaxPool2D(Node):
    """Same grid as its input."""

    window: tuple[int, int] = (2, 2)
    strides: tuple[int, int] = (2, 2)
    padding: KerasPadding = "valid"


@dataclass(frozen=True, eq=False)
class Add(Node):
    """Two inputs on the output's step; saturates to the output's grid."""

    arity: ClassVar[int | None] = 2


@dataclass(frozen=True, eq=False)
class Concatenate(Node):
    """Along the last axis; every input on the output's grid."""

    arity: ClassVar[int | None] = None


@dataclass(frozen=True, eq=False)
class Reshape(Node):
    """Same grid as its input; ``shape`` has no batch axis (Flatten is one of these)."""

    shape: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class ZeroPad2D(Node):
    """``((top, bottom), (left, right))``; same grid as its input, which must hold 0."""

    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))


@dataclass(frozen=True, eq=False)
class Clamp(Node):
    """A narrower range on its input's step (an activation that stands alone)."""


KINDS: tuple[type[Node], ...] = (
    Input,
    Conv2D,
    DepthwiseConv2D,
    Dense,
    MaxPool2D,
    Add,
    Concatenate,
    Reshape,
    ZeroPad2D,
    Clamp,
)
"""Every kind of node. Each consumer has a table with a row for each; a test compares them."""


@dataclass(frozen=True, eq=False)
class FrozenModel:
    """Nodes in topological order; the last one is the output (logits).

    ``exact`` is False where a kernel has more than 6 bits: then the .tflite is close to this
    model, not equal to it, and the difference is measured.
    """

    name: str
    nodes: tuple[Node, ...]
    metadata: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def input(self) -> Input:
        """The only input."""
        node = self.nodes[0]
        if not isinstance(node, Input):
            raise ValueError("a frozen model starts with its input")
        return node

    @property
    def output(self) -> Node:
        """The last node."""
        return self.nodes[-1]

    @property
    def exact(self) -> bool:
        """Whether every backend computes the same bits."""
        return all(
            int(np.abs(n.kernel.astype(np.int64)).max(initial=0)) <= 31
            for n in self.nodes
            if isinstance(n, _Compute)
        )
