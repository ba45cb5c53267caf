"""What tinyrob takes of a file: integer operators between borders, and every obstacle by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from tinyrob.errors import ModelFormatError, Obstacle, UnsupportedModel
from tinyrob.ir import operators as kinds
from tinyrob.ir.border import OUTER_TYPES
from tinyrob.ir.fold import folded
from tinyrob.ir.foreign import foreign_network
from tinyrob.ir.graph import Graph, Op, Quantization, Tensor, numpy_type
from tinyrob.ir.moves import looks_up
from tinyrob.ir.raw import RawGraph
from tinyrob.ir.rules import obstacles_of
from tinyrob.ir.settled import settled
from tinyrob.ir.variables import holdable, resting, with_variables

_BEHIND = {"float32": ("int8", "int16"), "uint8": ("int8",)}
"""Of each type at the border, what TFLite Micro quantizes to and from."""


def taken(subgraphs: Sequence[RawGraph], name: str, metadata: Mapping[str, str]) -> Graph:
    """The graph of a file's subgraphs, checked.

    Raises UnsupportedModel with every obstacle, ModelFormatError where the file contradicts itself.
    """
    raw = with_variables(subgraphs)
    tensors = [_initialized(t.tensor) if t.variable else t.tensor for t in raw.tensors]
    ops = _made_shapes(folded(raw.ops, tensors), tensors, raw.inputs)
    ops, inputs, outer_inputs = _entries(ops, tensors, raw.inputs)
    ops, outputs, outer_outputs = _exits(ops, tensors, raw.outputs)
    ops = settled(ops, tensors, outputs)
    _mark_indices(ops, tensors, inputs)
    for op in ops:
        _plain_axes(op, tensors)
        _plain_places(op, tensors)
    used = {i for op in ops for i in (*op.inputs, *op.outputs) if i >= 0}
    used.update((*inputs, *outputs, *outer_inputs, *outer_outputs))
    for i, tensor in enumerate(tensors):
        if i not in used:
            tensors[i] = replace(tensor, data=None, initial=None, quantization=None)
    graph = Graph(
        tuple(tensors),
        tuple(ops),
        inputs,
        outputs,
        name,
        metadata,
        outer_inputs if any(i >= 0 for i in outer_inputs) else (),
        outer_outputs if any(i >= 0 for i in outer_outputs) else (),
    )
    whole = foreign_network(graph, any(raw.tensors[i].sparse for i in used if i < len(raw.tensors)))
    if whole is not None:
        raise UnsupportedModel.of([whole])
    found = [*raw.obstacles]
    for i in sorted(used):
        found += raw.tensors[i].obstacles if i < len(raw.tensors) else ()
    for i in graph.entries:
        if raw.tensors[i].open_axes:
            found.append(_open(raw.tensors[i].tensor, raw.tensors[i].open_axes))
    contradiction: ModelFormatError | None = None
    try:
        found += obstacles_of(graph)
    except UnsupportedModel as error:
        found += error.obstacles
    except ModelFormatError as error:
        contradiction = error
    if found:
        raise UnsupportedModel.of(list(dict.fromkeys(found)))
    if contradiction is not None:
        raise contradiction
    return graph


def _open(tensor: Tensor, axes: tuple[int, ...]) -> Obstacle:
    shape = ["?" if i in axes else d for i, d in enumerate(tensor.shape)]
    return Obstacle(
        "",
        f"the network's input {tensor.name!r} has a dynamic shape [{', '.join(map(str, shape))}]",
        "give the converter a fixed input shape: only the batch may be open",
    )


def _initialized(tensor: Tensor) -> Tensor:
    """A variable tensor: TFLite Micro fills it with its zero point."""
    if tensor.dtype not in ("int8", "int16", "int32") or not holdable(tensor.shape):
        return tensor
    initial = np.full(tensor.shape, resting(tensor), numpy_type(tensor.dtype))
    initial.setflags(write=False)
    return replace(tensor, data=None, initial=initial)


def _mark_indices(ops: Sequence[Op], tensors: list[Tensor], inputs: Sequence[int]) -> None:
    """Inputs by which rows are looked up: plain int32, below the least number of rows."""
    for op in ops:
        if not looks_up(op, tensors) or op.inputs[1] not in inputs:
            continue
        table, places = (tensors[i] for i in op.inputs)
        if table.shape and places.dtype == "int32":
            below = min(table.shape[0], places.below or table.shape[0])
            plain = Quantization((1.0,), (0,))
            tensors[op.inputs[1]] = replace(places, quantization=plain, below=below)


def _made_shapes(ops: list[Op], tensors: list[Tensor], inputs: tuple[int, ...]) -> list[Op]:
    """TRANSPOSE_CONV with a constant shape where the network is given one: TFLite Micro makes what
    the output is, and never reads the input. It stays one of the network's, of plain int32."""
    made = []
    for op in ops:
        given = op.inputs[0] if op.inputs else -1
        if isinstance(op.attributes, kinds.TransposeConv) and given in inputs and op.outputs:
            shape = np.array(tensors[op.outputs[0]].shape, np.int32)
            shape.setflags(write=False)
            tensors[given] = replace(tensors[given], quantization=Quantization((1.0,), (0,)))
            op = replace(op, inputs=(len(tensors), *op.inputs[1:]))
            names, name = {t.name for t in tensors}, f"{tensors[given].name}#shape"
            while name in names:
                name += "#"
            tensors.append(Tensor(name, shape.shape, "int32", data=shape))
        made.append(op)
    return made


