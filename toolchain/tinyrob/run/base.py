"""What a runner is: something that computes a network's outputs from its inputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Int8Array = NDArray[np.int8]
Progress = Callable[[int], None]
_Self = TypeVar("_Self", bound="Runner")


@dataclass(frozen=True)
class RunResult:
    """Outputs (N, ...) in input order, and the cost of an inference where it can be counted.

    ``instructions`` is of one inference, exact on an emulator (the largest seen); None elsewhere.
    ``cycles`` is the same on a board that counts them.
    """

    outputs: Array
    instructions: int | None = None
    cycles: int | None = None


class Runner(ABC):
    """A context manager that runs one network; the end of the block closes it.

    ``run`` takes inputs (N, *input_shape), or records of several inputs, and may be called again:
    in the model's own types (``run.batch``), or as the integers that its operators see; outputs
    are of the model's own types. Where a network keeps a state, the inputs of one call are a
    sequence that begins afresh. ``layers`` runs one input (*input_shape) and gives every
    intermediate tensor by its graph name, in execution order, without the batch axis. Both raise
    RunnerError with what happened and what to try.
    """

    name: str

    @abstractmethod
    def run(self, inputs: Array, progress: Progress | None = None) -> RunResult:
        """Outputs for ``inputs``; ``progress`` is told how many more are done."""

    @abstractmethod
    def layers(self, one: Array) -> Mapping[str, Array]:
        """The tensors inside, for one input."""

    def close(self) -> None:  # noqa: B027 - most hold nothing
        """Lets go of what the runner holds."""

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
