"""An int8 .tflite to a graph. Nothing of the file is trusted: see ``flatbuffer`` and ``rules``."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Any

import numpy as np

from tinyrob.errors import ModelFormatError, UnsupportedModel
from tinyrob.ir.flatbuffer import Table, damaged
from tinyrob.ir.graph import Activation, Attributes, Graph, Op, Quantization, Tensor
from tinyrob.ir.rules import check_graph
from tinyrob.ir.rules.common import MAX_ELEMENTS, MAX_RANK
from tinyrob.ir.tflite_schema import (
    ACTIVATION_NAMES,
    BY_KIND,
    DTYPES,
    IDENTIFIER,
    OPERATOR_NAMES,
    PADDINGS,
    PRODUCER,
    SCHEMA_VERSION,
    TYPE_NAMES,
    Field,
    Layout,
)

MAX_TABLES = 4096
MAX_OPERANDS = 64
_MAX_CHANNELS = 65536
_INT8_HINT = (
    "convert with a representative_dataset, target_spec.supported_ops = "
    "[tf.lite.OpsSet.TFLITE_BUILTINS_INT8] and inference_input_type = "
    "inference_output_type = tf.int8"
)
# A table without a field, behind its 4-byte vtable: every option reads as its default.
_NO_OPTIONS = Table(b"\4\0\4\0" + b"\4\0\0\0", 4, "absent options")
_OPERATOR_HINT = "tinyrob takes " + ", ".join(BY_KIND)


def read_tflite(data: bytes, name: str = "model") -> Graph:
    """The graph of an int8 .tflite with one input and one output of batch 1.

    ``name`` is the graph's, unless tinyrob wrote the file and put a name in it. Metadata that is
    not text is left out; it has no influence on results.

    Raises ModelFormatError where the file is damaged or not a .tflite, and UnsupportedModel where
    it holds what tinyrob cannot run exactly as TFLite Micro does.
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
    subgraphs = model.tables(2, "subgraph", MAX_TABLES)
    if len(subgraphs) != 1:
        raise UnsupportedModel(
            f"the .tflite holds {len(subgraphs)} subgraphs; tinyrob takes one",
            "convert one signature without control flow",
        )
    graph = _Reader(model, subgraphs[0], name).graph()
    check_graph(graph)
    return graph


