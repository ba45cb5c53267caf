"""The embedded digits are scikit-learn's, split as promised, and need no network."""

from __future__ import annotations

import numpy as np
import pytest

from tinyrob import data
from tinyrob.data import digits
from tinyrob.errors import DataError


def test_digits_are_scikit_learns_on_the_byte_grid():
    reference = pytest.importorskip("sklearn.datasets").load_digits()
    loaded = data.load("digits")
    pixels = np.concatenate([loaded.x_train, loaded.x_test])[..., 0]
    assert pixels.dtype == np.uint8
    assert (pixels == np.minimum(reference.images * 16, 255)).all()
    assert (np.concatenate([loaded.y_train, loaded.y_test]) == reference.target).all()


def test_the_split_is_the_first_1400_and_the_other_397():
    loaded = data.load("digits")
    assert loaded.x_train.shape == (1400, 8, 8, 1)
    assert loaded.x_test.shape == (397, 8, 8, 1)
    assert loaded.shape == (8, 8, 1)
    assert loaded.classes == tuple("0123456789")


def test_the_digest_is_of_inputs_and_labels():
    digest = "cd12b5fc5008383642b6c3e0452c9d63e2de392cb20ccb5551c5377384eec7f2"
    loaded = data.load("digits")
    assert loaded.digest == digest
    labels = loaded.y_test.copy()
    labels[0] += 1
    assert data.Dataset("x", *_parts(loaded), labels, loaded.classes).digest != digest


def _parts(loaded):
    return loaded.x_train, loaded.y_train, loaded.x_test


def test_to_int8_takes_128_away():
    pixels = np.arange(256, dtype=np.uint8)
    assert (data.to_int8(pixels) == np.arange(-128, 128)).all()
    assert data.to_int8(pixels).dtype == np.int8


def test_a_damaged_archive_is_refused_by_name(tmp_path, monkeypatch):
    broken = tmp_path / "digits.npz"
    broken.write_bytes(digits._FILE.read_bytes()[:1000])
    monkeypatch.setattr(digits, "_FILE", broken)
    with pytest.raises(DataError, match=r"digits\.npz is missing or damaged"):
        data.load("digits")


def test_an_unknown_dataset_is_refused_with_those_known():
    with pytest.raises(DataError, match="unknown dataset 'cifar11'") as caught:
        data.load("cifar11")
    assert "cifar10" in caught.value.hint


def test_the_default_root_is_the_environments(monkeypatch, tmp_path):
    monkeypatch.setenv("TINYROB_DATA", str(tmp_path))
    assert data.default_root() == tmp_path
    monkeypatch.delenv("TINYROB_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert data.default_root() == tmp_path / "tinyrob" / "data"


def test_the_inventory_says_where_each_dataset_is(tmp_path):
    states = {row["name"]: row["state"] for row in data.inventory(tmp_path)}
    assert states["digits"] == "embedded"
    assert "tinyrob data fetch cifar10" in states["cifar10"]
    (tmp_path / "cifar-10-batches-py").mkdir()
    states = {row["name"]: row["state"] for row in data.inventory(tmp_path)}
    assert states["cifar10"] == f"in {tmp_path / 'cifar-10-batches-py'}"


def test_arrays_are_a_dataset_only_where_they_are_given() -> None:
    data.check("arrays")
    with pytest.raises(DataError, match="the dataset is arrays, and there are none") as caught:
        data.load("arrays")
    assert "tinyrob.train" in (caught.value.hint or "")
