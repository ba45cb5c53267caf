"""Inputs and outputs as arrays: of one tensor (N, *shape), of several records (N,).

A record has a field for each tensor, under its name, in the model's order: its bytes are what goes
over the wire. The values are of the model's own types, or the integers that its operators see.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir import border
from tinyrob.ir.graph import Graph, Tensor, numpy_type

Array = NDArray[Any]
Pairs = tuple[tuple[Tensor, Tensor], ...]


@dataclass(frozen=True)
class Kind:
    """What the arrays of one side are: ``dtype`` and, behind N, ``shape``."""

    tensors: tuple[Tensor, ...]

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Of one tensor its type; of several a record."""
        if len(self.tensors) == 1:
            return numpy_type(self.tensors[0].dtype)
        return np.dtype([(t.name, numpy_type(t.dtype), t.sample_shape) for t in self.tensors])

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one tensor its sample shape; a record has none."""
        return self.tensors[0].sample_shape if len(self.tensors) == 1 else ()

    def fits(self, batch: Array) -> bool:
        """Whether ``batch`` is an array of this kind."""
        return batch.dtype == self.dtype and batch.shape[1:] == self.shape

    def split(self, batch: Array) -> list[Array]:
        """The tensors of a batch, each (N, *sample shape)."""
        if len(self.tensors) == 1:
            return [batch]
        return [np.ascontiguousarray(batch[t.name]) for t in self.tensors]

    def join(self, arrays: Sequence[Array]) -> Array:
        """A batch of one array (N, ...) a tensor."""
        if len(self.tensors) == 1:
            return np.asarray(arrays[0]).reshape(-1, *self.shape)
        batch = np.empty(len(arrays[0]), self.dtype)
        for tensor, array in zip(self.tensors, arrays, strict=True):
            batch[tensor.name] = np.asarray(array).reshape(-1, *tensor.sample_shape)
        return batch

    def parse(self, data: bytes) -> Array:
        """One sample's bytes, without N."""
        return np.frombuffer(data, self.dtype).reshape(self.shape)

    @property
    def bytes(self) -> int:
        """Of one sample."""
        return sum(t.bytes for t in self.tensors)

    def __str__(self) -> str:
        if len(self.tensors) == 1:
            return f"{self.dtype} inputs (N{''.join(f', {n}' for n in self.shape)})"
        parts = (f"{t.name!r}: {t.dtype} {list(t.sample_shape)}" for t in self.tensors)
        return f"records of {', '.join(parts)}"


@dataclass(frozen=True)
class Side:
    """A network's inputs or outputs: the model's own (``outer``) and its operators' (``inner``)."""

    pairs: Pairs

    @staticmethod
    def inputs(graph: Graph) -> Side:
        """Its inputs."""
        return Side(border.inputs_of(graph))

    @staticmethod
    def outputs(graph: Graph) -> Side:
        """Its outputs."""
        return Side(border.outputs_of(graph))

    @property
    def inner(self) -> Kind:
        """As the operators see them."""
        return Kind(tuple(inner for inner, _ in self.pairs))

    @property
    def outer(self) -> Kind:
        """As the model has them."""
        return Kind(tuple(outer for _, outer in self.pairs))

    def entered(self, batch: Array) -> Array:
        """A batch of either kind as the operators see it."""
        return batch if self.inner.fits(batch) else self._with(border.enter, batch, self.outer)

    def left(self, batch: Array) -> Array:
        """What the operators made as the model gives it."""
        return self._with(border.leave, batch, self.inner)

    def restored(self, batch: Array) -> Array:
        """A batch of either kind as the model takes it. Raises DataError where it cannot."""
        return batch if self.outer.fits(batch) else self._with(border.restore, batch, self.inner)

    def _with(
        self, convert: Callable[[Tensor, Tensor, Array], Array], batch: Array, given: Kind
    ) -> Array:
        target = self.outer if given == self.inner else self.inner
        if self.inner == self.outer:
            return batch
        arrays = [
            convert(inner, outer, array)
            for (inner, outer), array in zip(self.pairs, given.split(batch), strict=True)
        ]
        return target.join(arrays)


def flat(batch: Array) -> Array:
    """A batch as numbers (N, values): the fields of records one after the other."""
    if batch.dtype.names is None:
        return batch.reshape(len(batch), -1)
    fields = [batch[name].reshape(len(batch), -1) for name in batch.dtype.names]
    return np.concatenate(fields, axis=1)


def parts(batch: Array) -> list[Array]:
    """Each tensor's values (N, values)."""
    if batch.dtype.names is None:
        return [batch.reshape(len(batch), -1)]
    return [batch[name].reshape(len(batch), -1) for name in batch.dtype.names]


def shown(batch: Array) -> str:
    """What a batch is, for a message."""
    shape = "".join(f", {n}" for n in batch.shape[1:])
    return f"{batch.dtype} (N{shape})"
