"""The graph that a stream becomes: rows of earlier inferences come out of variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from tinyrob.errors import Obstacle
from tinyrob.ir import graph as ir
from tinyrob.ir.graph import Op, Tensor, numpy_type
from tinyrob.ir.interp.common import Array
from tinyrob.ir.variables import resting
from tinyrob.passes.stream.line import Line


class Dirty(Exception):
    """Rows are asked for that saw padding. ``causes``: the operators that pad, by number."""

    def __init__(self, causes: dict[int, Obstacle]) -> None:
        super().__init__()
        self.causes = causes


class Apart(Exception):
    """The operator sees the whole window; ``obstacle`` says why, where that is no matter of
    course."""

    def __init__(self, obstacle: Obstacle | None) -> None:
        super().__init__()
        self.obstacle = obstacle


class Finer(Exception):
    """The stride of operator ``number`` is no divisor of the rows that come at a time: there have
    to be ``factor`` times as many; ``obstacle`` is for where there cannot be."""

    def __init__(self, factor: int, number: int, obstacle: Obstacle) -> None:
        super().__init__()
        self.factor, self.number, self.obstacle = factor, number, obstacle


class Writer:
    """Takes operators in their order. ``wanted``: of tensors on the stream, from which row of the
    window on they were asked for the last time that all operators were taken; ``silence``: what all
    tensors are where the input is zero.

    ``lines``: the tensors on the stream; ``said``: operators that see the whole window, and why.
    """

    def __init__(
        self, graph: ir.Graph, wanted: dict[int, int], silence: Mapping[str, Array]
    ) -> None:
        self.source = graph
        self._silence = silence
        self.tensors = list(graph.tensors)
        self.ops: list[Op] = []
        self.lines: dict[int, Line] = {}
        self.wanted: dict[int, int] = {}
        self.said: dict[int, Obstacle] = {}
        self.lighter = False
        self._expected = wanted
        self._root: dict[int, tuple[int, int]] = {}  # tensor -> where its rows are, and how far on
        self._held: dict[int, int] = {}  # tensor -> that of its older and its fresh rows
        self._pads: dict[int, dict[int, Obstacle]] = {}
        self._names = {t.name for t in graph.tensors}
        self._pieces: dict[tuple[int, int, int], int] = {}

    def begin(self, index: int, line: Line, pads: dict[int, Obstacle] | None = None) -> None:
        """A tensor on the stream: from now on it has its fresh rows only."""
        self.lines[index] = line
        self._pads[index] = pads or {}
        self._root[index] = (index, 0)
        self.tensors[index] = replace(
            self.tensors[index], shape=_with(self.tensors[index].shape, line.axis, line.fresh)
        )

    def rename(
        self, index: int, source: int, line: Line, moved: int, pads: dict[int, Obstacle]
    ) -> None:
        """A tensor whose rows are those of ``source``, ``moved`` rows on."""
        root, far = self._root[source]
        self.lines[index] = line
        self._pads[index] = pads
        self._root[index] = (root, far + moved)

    def pads_of(self, indices: Iterable[int]) -> dict[int, Obstacle]:
        """The operators that pad in front of these tensors."""
        found: dict[int, Obstacle] = {}
        for index in indices:
            found |= self._pads.get(index, {})
        return found

    def rows(self, index: int, start: int, stop: int) -> int:
        """A tensor with the rows from ``start`` to ``stop`` of the window. Raises Dirty."""
        root, moved = self._root[index]
        line = self.lines[index]
        if 0 < line.first > start or stop > line.end:
            raise Dirty(self._pads[index])
        return self._rows(root, start + moved, stop + moved)

    def anyway(self, index: int, start: int, stop: int) -> int:
        """As ``rows``, whatever the first of them have seen: what is made of them is told by its
        own line."""
        root, moved = self._root[index]
        return self._rows(root, start + moved, stop + moved)

    def _rows(self, root: int, start: int, stop: int) -> int:
        line = self.lines[root]
        self.wanted[root] = min(start, self.wanted.get(root, start))
        fresh = line.end - line.fresh
        older = max(0, fresh - min(self._expected.get(root, start), start))
        held, begins = root, fresh
        if older:
            held, begins = self._hold(root, line, older), fresh - older
        if (start, stop) == (begins, line.end):
            return held
        return self._slice(held, line.axis, start - begins, stop - begins)

    def _hold(self, root: int, line: Line, older: int) -> int:
        """``older`` rows in front of the fresh ones: made once, for all who ask."""
        if root in self._held:
            return self._held[root]
        tensor = self.tensors[root]
        kept = replace(tensor, shape=_with(tensor.shape, line.axis, older))
        initial = self._quiet(root, line, older)
        past = self._add(replace(kept, name=f"{tensor.name}/past", initial=initial))
        read = self._add(replace(kept, name=f"{tensor.name}/earlier"))
        shape = _with(tensor.shape, line.axis, older + line.fresh)
        held = self._add(replace(tensor, name=f"{tensor.name}/held", shape=shape))
        self.ops.append(Op(ir.ReadVariable(), (past,), (read,)))
        self.ops.append(Op(ir.Concatenation(line.axis), (read, root), (held,)))
        last = self._slice(held, line.axis, line.fresh, line.fresh + older)
        self.ops.append(Op(ir.AssignVariable(), (past, last), ()))
        self._held[root] = held
        return held

    def _quiet(self, root: int, line: Line, older: int) -> Array:
        """Rows as they are after a long silence: all that saw no padding are alike."""
        tensor = self.source.tensors[root]
        if root in self.source.inputs:
            values: Array = np.full(tensor.shape, resting(tensor), numpy_type(tensor.dtype))
        else:
            values = self._silence[tensor.name].reshape(tensor.shape)
        last = min(line.end, line.rows) - 1
        rows = np.repeat(np.take(values, [last], line.axis), older, line.axis)
        rows.setflags(write=False)
        return rows

    def _slice(self, index: int, axis: int, start: int, stop: int) -> int:
        known = self._pieces.get((index, start, stop))
        if known is not None:
            return known
        tensor = self.tensors[index]
        begin, end = [0] * len(tensor.shape), list(tensor.shape)
        begin[axis], end[axis] = start, stop
        shape = _with(tensor.shape, axis, stop - start)
        name = f"{tensor.name}/{start}:{stop}"
        made = self._add(replace(tensor, name=name, shape=shape, initial=None))
        operands = [self.integers(f"{name}/{what}", v) for what, v in
                    (("begin", begin), ("end", end), ("strides", [1] * len(begin)))]  # fmt: skip
        self.ops.append(Op(ir.StridedSlice(), (index, *operands), (made,)))
        self._pieces[index, start, stop] = made
        return made

    def integers(
        self, name: str, values: Iterable[int] | np.ndarray[tuple[int, ...], np.dtype[np.int32]]
    ) -> int:
        """A constant."""
        data = np.asarray(values, np.int32)
        data.setflags(write=False)
        return self._add(Tensor(name, data.shape, "int32", None, data))

    def like(self, index: int, name: str, shape: tuple[int, ...]) -> int:
        """A new activation as ``index``, of another shape."""
        return self._add(replace(self.tensors[index], name=name, shape=shape, initial=None))

    def _add(self, tensor: Tensor) -> int:
        name, n = tensor.name, 1
        while name in self._names:
            n += 1
            name = f"{tensor.name}/{n}"
        self._names.add(name)
        self.tensors.append(replace(tensor, name=name))
        return len(self.tensors) - 1

    def put(self, op: Op) -> None:
        """An operator of the stream, as it is."""
        self.ops.append(op)

    def keep(self, op: Op) -> None:
        """An operator that no stream reaches."""
        self.ops.append(op)

    def whole(self, op: Op) -> None:
        """An operator that is computed for the whole window. Raises Dirty."""
        inputs = tuple(
            self.rows(i, 0, self.lines[i].rows) if i in self.lines else i for i in op.inputs
        )
        self.ops.append(replace(op, inputs=inputs))

    def last(self, index: int) -> int:
        """An output: of one on the stream the fresh rows that end the window. Raises Dirty."""
        line = self.lines.get(index)
        if line is None:
            return index
        return self.rows(index, max(0, line.rows - line.fresh), line.rows)

    def graph(self, outputs: tuple[int, ...]) -> ir.Graph:
        """All that was put, with the shapes at its border."""
        graph = self.source
        for side, outer in ((graph.inputs, graph.outer_inputs), (outputs, graph.outer_outputs)):
            for inner, shown in zip(side, outer, strict=False):
                if shown >= 0:
                    shape = self.tensors[inner].shape
                    self.tensors[shown] = replace(self.tensors[shown], shape=shape)
        used = {i for op in self.ops for i in (*op.inputs, *op.outputs) if i >= 0}
        used.update((*graph.inputs, *outputs, *graph.outer_inputs, *graph.outer_outputs))
        kept = sorted(used - {-1})
        place = {old: new for new, old in enumerate(kept)} | {-1: -1}
        return replace(
            graph,
            tensors=tuple(self.tensors[i] for i in kept),
            ops=tuple(
                replace(
                    op,
                    inputs=tuple(place[i] for i in op.inputs),
                    outputs=tuple(place[i] for i in op.outputs),
                )
                for op in self.ops
            ),
            inputs=tuple(place[i] for i in graph.inputs),
            outputs=tuple(place[i] for i in outputs),
            outer_inputs=tuple(place[i] for i in graph.outer_inputs),
            outer_outputs=tuple(place[i] for i in graph.outer_outputs),
        )


def _with(shape: tuple[int, ...], axis: int, size: int) -> tuple[int, ...]:
    return (*shape[:axis], size, *shape[axis + 1 :])
