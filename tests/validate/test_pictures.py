"""A folder of pictures as inputs: those that firmware makes, with their classes; or refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.listeners import built, built_to_look
from tinyrob.errors import DataError
from tinyrob.features import camera
from tinyrob.project.manifest import Manifest
from tinyrob.validate.vectors import from_dataset

CLASSES = ("d", "b", "a", "c")


@pytest.fixture
def pictures(tmp_path: Path) -> dict[Path, np.ndarray]:
    dice, made = np.random.default_rng(1), {}
    for number, name in enumerate("aabbbd"):
        path = tmp_path / "pictures" / name / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        made[path] = dice.integers(0, 256, (11 + number, 20, 3), dtype=np.uint8)
        Image.fromarray(made[path]).save(path)
    return made


def manifest() -> Manifest:
    how = camera.Scaling("stretch", "bilinear")
    return dataclasses.replace(built_to_look().manifest, classes=CLASSES, camera=how.to_dict())


def test_they_are_what_firmware_makes_of_frames(
    pictures: dict[Path, np.ndarray], tmp_path: Path
) -> None:
    found = from_dataset(str(tmp_path / "pictures"), manifest(), None)
    how = camera.Scaling("stretch", "bilinear")
    expected = {
        camera.picture(x.reshape(len(x), -1), "rgb888", (9, 12, 3), how).tobytes(): path
        for path, x in pictures.items()
    }
    assert found.labels is not None
    paths = [expected[x.tobytes()] for x in found.inputs]
    assert sorted(paths) == sorted(pictures)
    assert [CLASSES[label] for label in found.labels] == [path.parent.name for path in paths]
    assert len(from_dataset(str(tmp_path / "pictures"), manifest(), 2).inputs) == 2


def test_one_folder_has_no_classes(pictures: dict[Path, np.ndarray], tmp_path: Path) -> None:
    found = from_dataset(str(tmp_path / "pictures" / "b"), manifest(), None)
    assert (len(found.inputs), found.labels) == (3, None)


def test_what_cannot_be_inputs_is_refused(pictures: dict[Path, np.ndarray], tmp_path: Path) -> None:
    folder = str(tmp_path / "pictures")
    with pytest.raises(DataError, match=r"takes \(20, 5, 1\), no picture of bytes"):
        from_dataset(folder, built().manifest, None)
    other = dataclasses.replace(manifest(), classes=("a", "b", "c", "e"))
    with pytest.raises(DataError, match="has a folder 'd', which is no class of looker"):
        from_dataset(folder, other, None)
    (tmp_path / "pictures" / "a" / "0.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"0\.png: it is no picture"):
        from_dataset(folder, manifest(), None)
