"""Names and comments of C files, whatever a .tflite calls its tensors."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from tinyrob.emit import ctext
from tinyrob.kernels.descriptor import Array, Descriptor


@given(st.lists(st.text(max_size=60)))
@example(["", "", "a", "A", "a_2", "a", "1", "é", "a/b;c", 'q"*/', "x" * 300, "x" * 300])
def test_identifiers_are_valid_and_unique(names: list[str]) -> None:
    made = ctext.identifiers(names)
    assert len(made) == len(names) == len(set(made))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,50}", name) for name in made)


def test_identifiers_are_what_people_call_the_layers() -> None:
    names = ["conv1", "model/conv2d_1/Relu;model/bn/FusedBatchNormV3", "Identity", "", "2x"]
    made = ["conv1", "conv2d_1_relu", "identity", "n", "n2x"]
    assert ctext.identifiers(names) == made


@given(st.text())
@example("*/ int x; /*")
@example("??/")
@example("line\nbreak\\")
def test_comments_cannot_end_early(text: str) -> None:
    safe = ctext.comment(text)
    assert safe.isascii()
    assert safe.isprintable()
    assert not re.search(r"\*|\?|\\", safe)


@given(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=80))
def test_rows_hold_the_values_in_order(values: list[int]) -> None:
    lines = ctext.rows(Array("int32_t", np.array(values, np.int32)))
    texts = [t.strip() for line in lines for t in line.rstrip(",").split(",")]
    assert [-(2**31) if t == "INT32_MIN" else int(t) for t in texts] == values
    assert all(len(line) <= 96 for line in lines)


def named(descriptor: Descriptor, owner: str) -> dict[Array, str]:
    arrays = descriptor.arrays()
    return {array: ctext.array_name("net", owner, field) for field, array in arrays.items()}


def test_arrays_of_one_name_in_several_structs_are_several_arrays() -> None:
    outer, first, second, shared = (Array("int8_t", np.full(n, n)) for n in (1, 2, 3, 4))
    fields = {
        "bias": outer,
        "conv": {"bias": first, "levels": shared, "deep": {"bias": second}},
        "add": {"levels": shared},
    }
    descriptor = Descriptor("tr_x", fields)
    assert descriptor.arrays() == {
        "bias": outer, "bias_of_conv": first, "bias_of_deep_of_conv": second, "levels": shared,
    }  # fmt: skip
    assert descriptor.constant_bytes == 1 + 2 + 3 + 4
    assert ctext.initializer(descriptor, named(descriptor, "c")) == [
        ".bias = net_c_bias,",
        ".conv = {.bias = net_c_bias_of_conv, .levels = net_c_levels,",
        "         .deep = {.bias = net_c_bias_of_deep_of_conv}},",
        ".add = {.levels = net_c_levels},",
    ]


def test_initializers_break_between_fields() -> None:
    window = dict.fromkeys(("in_h", "in_w", "out_h", "out_w", "kernel_h", "kernel_w"), 1234)
    fields = {"window": window, "size": (1, -2), "w": Array("int8_t", np.zeros(1))}
    descriptor = Descriptor("tr_x", fields)
    lines = ctext.initializer(descriptor, named(descriptor, "conv"))
    assert lines == [
        ".window = {.in_h = 1234, .in_w = 1234, .out_h = 1234, .out_w = 1234, .kernel_h = 1234,",
        "           .kernel_w = 1234},",
        ".size = {1, -2},",
        ".w = net_conv_w,",
    ]


def test_shapes_leave_the_batch_axis_out() -> None:
    assert [ctext.shape(s) for s in [(1, 32, 32, 3), (4, 5), (1,), (), (1, 7)]] == [
        "32x32x3", "4x5", "1", "1", "7",
    ]  # fmt: skip
