"""What a build folder says of a network that was made to take a stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tinyrob.files.json_text import Form, whole

FORM: Form = {
    "axis": whole(0, 8),
    "shape": [whole(1, 1 << 24)],
    "steps": whole(1, 1 << 24),
    "outputs": [(whole(0, 8), None)],
    "macs": whole(0, 1 << 53),
    "apart": {str: str},
}


@dataclass(frozen=True)
class Streaming:
    """An inference takes ``steps`` steps of the input along ``axis``; ``shape`` is the whole
    window's, both without the batch.

    ``outputs`` say of each output along which axis its last steps are made (None: it has no time).
    ``macs`` are those of the whole network for one window. ``apart`` are layers that are computed
    for the whole window each time, and why.
    """

    axis: int
    shape: tuple[int, ...]
    steps: int
    outputs: tuple[int | None, ...]
    macs: int
    apart: dict[str, str]

    @property
    def window(self) -> int:
        """How many steps the whole network sees."""
        return self.shape[self.axis]

    @property
    def pushes(self) -> int:
        """Which inference is the first that has seen a whole window, counted from 1."""
        return -(-self.window // self.steps)


def streaming_of(raw: dict[str, Any] | None) -> Streaming | None:
    """As a checked manifest has it. Raises ValueError where it does not go together."""
    if raw is None:
        return None
    found = Streaming(
        int(raw["axis"]), tuple(raw["shape"]), int(raw["steps"]), tuple(raw["outputs"]),
        int(raw["macs"]), dict(raw["apart"]),
    )  # fmt: skip
    if found.axis >= len(found.shape) or not 1 <= found.steps <= found.window:
        raise ValueError("its stream does not go together")
    return found