class _Reader:
    def __init__(self, model: Table, subgraph: Table, name: str) -> None:
        self.model, self.subgraph, self.name = model, subgraph, name
        self.buffers = model.tables(4, "buffer", 4 * MAX_TABLES)
        self.codes = model.tables(1, "operator code", MAX_TABLES)
        self.scales = 0

    def graph(self) -> Graph:
        tables = self.subgraph.tables(0, "tensor", MAX_TABLES)
        inputs = self.subgraph.integers(1, MAX_OPERANDS)
        outputs = self.subgraph.integers(2, MAX_OPERANDS)
        operators = self.subgraph.tables(3, "operator", MAX_TABLES)
        if not operators:
            raise UnsupportedModel("the .tflite holds no operators", "export a network")
        for i in (*inputs, *outputs):
            if not 0 <= i < len(tables):
                damaged(f"it names tensor {i} of {len(tables)} as an input or output")
        self._refuse_float_border(tables, operators, inputs)
        names: set[str] = set()
        tensors = tuple(self._tensor(i, t, names) for i, t in enumerate(tables))
        ops = tuple(self._operator(i, t, tensors) for i, t in enumerate(operators))
        own = self.model.text(3) == PRODUCER
        return Graph(
            tensors,
            ops,
            inputs,
            outputs,
            self.subgraph.text(4) if own else self.name,
            MappingProxyType(self._metadata()),
        )

    def _metadata(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for entry in self.model.tables(6, "metadata entry", MAX_TABLES):
            content = self._content(entry.integer(1, "I"), entry.what)
            try:
                text = content.tobytes().rstrip(b"\0").decode("utf-8")
            except UnicodeDecodeError:
                continue
            if text.isprintable():
                found[entry.text(0)] = text
        return found

    def _content(self, index: int, what: str) -> np.ndarray[Any, Any]:
        if index >= len(self.buffers):
            damaged(f"{what} names buffer {index} of {len(self.buffers)}")
        buffer = self.buffers[index]
        if buffer.integer(1, "Q") > 1:  # 1 is a placeholder that means: none
            raise UnsupportedModel(
                f"{what} keeps its data outside the flatbuffer",
                "convert to a .tflite under 2 GB without external buffers",
            )
        return buffer.array(0, "uint8")

    def _refuse_float_border(
        self, tensors: list[Table], operators: list[Table], inputs: tuple[int, ...]
    ) -> None:
        """A better message for the commonest mistake: a quantized network with a float border."""
        for i, operator in enumerate(operators):
            if self._kind(i, operator) not in ("QUANTIZE", "DEQUANTIZE"):
                continue
            for border in operator.integers(1, MAX_OPERANDS) + operator.integers(2, MAX_OPERANDS):
                if not 0 <= border < len(tensors):
                    damaged(f"operator {i} names tensor {border} of {len(tensors)}")
                code = tensors[border].integer(1, "b")
                if TYPE_NAMES.get(code) not in DTYPES:
                    role = "input" if border in inputs else "output"
                    raise UnsupportedModel(
                        f"operator {i} ({self._kind(i, operator)}) converts "
                        f"{TYPE_NAMES.get(code, f'type {code}')}: the network's {role} "
                        f"{tensors[border].text(3)!r} is not int8",
                        _INT8_HINT,
                    )

    def _tensor(self, index: int, table: Table, names: set[str]) -> Tensor:
        name = table.text(3) or f"tensor_{index}"
        while name in names:
            name = f"{name}#{index}"
        names.add(name)
        code = table.integer(1, "b")
        dtype = TYPE_NAMES.get(code, f"type {code}")
        if dtype not in DTYPES:
            raise UnsupportedModel(
                f"tensor {name!r} is {dtype}; tinyrob takes int8 activations and weights and "
                "int32 biases",
                _INT8_HINT,
            )
        if table.integer(5, "b") or table.has(6) or table.integer(10, "I"):
            what = (
                "a variable" if table.integer(5, "b") else "sparse" if table.has(6) else "external"
            )
            raise UnsupportedModel(f"tensor {name!r} is {what}", "convert to dense constants")
        shape = table.integers(0, MAX_RANK)
        if any(d == -1 for d in table.integers(7, MAX_RANK)[1:]) or -1 in shape:
            raise UnsupportedModel(
                f"tensor {name!r} has a dynamic shape {list(shape)}",
                "give the converter a fixed input shape",
            )
        if any(d <= 0 for d in shape) or math.prod(shape) > MAX_ELEMENTS:
            damaged(f"tensor {name!r} has the shape {list(shape)}")
        data = self._content(table.integer(2, "I"), f"tensor {name!r}")
        constant = None
        if data.size:
            item = np.dtype(dtype).newbyteorder("<")
            if data.size != math.prod(shape) * item.itemsize:
                damaged(
                    f"tensor {name!r} needs {math.prod(shape) * item.itemsize} bytes "
                    f"and has {data.size}"
                )
            constant = np.frombuffer(data, item).reshape(shape)
        return Tensor(name, shape, dtype, self._quantization(table, name), constant)

    def _quantization(self, table: Table, name: str) -> Quantization | None:
        stored = table.table(4, f"the quantization of {name!r}")
        if stored is None:
            return None
        scales = tuple(float(s) for s in stored.array(2, "float32", _MAX_CHANNELS))
        zero_points = stored.integers(3, _MAX_CHANNELS, "int64")
        # Many tensors may share one list in a forged file: together they must fit into it.
        self.scales += len(scales) + len(zero_points)
        if self.scales > len(table.data):
            damaged("it claims more scales than it has bytes")
        if stored.integer(4, "B"):
            raise UnsupportedModel(f"tensor {name!r} has a custom quantization", _INT8_HINT)
        if not scales:
            return None
        if len(zero_points) != len(scales):
            damaged(f"tensor {name!r} has {len(scales)} scales and {len(zero_points)} zero points")
        return Quantization(scales, zero_points, stored.integer(6))

    def _kind(self, index: int, table: Table) -> str:
        code_index = table.integer(0, "I")
        if code_index >= len(self.codes):
            damaged(f"operator {index} names operator code {code_index} of {len(self.codes)}")
        code = self.codes[code_index]
        # Files from before 2020 have the 8-bit field only.
        builtin = max(code.integer(0, "b"), code.integer(3))
        kind = OPERATOR_NAMES.get(builtin, f"operator code {builtin}")
        return f"CUSTOM {code.text(1)}" if kind == "CUSTOM" else kind

    def _operator(self, index: int, table: Table, tensors: tuple[Tensor, ...]) -> Op:
        kind = self._kind(index, table)
        inputs, outputs = table.integers(1, MAX_OPERANDS), table.integers(2, MAX_OPERANDS)
        for i in (*inputs, *outputs):
            if not -1 <= i < len(tensors):
                damaged(f"operator {index} ({kind}) names tensor {i} of {len(tensors)}")
        made = f" (makes {tensors[outputs[0]].name!r})" if outputs and outputs[0] >= 0 else ""
        where = f"operator {index}, {kind}{made}"
        layout = BY_KIND.get(kind)
        if layout is None:
            raise UnsupportedModel(f"{where}: the operator is not supported", _OPERATOR_HINT)
        return Op(self._attributes(table, layout, where), inputs, outputs)

    def _attributes(self, table: Table, layout: Layout, where: str) -> Attributes:
        stored, options = table.integer(3, "B"), table.table(4, f"the options of {where}")
        if stored not in (0, layout.options) or table.integer(11, "B"):
            damaged(f"{where} has options of another operator")
        if options is None or not stored or not layout.options:
            options = _NO_OPTIONS
        for fixed in layout.fixed:
            value = options.integer(fixed.slot, "b")
            if value != fixed.value:
                raise UnsupportedModel(f"{where}: {fixed.option} is {value}", fixed.hint)
        return layout.attributes(
            **{field.attribute: _value(options, field, where) for field in layout.fields}
        )


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
                f"{where}: the fused activation {name} is not supported",
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
    return options.integer(slot, "i", field.default)
