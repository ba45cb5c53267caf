"""Networks of several inputs and outputs, and of other types there, through C and protocol."""

from __future__ import annotations

import ctypes
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from support.borders import U8, awkward, bordered
from support.native import compiler, gcc
from support.on_host import host_folder
from support.surgery import small_network
from tinyrob.errors import RunnerError
from tinyrob.ir import border, interp
from tinyrob.ir import graph as ir
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.run.base import Runner
from tinyrob.run.batch import Side, flat
from tinyrob.run.host import HostRunner
from tinyrob.run.tflm import TflmRunner

GRID = ir.Quantization((0.5,), (3,))
WIDE = ir.Quantization((0.75,), (-9,))


def two_by_three() -> ir.Graph:
    """(a, b) -> a + b, the greatest of a along its rows, b's second half: one output is a copy."""
    tensors = (
        ir.Tensor("a", (1, 4, 6), "int8", GRID),
        ir.Tensor("b", (1, 1, 6), "int8", WIDE),
        ir.Tensor("sum", (1, 4, 6), "int8", WIDE),
        ir.Tensor("axis", (1,), "int32", None, np.array([1], np.int32)),
        ir.Tensor("most", (1, 6), "int8", GRID),
        ir.Tensor("where", (), "int32", None, np.array(2, np.int32)),
        ir.Tensor("first", (1, 1, 3), "int8", WIDE),
        ir.Tensor("second", (1, 1, 3), "int8", WIDE),
    )
    ops = (
        ir.Op(ir.Add(), (0, 1), (2,)),
        ir.Op(ir.ReduceMax(), (0, 3), (4,)),
        ir.Op(ir.Split(2), (5, 1), (6, 7)),
    )
    return ir.Graph(tensors, ops, (0, 1), (2, 4, 7), "several")


def records(graph: ir.Graph, count: int) -> np.ndarray:
    """Random inputs in the model's own types."""
    side, dice = Side.inputs(graph), np.random.default_rng(5)
    arrays = []
    for inner, outer in side.pairs:
        if outer.dtype == "float32":
            arrays.append(awkward(inner, count))
        else:
            low, high = (0, 256) if outer.dtype == "uint8" else (-128, 128)
            shape = (count, *outer.sample_shape)
            arrays.append(dice.integers(low, high, shape).astype(outer.dtype))
    return side.outer.join(arrays)


MODELS = {
    "int8": two_by_three(),
    "float32": bordered(two_by_three(), "float32", "float32"),
    "uint8": bordered(two_by_three(), "uint8", "uint8", U8),
    "one input of another type": replace(
        bordered(two_by_three(), "float32", None), outer_inputs=(8, -1)
    ),
    "one of each": bordered(small_network(), "float32", "float32"),
}


@pytest.mark.parametrize("name", MODELS)
def test_every_runner_gives_every_output(name: str, tmp_path: Path) -> None:
    compiler()
    graph = MODELS[name]
    data = write_tflite(graph)
    assert read_tflite(data, graph.name) == graph
    inputs = records(graph, 12)
    folder = host_folder(graph, data, tmp_path / "build")
    with TflmRunner(data, graph, jobs=1) as tflm, HostRunner(folder, sanitize=True) as host:
        expected, got = tflm.run(inputs).outputs, host.run(inputs).outputs
        assert expected.dtype == got.dtype == Side.outputs(graph).outer.dtype
        np.testing.assert_array_equal(flat(got), flat(expected))
        inner = Side.inputs(graph).entered(inputs)
        ours = interp.interpret_all(graph, Side.inputs(graph).inner.split(inner))
        made = Side.outputs(graph).left(Side.outputs(graph).inner.join(ours))
        np.testing.assert_array_equal(flat(made), flat(expected))
        _same_inside(tflm, host, inputs[3])


def _same_inside(tflm: Runner, host: Runner, one: np.ndarray) -> None:
    right = tflm.layers(one)
    found = host.layers(one)
    assert found
    for layer, values in found.items():
        np.testing.assert_array_equal(values, right[layer], err_msg=layer)


def test_inputs_of_another_kind_are_refused_by_what_is_wanted() -> None:
    graph = two_by_three()
    with (
        TflmRunner(write_tflite(graph), graph) as tflm,
        pytest.raises(RunnerError, match=r"records of 'a': int8 \[4, 6\], 'b': int8"),
    ):
        tflm.run(np.zeros((1, 4, 6), np.int8))


@pytest.mark.parametrize("kind", ["float32", "uint8"])
def test_the_header_converts_as_tflite_micro_does(kind: str, tmp_path: Path) -> None:
    """quantize and dequantize in C against the NumPy forms, which equal TFLite Micro."""
    graph = bordered(small_network(), kind, kind, U8 if kind == "uint8" else None)
    folder = host_folder(graph, write_tflite(graph), tmp_path / "build").path
    library = tmp_path / "model.so"
    sources = [*(folder / "model").glob("*.c"), *(folder / "kernels").glob("*.c")]
    gcc("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wdouble-promotion", "-Werror", "-shared",
        "-fPIC", "-O2", "-I", folder / "include", "-I", folder / "model", "-I", folder / "kernels",
        *sources, "-o", library)  # fmt: skip
    code = ctypes.CDLL(str(library))
    header = (folder / "model" / "tr_model.h").read_text()
    kind_of = "_bytes" if kind == "uint8" else ""
    quantize, dequantize = (
        code[dict(re.findall(r"^#define (\w+) (\w+)$", header, re.M))[f"tr_model_{name}{kind_of}"]]
        for name in ("quantize", "dequantize")
    )
    (inner, outer), (made, shown) = border.inputs_of(graph)[0], border.outputs_of(graph)[0]
    inputs = records(graph, 50)
    for one in inputs:
        got = np.empty(inner.sample_shape, np.int8)
        quantize(np.ascontiguousarray(one).ctypes, got.ctypes)
        np.testing.assert_array_equal(got, border.enter(inner, outer, one[None])[0])
    values = np.random.default_rng(0).integers(-128, 128, (50, *made.sample_shape)).astype(np.int8)
    for one in values:
        real = np.empty(shown.sample_shape, shown.dtype)
        dequantize(one.ctypes, real.ctypes)
        np.testing.assert_array_equal(real, border.leave(made, shown, one[None])[0])
