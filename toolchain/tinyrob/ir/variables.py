"""Resource variables: handles, and the subgraph that fills them, become tensors that keep a value.

VAR_HANDLE names a variable, READ_VARIABLE and ASSIGN_VARIABLE use it, CALL_ONCE runs the subgraph
with its first values. Here the handle's tensor becomes the variable itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tinyrob.errors import Obstacle
from tinyrob.ir import operators as kinds
from tinyrob.ir.graph import Op, Tensor, numpy_type
from tinyrob.ir.raw import RawGraph

_HINT = "convert with variables that only this network reads and writes"
_MAX_HELD = 2**26


def with_variables(subgraphs: Sequence[RawGraph]) -> RawGraph:
    """The first subgraph, with its variables as tensors.

    What does not fit becomes an obstacle: another subgraph, a first value that is no constant.
    """
    main = subgraphs[0]
    obstacles = list(main.obstacles)
    handles, aliases = _handles(main)
    once = [op for op in main.ops if isinstance(op.attributes, kinds.CallOnce)]
    first = _first_values(subgraphs, once, obstacles)
    if len(subgraphs) > 1 + len(once):
        obstacles.append(
            Obstacle(
                "",
                f"the .tflite holds {len(subgraphs)} subgraphs; tinyrob takes one, and those that "
                "fill its variables",
                "convert one signature without control flow",
            )
        )
    tensors = list(main.tensors)
    ops = []
    for op in main.ops:
        if isinstance(op.attributes, (kinds.CallOnce, kinds.VarHandle)):
            continue
        ops.append(replace(op, inputs=tuple(aliases.get(i, i) for i in op.inputs)))
    for name, index in handles.items():
        made = _variable(tensors[index].tensor, name, index, ops, main, first)
        if isinstance(made, Obstacle):
            obstacles.append(made)
        else:
            tensors[index] = replace(tensors[index], tensor=made)
    return RawGraph(tensors, ops, main.inputs, main.outputs, main.name, obstacles)


def _handles(graph: RawGraph) -> tuple[dict[str, int], dict[int, int]]:
    """The first handle of each variable, and for every handle that one."""
    handles: dict[str, int] = {}
    aliases: dict[int, int] = {}
    for op in graph.ops:
        if isinstance(op.attributes, kinds.VarHandle) and op.outputs:
            name = f"{op.attributes.container}/{op.attributes.shared_name}"
            aliases[op.outputs[0]] = handles.setdefault(name, op.outputs[0])
    return handles, aliases


def _first_values(
    subgraphs: Sequence[RawGraph], once: Sequence[Op], obstacles: list[Obstacle]
) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
    found = {}
    for op in once:
        assert isinstance(op.attributes, kinds.CallOnce)
        index = op.attributes.subgraph
        if not 0 < index < len(subgraphs):
            obstacles.append(Obstacle("CALL_ONCE", f"it names subgraph {index}", _HINT))
            continue
        other = subgraphs[index]
        names = {
            op.outputs[0]: f"{op.attributes.container}/{op.attributes.shared_name}"
            for op in other.ops
            if isinstance(op.attributes, kinds.VarHandle) and op.outputs
        }
        for inner in other.ops:
            if isinstance(inner.attributes, kinds.AssignVariable) and len(inner.inputs) == 2:
                data = other.tensors[inner.inputs[1]].tensor.data
                name = names.get(inner.inputs[0])
                if name is not None and data is not None:
                    found[name] = data
                    continue
            if not isinstance(inner.attributes, kinds.VarHandle):
                obstacles.append(
                    Obstacle("CALL_ONCE", f"its subgraph computes {inner.kind}", _HINT)
                )
    return found


def holdable(shape: tuple[int, ...]) -> bool:
    """Whether a variable of this shape is one that a device could hold."""
    return min(shape, default=1) >= 0 and math.prod(shape) <= _MAX_HELD


def resting(tensor: Tensor) -> int:
    """What TFLite Micro fills a variable with: int8 with the zero point. (One beyond int8 is
    refused where tensors are checked.)"""
    grid = tensor.quantization
    zero = grid.zero_points[0] if grid is not None and grid.zero_points else 0
    return zero if tensor.dtype == "int8" and -128 <= zero <= 127 else 0


def _variable(
    handle: Tensor,
    name: str,
    index: int,
    ops: Sequence[Op],
    graph: RawGraph,
    first: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]],
) -> Tensor | Obstacle:
    """The variable, of the type and shape of what is read from it."""
    reads = [
        op.outputs[0]
        for op in ops
        if isinstance(op.attributes, kinds.ReadVariable) and op.inputs == (index,)
    ]
    writes = [
        op.inputs[1]
        for op in ops
        if isinstance(op.attributes, kinds.AssignVariable)
        and op.inputs[:1] == (index,)
        and len(op.inputs) == 2
    ]
    held = [graph.tensors[i].tensor for i in (*reads, *writes) if i >= 0]
    if not held:
        return replace(handle, dtype="int8", shape=(1,), initial=np.zeros(1, np.int8))
    like = held[0]
    if any((t.dtype, t.elements) != (like.dtype, like.elements) for t in held):
        return Obstacle(
            f"variable {name!r}", "its readers and writers differ in type or size", _HINT
        )
    if like.dtype not in ("int8", "int16", "int32"):
        return Obstacle(f"variable {name!r}", f"it holds {like.dtype}", "quantize it to int8")
    if not holdable(like.shape):
        return Obstacle(f"variable {name!r}", f"it holds {list(like.shape)}", _HINT)
    kind = numpy_type(like.dtype)
    start = first.get(name, np.full(like.shape, resting(like), kind))
    if start.size != like.elements or start.dtype.newbyteorder("=") != kind:
        return Obstacle(f"variable {name!r}", "its first value is of another size", _HINT)
    initial = np.array(start, kind).reshape(like.shape)
    initial.setflags(write=False)
    return Tensor(handle.name, like.shape, like.dtype, like.quantization, None, initial)
