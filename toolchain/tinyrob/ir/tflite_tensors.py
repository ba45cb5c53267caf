"""Tensors of a .tflite: shapes, types, quantization and data."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tinyrob.errors import Obstacle, UnsupportedModel
from tinyrob.ir.flatbuffer import Table, damaged
from tinyrob.ir.graph import DType, Quantization, Tensor, numpy_type
from tinyrob.ir.raw import RawTensor
from tinyrob.ir.rules.common import MAX_ELEMENTS, MAX_RANK
from tinyrob.ir.tflite_schema import TYPE_NAMES

MAX_TABLES = 4096
MAX_OPERANDS = 4096
_MAX_CHANNELS = 65536
_FULL_INT8 = (
    "convert with a representative_dataset, target_spec.supported_ops = "
    "[tf.lite.OpsSet.TFLITE_BUILTINS_INT8]"
)
_INSIDE = "convert to a .tflite under 2 GB that holds its constants itself"


class TensorReader:
    """Reads tensors of any of a model's subgraphs."""

    def __init__(self, model: Table) -> None:
        self.buffers = model.tables(4, "buffer", 4 * MAX_TABLES)
        self.scales = 0

    def content(self, index: int, what: str) -> NDArray[Any]:
        """The bytes of a buffer."""
        if index >= len(self.buffers):
            damaged(f"{what} names buffer {index} of {len(self.buffers)}")
        buffer = self.buffers[index]
        if buffer.integer(1, "Q") > 1:  # 1 is a placeholder that means: none
            raise UnsupportedModel(
                f"{what} keeps its data outside the flatbuffer",
                "convert to a .tflite under 2 GB without external buffers",
            )
        return buffer.array(0, "uint8")

    def read(self, index: int, table: Table, names: set[str]) -> RawTensor:
        """A tensor, under a name that is not in ``names`` yet."""
        name = table.text(3) or f"tensor_{index}"
        while name in names:
            name = f"{name}#{index}"
        names.add(name)
        code = table.integer(1, "b")
        obstacles: list[Obstacle] = []
        if code not in TYPE_NAMES:
            obstacles.append(Obstacle("", f"tensor {name!r} is of type {code}", _FULL_INT8))
        dtype = cast(DType, TYPE_NAMES.get(code, "variant"))
        sparse = table.has(6)
        if table.integer(10, "I"):
            obstacles.append(Obstacle("", f"tensor {name!r} is external", _INSIDE))
        shape = table.integers(0, MAX_RANK)
        if -1 in shape:
            obstacles.append(_dynamic(name, shape))
            shape = tuple(1 if d == -1 else d for d in shape)
        if any(d < 0 for d in shape) or math.prod(shape) > MAX_ELEMENTS:
            damaged(f"tensor {name!r} has the shape {list(shape)}")
        signature = table.integers(7, MAX_RANK)
        variable = table.integer(5, "B") != 0
        quantization, custom = self._quantization(table, name)
        if custom:
            obstacles.append(Obstacle("", f"tensor {name!r} has a custom quantization", _FULL_INT8))
        constant = None if obstacles or sparse else self._data(table, name, dtype, shape)
        tensor = Tensor(name, shape, dtype, quantization, constant)
        open_axes = tuple(i for i, d in enumerate(signature) if d == -1 and i > 0)
        return RawTensor(tensor, variable, tuple(obstacles), open_axes, sparse)

    def _data(
        self, table: Table, name: str, dtype: DType, shape: tuple[int, ...]
    ) -> NDArray[np.generic] | None:
        data = self.content(table.integer(2, "I"), f"tensor {name!r}")
        if not data.size or dtype in ("string", "resource", "variant"):
            # A shape in which nothing is kept is a constant too.
            empty = 0 in shape and dtype in ("int8", "int32", "int64", "float32")
            return np.zeros(shape, numpy_type(dtype)) if empty else None
        elements = math.prod(shape)
        if dtype == "int4":
            needed = -(-elements // 2)
        elif dtype in _STORED:
            needed = elements * np.dtype(dtype).itemsize
        else:
            return None
        if data.size != needed:
            damaged(f"tensor {name!r} needs {needed} bytes and has {data.size}")
        if dtype == "int4":
            return unpacked(data, elements).reshape(shape)
        return np.frombuffer(data, np.dtype(dtype).newbyteorder("<")).reshape(shape)

    def _quantization(self, table: Table, name: str) -> tuple[Quantization | None, bool]:
        """The quantization, and whether it is a custom one."""
        stored = table.table(4, f"the quantization of {name!r}")
        if stored is None:
            return None, False
        scales = tuple(float(s) for s in stored.array(2, "float32", _MAX_CHANNELS))
        zero_points = stored.integers(3, _MAX_CHANNELS, "int64")
        # Many tensors may share one list in a forged file: together they must fit into it.
        self.scales += len(scales) + len(zero_points)
        if self.scales > len(table.data):
            damaged("it claims more scales than it has bytes")
        if stored.integer(4, "B"):
            return None, True
        if not scales:
            return None, False
        if len(zero_points) != len(scales):
            damaged(f"tensor {name!r} has {len(scales)} scales and {len(zero_points)} zero points")
        return Quantization(scales, zero_points, stored.integer(6)), False


_STORED = (
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool", "float16",
    "float32", "float64",
)  # fmt: skip


def _dynamic(name: str, shape: tuple[int, ...]) -> Obstacle:
    return Obstacle(
        "",
        f"tensor {name!r} has a dynamic shape {list(shape)}",
        "give the converter a fixed input shape",
    )


def unpacked(data: NDArray[np.uint8], elements: int) -> NDArray[np.int8]:
    """int4 values, the first of a byte in its low half, as int8."""
    halves = np.stack([data << 4, data], axis=-1).astype(np.uint8).view(np.int8) >> 4
    values: NDArray[np.int8] = halves.reshape(-1)[:elements].copy()
    values.setflags(write=False)
    return values


def packed(values: NDArray[Any]) -> bytes:
    """int4 values as a .tflite stores them: the inverse of ``unpacked``."""
    flat = values.reshape(-1).astype(np.uint8) & 15
    flat = np.append(flat, np.zeros(flat.size % 2, np.uint8))
    return (flat[0::2] | flat[1::2] << 4).astype(np.uint8).tobytes()