def _entries(
    ops: list[Op], tensors: Sequence[Tensor], inputs: tuple[int, ...]
) -> tuple[list[Op], tuple[int, ...], tuple[int, ...]]:
    """Without the QUANTIZE behind each input of another type."""
    inner, outer = [], []
    for index in inputs:
        readers = [op for op in ops if index in op.inputs]
        if (
            tensors[index].dtype in OUTER_TYPES
            and readers
            and all(isinstance(op.attributes, kinds.Quantize) for op in readers)
            and all(len(op.outputs) == 1 and op.outputs[0] >= 0 for op in readers)
            and all(tensors[op.outputs[0]].dtype in _BEHIND[tensors[index].dtype] for op in readers)
            and len({tensors[op.outputs[0]].quantization for op in readers}) == 1
            and tensors[readers[0].outputs[0]].quantization is not None
        ):
            first = readers[0].outputs[0]
            same = {op.outputs[0]: first for op in readers}
            ops = [
                replace(op, inputs=tuple(same.get(i, i) for i in op.inputs))
                for op in ops
                if op not in readers
            ]
            inner.append(first)
            outer.append(index)
        else:
            inner.append(index)
            outer.append(-1)
    return ops, tuple(inner), tuple(outer)


def _exits(
    ops: list[Op], tensors: Sequence[Tensor], outputs: tuple[int, ...]
) -> tuple[list[Op], tuple[int, ...], tuple[int, ...]]:
    """Without the DEQUANTIZE, or QUANTIZE to uint8, in front of each output of another type."""
    inner, outer = [], []
    gone: set[int] = set()
    for index in outputs:
        maker = next((op for op in ops if index in op.outputs), None)
        read = any(index in op.inputs for op in ops)
        if (
            tensors[index].dtype in OUTER_TYPES
            and maker is not None
            and isinstance(maker.attributes, (kinds.Quantize, kinds.Dequantize))
            and not read
            and len(maker.inputs) == 1
            and maker.inputs[0] >= 0
            and tensors[maker.inputs[0]].dtype in _BEHIND[tensors[index].dtype]
        ):
            gone.add(index)
            inner.append(maker.inputs[0])
            outer.append(index)
        else:
            inner.append(index)
            outer.append(-1)
    ops = [op for op in ops if not gone.intersection(op.outputs)]
    return ops, tuple(inner), tuple(outer)


_AXES: dict[type[kinds.Attributes], tuple[int, int, int]] = {
    kinds.Conv2D: (0, 1, 2),
    kinds.DepthwiseConv2D: (3, 1, 2),
    kinds.FullyConnected: (0, 1, 2),
    kinds.TransposeConv: (0, 1, 3),
}
"""The axis of a kernel's output channels; which operand is the kernel, and which the bias."""


def _plain_places(op: Op, tensors: list[Tensor]) -> None:
    """Places are int32 as they stand: of scale 1, which files leave out."""
    if isinstance(op.attributes, kinds.ArgMax | kinds.ArgMin):
        for index in op.outputs:
            if index >= 0 and tensors[index].quantization is None:
                tensors[index] = replace(tensors[index], quantization=Quantization((1.0,), (0,)))


def _plain_axes(op: Op, tensors: list[Tensor]) -> None:
    """Kernels are quantized along the output channels and biases along their one axis, whatever
    ``quantized_dimension`` says: TFLite Micro does not read it."""
    axis, kernel, bias = _AXES.get(type(op.attributes), (0, -1, -1))
    if kernel < 0:
        return
    for position, right in ((kernel, axis), (bias, 0)):
        if position >= len(op.inputs) or op.inputs[position] < 0:
            continue
        tensor = tensors[op.inputs[position]]
        grid = tensor.quantization
        if grid is None or grid.axis == right or right >= len(tensor.shape):
            continue
        if len(grid.scales) == tensor.shape[right] or len(grid.scales) == 1:
            tensors[op.inputs[position]] = replace(tensor, quantization=replace(grid, axis=right))
