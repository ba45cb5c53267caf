"""Graph to .tflite: the same graph gives the same bytes, and reading them gives the graph back."""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np

from tinyrob.ir.graph import Activation, Graph, Op, Quantization, Tensor
from tinyrob.ir.rules import check_graph
from tinyrob.ir.tflite_schema import (
    ACTIVATION_CODES,
    ALIGNMENT,
    BY_KIND,
    IDENTIFIER,
    OPERATOR_CODES,
    PADDINGS,
    PRODUCER,
    SCHEMA_VERSION,
    TYPE_CODES,
    Field,
    Layout,
)
from tinyrob.ir.tflite_subgraphs import subgraphs_of
from tinyrob.ir.tflite_tensors import packed


def write_tflite(graph: Graph) -> bytes:
    """The bytes of an int8 .tflite that TFLite Micro, and ``read_tflite``, take.

    Raises what ``rules.check_graph`` raises where the graph is not valid.
    """
    check_graph(graph)
    return _Writer(graph).model()


class _Writer:
    """Children are written before the tables that refer to them, as flatbuffers want it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.builder: Any = flatbuffers.Builder(1024)

    def model(self) -> bytes:
        b = self.builder
        metadata = sorted(self.graph.metadata.items())
        graphs = subgraphs_of(self.graph)
        constants = [_stored(t) for g in graphs for t in g.tensors if t.data is not None]
        contents = [None, *constants, *(v.encode() for _, v in metadata)]
        buffers = self._tables([self._buffer(c) for c in contents])
        codes = sorted({_code(g, op) for g in graphs for op in g.ops})
        made, first = [], 1
        for graph in graphs:
            made.append(self._subgraph(graph, first, codes))
            first += sum(t.data is not None for t in graph.tensors)
        subgraphs = self._tables(made)
        operator_codes = self._tables([self._operator_code(*code) for code in codes])
        entries = self._tables(
            [self._metadata(k, 1 + len(constants) + i) for i, (k, _) in enumerate(metadata)]
        )
        description = b.CreateString(PRODUCER)

        b.StartObject(8)
        b.PrependUint32Slot(0, SCHEMA_VERSION, 0)
        b.PrependUOffsetTRelativeSlot(1, operator_codes, 0)
        b.PrependUOffsetTRelativeSlot(2, subgraphs, 0)
        b.PrependUOffsetTRelativeSlot(3, description, 0)
        b.PrependUOffsetTRelativeSlot(4, buffers, 0)
        if metadata:
            b.PrependUOffsetTRelativeSlot(6, entries, 0)
        b.Finish(b.EndObject(), file_identifier=IDENTIFIER)
        return bytes(b.Output())

    def _tables(self, offsets: list[int]) -> int:
        return self._vector(offsets, 4, self.builder.PrependUOffsetTRelative)

    def _vector(self, items: Any, width: int, prepend: Any) -> int:
        b = self.builder
        b.StartVector(width, len(items), width)
        for item in reversed(items):
            prepend(item)
        return int(b.EndVector())

    def _ints(self, items: tuple[int, ...]) -> int:
        return self._vector(items, 4, self.builder.PrependInt32)

    def _buffer(self, content: bytes | None) -> int:
        b, data = self.builder, 0
        if content is not None:
            b.StartVector(1, len(content), ALIGNMENT)
            b.head -= len(content)
            b.Bytes[b.head : b.head + len(content)] = content
            data = b.EndVector()
        b.StartObject(3)
        if content is not None:
            b.PrependUOffsetTRelativeSlot(0, data, 0)
        return int(b.EndObject())

    def _operator_code(self, code: int, version: int) -> int:
        b = self.builder
        b.StartObject(4)
        b.PrependInt8Slot(0, min(code, 127), 0)
        b.PrependInt32Slot(2, version, 1)
        b.PrependInt32Slot(3, code, 0)
        return int(b.EndObject())

    def _metadata(self, key: str, buffer: int) -> int:
        b = self.builder
        name = b.CreateString(key)
        b.StartObject(2)
        b.PrependUOffsetTRelativeSlot(0, name, 0)
        b.PrependUint32Slot(1, buffer, 0)
        return int(b.EndObject())

    def _subgraph(self, graph: Graph, first: int, codes: list[tuple[int, int]]) -> int:
        b = self.builder
        constants = [i for i, t in enumerate(graph.tensors) if t.data is not None]
        buffer_of = {tensor: first + i for i, tensor in enumerate(constants)}
        tensors = self._tables(
            [self._tensor(t, buffer_of.get(i, 0)) for i, t in enumerate(graph.tensors)]
        )
        operators = self._tables(
            [self._operator(op, codes.index(_code(graph, op))) for op in graph.ops]
        )
        inputs, outputs = self._ints(graph.inputs), self._ints(graph.outputs)
        name = b.CreateString(graph.name)
        b.StartObject(6)
        for slot, offset in enumerate((tensors, inputs, outputs, operators, name)):
            b.PrependUOffsetTRelativeSlot(slot, offset, 0)
        return int(b.EndObject())

    def _tensor(self, tensor: Tensor, buffer: int) -> int:
        b = self.builder
        shape, name = self._ints(tensor.shape), b.CreateString(tensor.name)
        quantization = self._quantization(tensor.quantization)
        b.StartObject(11)
        b.PrependUOffsetTRelativeSlot(0, shape, 0)
        b.PrependInt8Slot(1, TYPE_CODES[tensor.dtype], 0)
        b.PrependUint32Slot(2, buffer, 0)
        b.PrependUOffsetTRelativeSlot(3, name, 0)
        if quantization:
            b.PrependUOffsetTRelativeSlot(4, quantization, 0)
        b.PrependBoolSlot(5, tensor.initial is not None, False)
        return int(b.EndObject())

    def _quantization(self, quantization: Quantization | None) -> int:
        if quantization is None:
            return 0
        b = self.builder
        scales = self._vector(quantization.scales, 4, b.PrependFloat32)
        zero_points = self._vector(quantization.zero_points, 8, b.PrependInt64)
        b.StartObject(7)
        b.PrependUOffsetTRelativeSlot(2, scales, 0)
        b.PrependUOffsetTRelativeSlot(3, zero_points, 0)
        b.PrependInt32Slot(6, quantization.axis, 0)
        return int(b.EndObject())

    def _operator(self, op: Op, code: int) -> int:
        b, layout = self.builder, BY_KIND[op.kind]
        inputs, outputs = self._ints(op.inputs), self._ints(op.outputs)
        options = self._options(op, layout) if layout.options else 0
        b.StartObject(14)
        b.PrependUint32Slot(0, code, 0)
        b.PrependUOffsetTRelativeSlot(1, inputs, 0)
        b.PrependUOffsetTRelativeSlot(2, outputs, 0)
        if layout.options:
            b.PrependUint8Slot(3, layout.options, 0)
            b.PrependUOffsetTRelativeSlot(4, options, 0)
        return int(b.EndObject())

    def _options(self, op: Op, layout: Layout) -> int:
        b = self.builder
        values = {f.attribute: getattr(op.attributes, f.attribute) for f in layout.fields}
        vectors = {
            f.slots[0]: self._listed(f, values[f.attribute])
            for f in layout.fields
            if f.kind in ("ints", "text")
        }
        slots = [s for f in layout.fields for s in f.slots]
        b.StartObject(max(slots, default=-1) + 1)
        for field in layout.fields:
            if field.kind in ("ints", "text"):
                if values[field.attribute]:
                    b.PrependUOffsetTRelativeSlot(field.slots[0], vectors[field.slots[0]], 0)
            else:
                self._scalar(field, values[field.attribute])
        return int(b.EndObject())

    def _listed(self, field: Field, value: Any) -> int:
        if field.kind == "text":
            return int(self.builder.CreateString(value))
        return self._ints(value)

    def _scalar(self, field: Field, value: Any) -> None:
        b, slot = self.builder, field.slots[0]
        if field.kind == "padding":
            b.PrependInt8Slot(slot, PADDINGS.index(value), 0)
        elif field.kind == "activation":
            b.PrependInt8Slot(slot, ACTIVATION_CODES[Activation(value).value], 0)
        elif field.kind == "byte":
            b.PrependInt8Slot(slot, value, field.default)
        elif field.kind == "bool":
            b.PrependBoolSlot(slot, value, 0)
        elif field.kind == "float":
            b.PrependFloat32Slot(slot, np.float32(value), 0.0)
        elif field.kind == "pair":
            for each, size in zip(field.slots, value, strict=True):
                b.PrependInt32Slot(each, size, field.default)
        else:
            b.PrependInt32Slot(slot, value, field.default)


def _stored(tensor: Tensor) -> bytes:
    """A constant's bytes: two values a byte of int4."""
    assert tensor.data is not None
    return packed(tensor.data) if tensor.dtype == "int4" else tensor.data.tobytes()


def _code(graph: Graph, op: Op) -> tuple[int, int]:
    return OPERATOR_CODES[op.kind], BY_KIND[op.kind].version(graph, op)
