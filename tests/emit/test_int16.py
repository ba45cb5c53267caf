"""int16 activations in generated C: every runner, the header, the library's example."""

from __future__ import annotations

import ctypes
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from support.borders import awkward, bordered
from support.native import compiler, gcc
from support.on_host import host_folder
from support.sixteen import spoken, types
from tinyrob.boards.read import find_board
from tinyrob.emit.c import emit_model
from tinyrob.emit.firmware import emit_project
from tinyrob.errors import UnsupportedModel
from tinyrob.ir import border
from tinyrob.ir import graph as ir
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_write import write_tflite
from tinyrob.run.batch import Side, flat
from tinyrob.run.host import HostRunner
from tinyrob.run.tflm import TflmRunner
from tinyrob.validate.vectors import KINDS, of_kind

MODELS = {
    "16x8": spoken(),
    "floats outside": bordered(spoken(), "float32", "float32"),
    "types": types("int8", "int16", "int8", "int32", "int16", "int32", "int8"),
    "int32 outside": types("int32", "int16", "int16", "int32"),
}


def drawn(graph: ir.Graph) -> np.ndarray:
    parts = [of_kind(kind, 6, Side.inputs(graph), i) for i, kind in enumerate(KINDS)]
    return np.concatenate(parts)


@pytest.mark.parametrize("name", MODELS)
def test_every_runner_gives_the_same_bits(name: str, tmp_path: Path) -> None:
    compiler()
    graph = MODELS[name]
    data = write_tflite(graph)
    inputs = drawn(graph)
    folder = host_folder(graph, data, tmp_path / "build")
    with TflmRunner(data, graph, jobs=1) as tflm, HostRunner(folder, sanitize=True) as host:
        expected, got = tflm.run(inputs).outputs, host.run(inputs).outputs
        assert expected.dtype == got.dtype == Side.outputs(graph).outer.dtype
        np.testing.assert_array_equal(flat(got), flat(expected))
        right = tflm.layers(inputs[3])
        for layer, values in host.layers(inputs[3]).items():
            np.testing.assert_array_equal(values, right[layer], err_msg=layer)


def folder_of(graph: ir.Graph, app: str, out: Path) -> Path:
    board = find_board("mps2_an386")
    model = emit_model(graph, "portable", bytes(32))
    emit_project(model, graph, board, app).write(out)
    return out


def test_the_header_converts_floats_and_predicts(tmp_path: Path) -> None:
    graph = bordered(spoken(), "float32", "float32")
    source = folder_of(graph, "none", tmp_path / "build") / "library" / "src"
    library = tmp_path / "model.so"
    gcc("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wdouble-promotion", "-Werror", "-shared",
        "-fPIC", "-O2", "-I", source, *source.glob("*.c"), "-o", library)  # fmt: skip
    code = ctypes.CDLL(str(library))
    header = (source / "tr_model.h").read_text()
    named = dict(re.findall(r"^#define (\w+) (\w+)$", header, re.MULTILINE))
    quantize, dequantize, predict = (
        code[named[f"tr_model_{name}"]] for name in ("quantize", "dequantize", "predict")
    )
    (inner, outer), (made, shown) = border.inputs_of(graph)[0], border.outputs_of(graph)[0]
    entered = []
    for one in awkward(inner, 50):
        got = np.empty(inner.sample_shape, np.int16)
        quantize(np.ascontiguousarray(one).ctypes, got.ctypes)
        np.testing.assert_array_equal(got, border.enter(inner, outer, one[None])[0])
        entered.append(got)
    values = np.random.default_rng(0).integers(-(2**15), 2**15, (50, *made.sample_shape))
    for one in values.astype(np.int16):
        real = np.empty(shown.sample_shape, np.float32)
        dequantize(one.ctypes, real.ctypes)
        np.testing.assert_array_equal(real, border.leave(made, shown, one[None])[0])
    arena = np.zeros(int(named["TR_MODEL_ARENA_BYTES"]) + 16, np.uint8)
    at = arena[-arena.ctypes.data % 16 :]
    for given, expected in zip(entered, interpret(graph, np.stack(entered)), strict=True):
        best, score = ctypes.c_int32(), ctypes.c_int16()
        status = predict(at.ctypes, given.ctypes, ctypes.byref(best), ctypes.byref(score))
        assert (status, best.value) == (0, int(expected.argmax()))
        assert score.value == int(expected.max())


def test_the_library_has_its_types_and_its_example_runs(tmp_path: Path) -> None:
    graph = spoken()
    library = folder_of(graph, "none", tmp_path / "build") / "library"
    header = (library / "src" / "tr_model.h").read_text()
    assert "int16_t *tr_model_input(void *arena);" in header
    assert "const int16_t *tr_model_output(const void *arena);" in header
    assert "int16 value" in (library / "README.md").read_text()
    sketch = (library / "examples" / "inference" / "inference.ino").read_text()
    assert "TR_MODEL_INPUT_BYTES / 2" in sketch
    program = tmp_path / "example"
    main = library / "examples" / "inference" / "main.c"
    sources = sorted((library / "src").glob("*.c"))
    gcc("-std=c99", "-Wall", "-Werror", "-O1", "-I", library / "src", *sources, main, "-o", program)
    zeros = np.zeros((1, 7, 4, 3), np.int16)
    first = int(interpret(graph, zeros).reshape(-1)[0])
    assert subprocess.run([program]).returncode == first & 0xFF


def test_the_mlperf_app_says_that_it_reads_int8(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModel, match="loads and reads int8"):
        folder_of(spoken(), "mlperf", tmp_path / "build")
