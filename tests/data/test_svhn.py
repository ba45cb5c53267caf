"""SVHN's .mat files: images and labels in the right order; what is damaged is refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from tinyrob import data
from tinyrob.errors import DataError

savemat = pytest.importorskip("scipy.io").savemat


def write(root, count=6, **changes):
    folder = root / "svhn"
    folder.mkdir(exist_ok=True)
    generator = np.random.default_rng(count)
    images = generator.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    labels = np.arange(1, count + 1, dtype=np.uint8)[:, None]
    for name in ("train", "test"):
        content = {"X": images.transpose(1, 2, 3, 0), "y": labels, **changes}
        savemat(folder / f"{name}_32x32.mat", content)
    return folder, images


def test_images_come_back_and_label_10_is_the_digit_0(tmp_path):
    _, images = write(tmp_path, 10)
    found = data.load("svhn", tmp_path)
    assert (found.x_train == images).all()
    assert (found.x_test == images).all()
    assert found.y_train.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]
    assert found.classes == tuple("0123456789")


def test_a_file_cut_short_is_refused_by_name(tmp_path):
    folder, _ = write(tmp_path)
    path = folder / "test_32x32.mat"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"test_32x32\.mat is partial or damaged"):
        data.load("svhn", tmp_path)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"y": np.full((6, 1), 11, np.uint8)}, "labels must be in 1..10"),
        ({"y": np.zeros((6, 1), np.uint8)}, "labels must be in 1..10"),
        ({"y": np.ones((5, 1), np.uint8)}, "not 6 integers"),
        ({"X": np.zeros((32, 32, 3, 6))}, "not uint8"),
        ({"X": np.zeros((16, 16, 3, 6), np.uint8)}, "not uint8"),
    ],
)
def test_other_content_is_refused(tmp_path, changes, why):
    write(tmp_path, **changes)
    with pytest.raises(DataError, match=why):
        data.load("svhn", tmp_path)


def test_a_missing_file_and_a_missing_folder_are_named(tmp_path):
    with pytest.raises(DataError, match="SVHN is not in"):
        data.load("svhn", tmp_path)
    folder, _ = write(tmp_path)
    (folder / "train_32x32.mat").unlink()
    with pytest.raises(DataError, match=r"no file .*train_32x32\.mat"):
        data.load("svhn", tmp_path)


def test_the_real_digits_are_read(data_dir):
    found = data.load("svhn", data_dir)
    assert found.shape == (32, 32, 3)
    assert len(found.x_train) >= 8000
    assert len(found.x_test) >= 2000
    assert np.bincount(found.y_train, minlength=10).min() > 0
