"""A .tflite to a graph. Nothing of the file is trusted: see ``flatbuffer`` and ``rules``.

What is read is what the file says, and nothing of that is refused; ``taken`` then makes of it what
integer operators work on, and names all that stands in the way.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from tinyrob.errors import ModelFormatError, UnsupportedModel
from tinyrob.ir.absent import absent
from tinyrob.ir.flatbuffer import Table, damaged
from tinyrob.ir.graph import Activation, Attributes, Gather, Graph, Op
from tinyrob.ir.raw import Foreign, RawGraph
from tinyrob.ir.rules.common import MAX_RANK
from tinyrob.ir.taken import taken
from tinyrob.ir.tflite_schema import (
    ACTIVATION_NAMES,
    BY_KIND,
    IDENTIFIER,
    OPERATOR_NAMES,
    PADDINGS,
    PRODUCER,
    SCHEMA_VERSION,
    Field,
    Layout,
)
from tinyrob.ir.tflite_tensors import MAX_OPERANDS, MAX_TABLES, TensorReader

# A table without a field, behind its 4-byte vtable: every option reads as its default.
_NO_OPTIONS = Table(b"\4\0\4\0" + b"\4\0\0\0", 4, "absent options")


def read_tflite(data: bytes, name: str = "model") -> Graph:
    """The graph of a quantized .tflite of batch 1.

    ``name`` is the graph's, unless tinyrob wrote the file and put a name in it. Metadata that is
    not text is left out; it has no influence on results.

    Raises ModelFormatError where the file is damaged or not a .tflite, and UnsupportedModel where
    it holds what tinyrob cannot run exactly as TFLite Micro does: with every obstacle.
    """
    if not data:
        raise ModelFormatError("the .tflite is empty", "export it again")
    if data[4:8] != IDENTIFIER:
        raise ModelFormatError(
            "this is not a .tflite: its identifier is not TFL3",
            "give a TensorFlow Lite flatbuffer, as TFLiteConverter.convert() makes it",
        )
    model = Table.root(bytes(data), "the model")
    version = model.integer(0, "I")
    if version != SCHEMA_VERSION:
        raise UnsupportedModel(
            f"the .tflite has schema version {version}; tinyrob reads version {SCHEMA_VERSION}",
            "convert the model again with a current TensorFlow",
        )
    reader = _Reader(model)
    subgraphs = [reader.subgraph(t) for t in model.tables(2, "subgraph", MAX_TABLES)]
    if not subgraphs:
        raise UnsupportedModel("the .tflite holds 0 subgraphs", "export a network")
    if not subgraphs[0].ops:
        raise UnsupportedModel("the .tflite holds no operators", "export a network")
    own = model.text(3) == PRODUCER
    return taken(subgraphs, subgraphs[0].name if own else name, MappingProxyType(reader.metadata()))


class _Reader:
    def __init__(self, model: Table) -> None:
        self.model = model
        self.tensors = TensorReader(model)
        self.codes = model.tables(1, "operator code", MAX_TABLES)

    def subgraph(self, table: Table) -> RawGraph:
        tables = table.tables(0, "tensor", MAX_TABLES)
        inputs = table.integers(1, MAX_OPERANDS)
        outputs = table.integers(2, MAX_OPERANDS)
        operators = table.tables(3, "operator", MAX_TABLES)
        for i in (*inputs, *outputs):
            if not 0 <= i < len(tables):
                damaged(f"it names tensor {i} of {len(tables)} as an input or output")
        names: set[str] = set()
        tensors = [self.tensors.read(i, t, names) for i, t in enumerate(tables)]
        ops = [
            self._operator(i, t, [x.tensor.name for x in tensors]) for i, t in enumerate(operators)
        ]
        return RawGraph(tensors, ops, inputs, outputs, table.text(4))

    def metadata(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for entry in self.model.tables(6, "metadata entry", MAX_TABLES):
            content = self.tensors.content(entry.integer(1, "I"), entry.what)
            try:
                text = content.tobytes().rstrip(b"\0").decode("utf-8")
            except UnicodeDecodeError:
                continue
            if text.isprintable():
                found[entry.text(0)] = text
        return found

    def _kind(self, index: int, table: Table) -> str:
        code_index = table.integer(0, "I")
        if code_index >= len(self.codes):
            damaged(f"operator {index} names operator code {code_index} of {len(self.codes)}")
        code = self.codes[code_index]
        # Files from before 2020 have the 8-bit field only.
        builtin = max(code.integer(0, "b"), code.integer(3))
        kind = OPERATOR_NAMES.get(builtin, f"operator code {builtin}")
        return f"CUSTOM {code.text(1)}" if kind == "CUSTOM" else kind

    def _operator(self, index: int, table: Table, names: list[str]) -> Op:
        kind = self._kind(index, table)
        inputs, outputs = table.integers(1, MAX_OPERANDS), table.integers(2, MAX_OPERANDS)
        for i in (*inputs, *outputs):
            if not -1 <= i < len(names):
                damaged(f"operator {index} ({kind}) names tensor {i} of {len(names)}")
        made = f" (makes {names[outputs[0]]!r})" if outputs and outputs[0] >= 0 else ""
        where = f"operator {index}, {kind}{made}"
        if kind == "EMBEDDING_LOOKUP" and len(inputs) == 2:  # GATHER under another name
            return Op(Gather(), inputs[::-1], outputs)
        layout = BY_KIND.get(kind)
        if layout is None:
            attributes: Attributes = absent(kind)
        else:
            attributes = self._attributes(table, layout, where)
        return Op(attributes, inputs, outputs)

    def _attributes(self, table: Table, layout: Layout, where: str) -> Attributes:
        stored, options = table.integer(3, "B"), table.table(4, f"the options of {where}")
        if stored not in (0, layout.options) or table.integer(11, "B"):
            damaged(f"{where} has options of another operator")
        if options is None or not stored or not layout.options:
            options = _NO_OPTIONS
        kind = layout.attributes.kind
        for fixed in layout.fixed:
            value = options.integer(fixed.slot, "b")
            if value != fixed.value:
                return Foreign(kind, f"{fixed.option} is {value}", fixed.hint)
        values: dict[str, Any] = {}
        for field in layout.fields:
            try:
                values[field.attribute] = _value(options, field, where)
            except UnsupportedModel as error:
                return Foreign(kind, error.message, error.hint or "")
        return layout.attributes(**values)


def _value(options: Table, field: Field, where: str) -> Any:
    slot = field.slots[0]
    if field.kind == "padding":
        code = options.integer(slot, "b")
        if not 0 <= code < len(PADDINGS):
            damaged(f"{where} has padding {code}")
        return PADDINGS[code]
    if field.kind == "activation":
        code = options.integer(slot, "b")
        name = ACTIVATION_NAMES.get(code, f"code {code}")
        if name not in Activation.__members__:
            raise UnsupportedModel(
                f"the fused activation {name} is not supported",
                "tinyrob takes NONE, RELU, RELU6 and RELU_N1_TO_1",
            )
        return Activation(name)
    if field.kind == "pair":
        return tuple(options.integer(s, "i", field.default) for s in field.slots)
    if field.kind == "bool":
        return options.integer(slot, "B") != 0
    if field.kind == "float":
        return options.real(slot)
    if field.kind == "ints":
        return options.integers(slot, MAX_RANK)
    if field.kind == "text":
        return options.text(slot)
    if field.kind == "byte":
        return options.integer(slot, "b", field.default)
    return options.integer(slot, "i", field.default)
