"""Whatever the bytes are: a graph or a ModelFormatError, in little time and memory."""

from __future__ import annotations

import struct
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.surgery import small_file, small_network
from tinyrob.errors import ModelFormatError
from tinyrob.ir.graph import Graph, Quantization, Tensor
from tinyrob.ir.interp import interpret
from tinyrob.ir.tflite_read import read_tflite
from tinyrob.ir.tflite_write import _Writer, write_tflite


def read_or_refuse(data: bytes) -> Graph | None:
    """A graph that is really valid, or None; anything else is a failure of the test."""
    try:
        graph = read_tflite(data)
    except ModelFormatError:
        return None
    assert read_tflite(write_tflite(graph)).ops == graph.ops
    return graph


def test_every_truncation_is_refused() -> None:
    whole = small_file()
    for size in range(len(whole)):
        with pytest.raises(ModelFormatError):
            read_tflite(whole[:size])


def test_every_flipped_byte_gives_a_graph_or_an_error() -> None:
    whole, rng = small_file(), np.random.default_rng(0)
    seen = set()
    for position in range(len(whole)):
        data = bytearray(whole)
        data[position] ^= int(rng.integers(1, 256))
        try:
            graph = read_tflite(bytes(data))
        except ModelFormatError:
            seen.add("refused")
            continue
        seen.add("read")
        if graph.tensors[0].elements < 10_000:
            interpret(graph, np.zeros((1, *graph.tensors[0].sample_shape), np.int8))
    assert seen == {"read", "refused"}


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=20))
def test_many_changed_bytes(changes: list[tuple[int, int]]) -> None:
    data = bytearray(small_file())
    for position, value in changes:
        data[position % len(data)] = value
    read_or_refuse(bytes(data))


@settings(max_examples=100)
@given(st.integers(0, 2**30), st.integers(0, 2**32 - 1))
def test_wild_offsets_and_lengths(position: int, value: int) -> None:
    data = bytearray(small_file())
    struct.pack_into("<I", data, position % (len(data) // 4) * 4, value)
    read_or_refuse(bytes(data))


@given(st.binary(max_size=200))
def test_noise_behind_a_good_identifier(noise: bytes) -> None:
    assert read_or_refuse(b"\x10\0\0\0TFL3" + noise) is None


@pytest.mark.parametrize("name", ["pretrainedResnet_quant.tflite", "kws_ref_model.tflite"])
def test_damaged_reference_models(shared_models: Path, name: str) -> None:
    whole, rng = (shared_models / name).read_bytes(), np.random.default_rng(1)
    for _ in range(40):
        data = bytearray(whole)
        data[int(rng.integers(len(data)))] = int(rng.integers(256))
        read_or_refuse(bytes(data))
    for size in (0, 3, 4, 8, 100, len(whole) // 2, len(whole) - 100):
        with pytest.raises(ModelFormatError):
            read_tflite(whole[:size])
    read_or_refuse(whole[:-1])  # may be padding


class Forger(_Writer):
    """Writes the first tensor only, and refers to it for all others."""

    first = 0

    def _tensor(self, tensor: Tensor, buffer: int) -> int:
        self.first = self.first or super()._tensor(tensor, buffer)
        return self.first


def test_a_file_cannot_claim_more_than_it_holds() -> None:
    """1,000 tensors that share one list of 60,000 scales would be 60 million numbers."""
    scales = Quantization((1.0,) * 60_000, (0,) * 60_000)
    shared = Tensor("shared", (60_000,), "int8", scales)
    data = Forger(replace(small_network(), tensors=(shared,) * 1000)).model()
    assert len(data) < 1e6
    tracemalloc.start()
    with pytest.raises(ModelFormatError, match="more scales than it has bytes"):
        read_tflite(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
