"""CIFAR-10 in both official layouts; whatever is damaged is refused by its file's name."""

from __future__ import annotations

import io
import os
import pickle
import struct
from typing import ClassVar

import numpy as np
import pytest

from tinyrob import data
from tinyrob.data import cifar10
from tinyrob.errors import DataError

FEW = 7  # records a batch here; 10,000 in the real files


@pytest.fixture
def batches(monkeypatch):
    """Random records (FEW, 3073) of all six batches."""
    monkeypatch.setattr(cifar10, "RECORDS", FEW)
    generator = np.random.default_rng(5)
    made = {}
    for name in (*cifar10.TRAIN, cifar10.TEST):
        records = generator.integers(0, 256, (FEW, cifar10.RECORD), dtype=np.uint8)
        records[:, 0] %= 10
        made[name] = records
    return made


def write_binary(root, batches):
    folder = root / cifar10.BINARY
    folder.mkdir(parents=True)
    for name, records in batches.items():
        (folder / f"{name}.bin").write_bytes(records.tobytes())
    return folder


def write_python(root, batches):
    folder = root / cifar10.PYTHON
    folder.mkdir(parents=True)
    for name, records in batches.items():
        (folder / name).write_bytes(pickled(records))
    return folder


class Python2Pickler(pickle._Pickler):
    """Writes every string as Python 2 did, whose protocol 2 the official files have."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_string(self, value):
        content = value.encode("latin-1") if isinstance(value, str) else value
        self.write(pickle.BINSTRING + struct.pack("<i", len(content)) + content)
        self.memoize(value)

    dispatch[bytes] = dispatch[str] = save_string


def pickled(records):
    """A batch as in the official files, with NumPy 1's names."""
    batch = {
        b"batch_label": b"a batch",
        b"data": np.ascontiguousarray(records[:, 1:]),
        b"filenames": [b"a.png"] * len(records),
        b"labels": [int(label) for label in records[:, 0]],
    }
    out = io.BytesIO()
    Python2Pickler(out, protocol=2).dump(batch)
    assert b"_codecs" not in out.getvalue()
    return out.getvalue().replace(b"numpy._core.", b"numpy.core.")


def test_both_layouts_give_the_same_dataset(tmp_path, batches):
    write_binary(tmp_path / "b", batches)
    write_python(tmp_path / "p", batches)
    binary, python = (data.load("cifar10", tmp_path / layout) for layout in "bp")
    assert binary.digest == python.digest
    assert binary.x_train.shape == (5 * FEW, 32, 32, 3)
    assert binary.x_test.shape == (FEW, 32, 32, 3)


def test_planes_become_pixels(tmp_path, batches):
    write_binary(tmp_path, batches)
    loaded = data.load("cifar10", tmp_path)
    record = batches["data_batch_2"][3]
    image = loaded.x_train[FEW + 3]
    assert loaded.y_train[FEW + 3] == record[0]
    for channel in range(3):
        plane = record[1 + 1024 * channel :][:1024].reshape(32, 32)
        assert (image[:, :, channel] == plane).all()


def test_data_that_are_nowhere_are_missed_with_a_hint(tmp_path):
    with pytest.raises(DataError, match="CIFAR-10 is not in") as caught:
        data.load("cifar10", tmp_path)
    assert "tinyrob data fetch cifar10" in caught.value.hint


@pytest.mark.parametrize("cut", [1, cifar10.RECORD])
def test_a_binary_batch_cut_short_is_refused_by_name(tmp_path, batches, cut):
    path = write_binary(tmp_path, batches) / "data_batch_4.bin"
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(DataError, match=r"data_batch_4\.bin is partial or damaged"):
        data.load("cifar10", tmp_path)


def test_a_missing_batch_is_refused_by_name(tmp_path, batches):
    (write_binary(tmp_path, batches) / "test_batch.bin").unlink()
    with pytest.raises(DataError, match=r"cannot read .*test_batch\.bin"):
        data.load("cifar10", tmp_path)


def test_a_label_beyond_nine_is_refused_by_name(tmp_path, batches):
    batches["data_batch_1"][2, 0] = 10
    write_binary(tmp_path, batches)
    with pytest.raises(DataError, match=r"data_batch_1\.bin is damaged: labels"):
        data.load("cifar10", tmp_path)


@pytest.mark.parametrize("size", [0, 10, 2000])
def test_a_python_batch_cut_short_is_refused_by_name(tmp_path, batches, size):
    path = write_python(tmp_path, batches) / "data_batch_3"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(DataError, match="data_batch_3 is partial or damaged"):
        data.load("cifar10", tmp_path)


@pytest.mark.parametrize(
    "batch",
    [
        {b"labels": [0] * FEW},
        {b"data": np.zeros((FEW, 3071), np.uint8), b"labels": [0] * FEW},
        {b"data": np.zeros((FEW, 3072), np.int16), b"labels": [0] * FEW},
        {b"data": [1, 2], b"labels": [0] * FEW},
        {b"data": np.zeros((FEW, 3072), np.uint8), b"labels": [0] * (FEW - 1)},
        ["not", "a", "batch"],
    ],
)
def test_a_python_batch_of_other_things_is_refused(tmp_path, batches, batch):
    path = write_python(tmp_path, batches) / "test_batch"
    path.write_bytes(pickle.dumps(batch, protocol=3))
    with pytest.raises(DataError, match=r"test_batch is .*damaged"):
        data.load("cifar10", tmp_path)


class Attack:
    """Unpickled freely, it would make a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_a_python_batch_executes_nothing(tmp_path, batches):
    path = write_python(tmp_path, batches) / "data_batch_5"
    victim = tmp_path / "victim"
    path.write_bytes(pickle.dumps({"data": Attack(str(victim))}, protocol=2))
    with pytest.raises(DataError, match=r"data_batch_5 .* asks for .*mkdir"):
        data.load("cifar10", tmp_path)
    assert not victim.exists()


def test_the_real_files_are_what_the_zoo_was_trained_on(data_dir):
    loaded = data.load("cifar10", data_dir)
    assert loaded.x_train.shape == (50_000, 32, 32, 3)
    assert (np.bincount(loaded.y_test) == 1000).all()
    assert loaded.digest == "b7d593c4d8cf1260dce77e8332de59a8bcc39684afdfd329a4a5a59a6e555452"
