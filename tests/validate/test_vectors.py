"""Inputs of a comparison: where they are from, and what is refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from support.firmware import built
from tinyrob import data
from tinyrob.data.dataset import to_int8
from tinyrob.errors import DataError
from tinyrob.project.manifest import Manifest, Signature
from tinyrob.validate import vectors


def digits() -> Manifest:
    signature = Signature((8, 8, 1), 2.0**-7, 0)
    return dataclasses.replace(built().manifest, input=signature, dataset="digits")


def test_a_file_of_int8_is_taken(tmp_path: Path) -> None:
    array = np.arange(2 * 72, dtype=np.uint8).view(np.int8).reshape(2, 6, 6, 2)
    np.save(tmp_path / "x.npy", array)
    made = vectors.from_file(tmp_path / "x.npy", built().manifest)
    assert np.array_equal(made.inputs, array)
    assert made.labels is None


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((2, 6, 6, 2), np.float32), "holds float32, not int8"),
        (np.zeros((2, 6, 6), np.int8), r"takes \(N, 6, 6, 2\)"),
        (np.zeros((0, 6, 6, 2), np.int8), "N at least 1"),
        (np.array([{"a": 1}], object), r"not a \.npy file of numbers"),
    ],
)
def test_a_wrong_array_is_refused(array, words: str, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", array, allow_pickle=True)
    with pytest.raises(DataError, match=words):
        vectors.from_file(tmp_path / "x.npy", built().manifest)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30, -1e30])
def test_floats_that_no_integer_stands_for_are_refused(value: float) -> None:
    signature = Signature((2,), 2.0**-7, 0, dtype="float32")
    manifest = dataclasses.replace(built().manifest, input=signature, inputs=(signature,))
    x = np.zeros((1, 2), np.float32)
    assert vectors.check_inputs(x, "inputs", manifest).shape == x.shape
    x[0, 1] = value
    with pytest.raises(DataError, match="inputs holds NaN, infinite values, or some beyond"):
        vectors.check_inputs(x, "inputs", manifest)


def test_indices_are_drawn_below_the_rows_and_others_refused() -> None:
    signature = Signature((2,), 1.0, 0, "words", "int32", "int32", below=5)
    manifest = dataclasses.replace(built().manifest, input=signature, inputs=(signature,))
    drawn = vectors.random(64, manifest).inputs
    assert drawn.dtype == np.int32
    assert set(drawn.ravel()) == set(range(5))
    assert vectors.check_inputs(drawn, "inputs", manifest) is not None
    for wrong in (-1, 5):
        drawn[3, 1] = wrong
        with pytest.raises(DataError, match=f"inputs holds the index {wrong}; .* of 5 rows"):
            vectors.check_inputs(drawn, "inputs", manifest)


@pytest.mark.parametrize("count", [0, -1])
def test_no_inputs_are_refused(count: int) -> None:
    with pytest.raises(DataError, match=f"^{count} inputs are none to run"):
        vectors.chosen(built().manifest, count=count)


def test_no_number_is_put_on_no_grid() -> None:
    with pytest.raises(DataError, match="NaN has no place"):
        built().quantize([[np.nan]])


def test_what_is_no_array_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no file"):
        vectors.from_file(tmp_path / "gone.npy", built().manifest)
    for content in (b"", b"text", b"PK\x03\x04 broken", b"\x93NUMPY"):
        (tmp_path / "x.npy").write_bytes(content)
        with pytest.raises(DataError, match=r"not a \.npy file"):
            vectors.from_file(tmp_path / "x.npy", built().manifest)
    np.savez(tmp_path / "two.npz", a=np.zeros(1), b=np.zeros(1))
    with pytest.raises(DataError, match="several arrays"):
        vectors.from_file(tmp_path / "two.npz", built().manifest)


def test_a_dataset_gives_its_test_split_in_order_with_labels() -> None:
    dataset = data.load("digits")
    made = vectors.from_dataset("digits", digits(), 10)
    assert np.array_equal(made.inputs, to_int8(dataset.x_test)[:10])
    assert made.labels is not None
    assert np.array_equal(made.labels, dataset.y_test[:10])
    assert made.source == "the first 10 of the test split of digits"
    assert len(vectors.from_dataset("digits", digits(), None).inputs) == len(dataset.x_test)


def test_a_dataset_of_another_shape_is_refused() -> None:
    with pytest.raises(DataError, match=r"digits has inputs \(8, 8, 1\), the network takes"):
        vectors.from_dataset("digits", built().manifest, None)


def test_the_default_is_the_models_dataset_else_random_saying_why(tmp_path: Path) -> None:
    assert "digits" in vectors.default(digits(), 5).source
    assert vectors.default(built().manifest, 5).source.startswith("5 random inputs (seed ")
    photographs = dataclasses.replace(
        digits(), dataset="cifar10", input=Signature((32, 32, 3), 2.0**-7, 0), inputs=()
    )
    made = vectors.default(photographs, 5, tmp_path)
    assert made.inputs.shape == (5, 32, 32, 3)
    assert "random inputs" in made.source
    assert "since" in made.source
    assert "cifar10" in made.source.lower() or "cifar-10" in made.source.lower()


def test_random_inputs_are_the_same_each_time_and_use_all_of_int8() -> None:
    one, two = (vectors.random(50, built().manifest).inputs for _ in range(2))
    assert np.array_equal(one, two)
    assert (one.min(), one.max()) == (-128, 127)


def test_the_default_number_keeps_an_emulator_to_about_half_a_minute() -> None:
    manifest = built().manifest
    counts = [
        vectors.default_count(dataclasses.replace(manifest, macs=macs))
        for macs in (0, 10**5, 12_500_000, 10**9)
    ]
    assert counts == [1000, 1000, 40, 10]
