"""emit_model: what it emits, what it counts, what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from support.golden import assert_golden
from support.graphs import graphs
from support.native import Native
from tinyrob.emit.c import CModel, emit_model
from tinyrob.errors import UnsupportedModel
from tinyrob.ir import graph as ir
from tinyrob.ir.interp import interpret
from tinyrob.ir.rules import check_graph
from tinyrob.kernels.table import INSTRUCTION_SETS, KERNELS, choose
from tinyrob.network.to_network import to_network

DIGEST = bytes(range(32))
X = ir.Quantization((0.5,), (-3,))
Y = ir.Quantization((1.0,), (5,))


def tensor(name: str, shape: tuple[int, ...], grid: ir.Quantization | None, data=None) -> ir.Tensor:
    if data is None:
        return ir.Tensor(name, shape, "int8", grid)
    data = np.asarray(data).reshape(shape)
    data.setflags(write=False)
    return ir.Tensor(name, shape, data.dtype.name, grid, data)


def tiny() -> ir.Graph:
    """Seven operators on a 4x4x2 image, with names as converters and people make them."""
    kernel = (np.arange(3 * 3 * 3 * 2) % 7 - 3).astype(np.int8)
    dense = (np.arange(3 * 12) % 5 - 2).astype(np.int8)
    per_channel = ir.Quantization((0.25, 0.5, 0.125), (0, 0, 0), 0)
    tensors = (
        tensor("serving_default_x:0", (1, 4, 4, 2), X),
        tensor("kernel", (3, 3, 3, 2), per_channel, kernel),
        tensor("bias", (3,), None, np.array([1, -1, 70000], np.int32)),
        tensor("model/conv/BiasAdd;model/conv/Conv2D", (1, 4, 4, 3), Y),
        tensor("ceiling", (), Y, np.array(20, np.int8)),
        tensor("model/conv/clamp */", (1, 4, 4, 3), Y),
        tensor("offset", (3,), X, np.array([-128, 0, 127], np.int8)),
        tensor("", (1, 4, 4, 3), Y),
        tensor("pool", (1, 2, 2, 3), Y),
        tensor("größe", (1, 2, 2, 6), Y),
        tensor("flat", (1, 24), Y),
        tensor("matrix", (3, 12), ir.Quantization((0.5,), (0,), 0), dense),
        tensor("pool", (2, 3), Y),
    )
    ops = (
        ir.Op(ir.Conv2D((1, 1), "SAME", activation=ir.Activation.RELU), (0, 1, 2), (3,)),
        ir.Op(ir.Minimum(), (3, 4), (5,)),
        ir.Op(ir.Add(), (5, 6), (7,)),
        ir.Op(ir.MaxPool2D((2, 2), (2, 2), "VALID"), (7,), (8,)),
        ir.Op(ir.Concatenation(3), (8, 8), (9,)),
        ir.Op(ir.Reshape((1, 24)), (9,), (10,)),
        ir.Op(ir.FullyConnected(), (10, 11, -1), (12,)),
    )
    return ir.Graph(tensors, ops, (0,), (12,), "tiny */ model")


@pytest.fixture(scope="module")
def model() -> CModel:
    return emit_model(tiny(), "portable", DIGEST, slim=False)


def test_the_emitted_c_of_a_tiny_model(model: CModel) -> None:
    emitted = {name: data for name, data in model.plan.files.items() if name.startswith("model/")}
    assert_golden("tiny", emitted)


def test_the_tiny_model_computes_what_the_interpreter_does(model: CModel) -> None:
    samples = np.random.default_rng(1).integers(-128, 128, (20, 4, 4, 2)).astype(np.int8)
    expected = interpret(tiny(), samples).reshape(20, -1)
    np.testing.assert_array_equal(Native([model]).run(0, samples), expected)


def test_only_the_kernels_that_are_called_are_in_the_plan(model: CModel) -> None:
    assert sorted(name for name in model.plan.files if name.startswith("kernels/")) == [
        "kernels/tr_add_s8.c",
        "kernels/tr_check_constants.c",
        "kernels/tr_concatenation_s8.c",
        "kernels/tr_conv2d_s8.c",
        "kernels/tr_crc32.c",
        "kernels/tr_dot.h",
        "kernels/tr_fully_connected_s8.c",
        "kernels/tr_max_pool_s8.c",
        "kernels/tr_pool_fold.h",
        "kernels/tr_sha256_constants.c",
        "kernels/tr_watch_constants.c",
    ]
    assert "include/tinyrob/tr_qmath.h" in model.plan.files
    assert "include/tinyrob/tr_softmax_s8.h" not in model.plan.files


def test_layers_are_counted(model: CModel) -> None:
    found = [(i.op, i.macs, i.weights_bytes, i.ram_bytes) for i in model.layers]
    # 54 weights and 9 bytes a channel; the constant operand; two uint32 lengths; one factor.
    assert found == [
        ("CONV_2D + MINIMUM", 16 * 54, 54 + 27, 32 + 48),
        ("ADD", 0, 3, 48),
        ("MAX_POOL_2D", 0, 0, 48 + 12),
        ("CONCATENATION", 0, 8, 12 + 24),
        ("FULLY_CONNECTED", 72, 36 + 12 + 5, 24 + 6),
    ]
    assert model.macs == 16 * 54 + 72
    assert model.weights_bytes == sum(i.weights_bytes for i in model.layers)
    assert (model.input_bytes, model.output_bytes, model.arena_bytes) == (32, 6, 80)


def test_layers_bear_the_names_of_the_tensors_they_make(model: CModel) -> None:
    assert [info.name for info in model.layers] == [
        "model/conv/clamp */", "", "pool", "größe", "pool",
    ]  # fmt: skip


@settings(max_examples=10)
@given(graphs(min_ops=1, max_ops=6))
def test_the_same_graph_gives_the_same_files(graph: ir.Graph) -> None:
    first, second = (emit_model(graph, "portable", DIGEST).plan for _ in range(2))
    assert first.digest == second.digest


def test_the_digest_is_in_the_firmware(model: CModel) -> None:
    other = emit_model(tiny(), "portable", bytes(16), slim=False)
    changed = {n for n, data in other.plan.files.items() if data != model.plan.files[n]}
    # And so in what symbols end in, which headers say.
    assert changed == {"model/tr_model.c", "model/tr_model.h", "model/tr_model_weights.h"}
    with pytest.raises(ValueError, match="16 bytes"):
        emit_model(tiny(), "portable", bytes(15))


def test_a_network_without_code_is_its_input() -> None:
    tensors = (tensor("x", (1, 6), X), tensor("y", (1, 2, 3), X))
    graph = ir.Graph(tensors, (ir.Op(ir.Reshape((1, 2, 3)), (0,), (1,)),), (0,), (1,))
    check_graph(graph)
    emitted = emit_model(graph, "portable", DIGEST)
    assert emitted.layers == ()
    samples = np.arange(12, dtype=np.int8).reshape(2, 6)
    np.testing.assert_array_equal(Native([emitted]).run(0, samples), samples)


def test_an_unknown_instruction_set_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="instruction set 'avr'") as caught:
        emit_model(tiny(), "avr", DIGEST)
    assert caught.value.hint == f"known: {', '.join(sorted(INSTRUCTION_SETS))}"


def test_a_layer_that_no_kernel_takes_is_refused_by_name() -> None:
    (layer, *_) = to_network(tiny()).layers
    table = tuple(replace(kernel, accepts=lambda layer: False) for kernel in KERNELS)
    with pytest.raises(UnsupportedModel, match=r"layer 'model/conv/BiasAdd.*': no portable kernel"):
        choose(layer, "portable", table)


def test_an_extent_beyond_16_bits_is_refused() -> None:
    tensors = (tensor("x", (1, 1, 40000, 1), X), tensor("y", (1, 1, 40000, 1), X))
    op = ir.Op(ir.MaxPool2D((1, 1), (1, 1), "SAME", ir.Activation.RELU), (0,), (1,))
    with pytest.raises(UnsupportedModel, match="MAX_POOL_2D 'y': an extent of 40000"):
        emit_model(ir.Graph(tensors, (op,), (0,), (1,)), "portable", DIGEST)


def test_sums_beyond_32_bits_are_refused() -> None:
    tensors = (
        tensor("x", (1, 70000), X),
        tensor("w", (1, 70000), ir.Quantization((1.0,), (0,)), np.full(70000, 127, np.int8)),
        tensor("y", (1, 1), X),
    )
    op = ir.Op(ir.FullyConnected(), (0, 1), (2,))
    with pytest.raises(UnsupportedModel, match=r"FULLY_CONNECTED 'y'.* can reach 2275840000"):
        emit_model(ir.Graph(tensors, (op,), (0,), (2,)), "portable", DIGEST)
