"""What a layer of a build costs, and what of its tensor the firmware computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Removed:
    """What of a layer's tensor the firmware does not compute: of each ``period`` elements those in
    ``constants`` (place, and its value for every input), and those that are ``unread``."""

    period: int
    constants: tuple[tuple[int, int], ...]
    unread: tuple[int, ...]

    @property
    def kept(self) -> list[int]:
        """The places of each period that are computed."""
        gone = {place for place, _ in self.constants} | set(self.unread)
        return [place for place in range(self.period) if place not in gone]

    def cut(self, tensor: NDArray[np.int8]) -> NDArray[np.int8]:
        """What the firmware computes of a whole tensor, flat."""
        return np.ascontiguousarray(tensor.reshape(-1, self.period)[:, self.kept]).reshape(-1)

    def whole(self, computed: NDArray[np.int8], unread: NDArray[np.int8]) -> NDArray[np.int8]:
        """The whole tensor: what was computed, the constants, and ``unread`` for the rest."""
        tensor = unread.reshape(-1, self.period).copy()
        for place, value in self.constants:
            tensor[:, place] = value
        tensor[:, self.kept] = computed.reshape(len(tensor), -1)
        return tensor.reshape(unread.shape)


@dataclass(frozen=True)
class LayerCost:
    """A layer's cost: ``macs`` are those computed, ``ram_bytes`` is what is alive in the arena
    while it runs; ``removed`` what slimming took of its tensor (None: nothing). A layer that runs
    in bands is several of one name, and ``part`` is which of the values that are computed is this
    one's: the first, and how many."""

    name: str
    op: str
    macs: int
    weights_bytes: int
    ram_bytes: int
    removed: Removed | None = None
    part: tuple[int, int] | None = None

    def cut(self, tensor: NDArray[Any]) -> NDArray[Any]:
        """What the firmware computes here of a whole tensor, flat."""
        computed = tensor.reshape(-1) if self.removed is None else self.removed.cut(tensor)
        if self.part is None:
            return np.ascontiguousarray(computed)
        first, count = self.part
        return np.ascontiguousarray(computed[first : first + count])

    def put(self, computed: NDArray[Any], tensor: NDArray[Any]) -> NDArray[Any]:
        """A tensor with what was computed here; the rest is what it was, or the constants that were
        removed."""
        whole = tensor.reshape(-1) if self.removed is None else self.removed.cut(tensor)
        first, count = self.part or (0, whole.size)
        whole = whole.copy()
        whole[first : first + count] = computed.reshape(-1)
        return whole.reshape(tensor.shape) if self.removed is None else self.removed.whole(
            whole, tensor
        )  # fmt: skip


@dataclass(frozen=True)
class Bands:
    """Layers that run a band of rows at a time, ``first`` to ``last`` of them: ``layers`` in
    ``calls``. All with them, the arena would take ``whole_bytes`` were they run one by one."""

    first: str
    last: str
    layers: int
    calls: int
    whole_bytes: int
