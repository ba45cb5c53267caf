"""A subgraph as the file has it, before anything is refused."""

from __future__ import annotations

from dataclasses import dataclass, field

from tinyrob.errors import Obstacle
from tinyrob.ir.graph import Attributes, Op, Tensor


@dataclass(frozen=True)
class Foreign(Attributes):
    """An operator, or an option of one, that tinyrob does not know; ``what`` says which."""

    kind: str  # type: ignore[misc]
    what: str
    hint: str


@dataclass(frozen=True)
class RawTensor:
    """A tensor, and what speaks against it: that counts only where an operator uses it.

    ``open_axes``: those behind the first whose size the converter was not told. ``sparse``: its
    values are stored without their zeros.
    """

    tensor: Tensor
    variable: bool = False
    obstacles: tuple[Obstacle, ...] = ()
    open_axes: tuple[int, ...] = ()
    sparse: bool = False


@dataclass
class RawGraph:
    """One subgraph."""

    tensors: list[RawTensor]
    ops: list[Op]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    name: str = ""
    obstacles: list[Obstacle] = field(default_factory=list)
