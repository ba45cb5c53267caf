"""A SavedModel's variables are read as data: what is damaged is told, and ends no process."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from support.bundles import entry, reshaped, shape
from tinyrob.errors import ModelFormatError
from tinyrob.models.own.origin import take

KEY = "layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE"
DATA = "variables.data-00000-of-00001"
KERNEL = np.arange(12, dtype=np.float32).reshape(4, 3)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tinyrob import tf

    keras = tf.keras()
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.set_weights([KERNEL, np.zeros(3)])
    folder = tmp_path_factory.mktemp("saved") / "model"
    model.save(folder, save_format="tf")
    return folder


@pytest.fixture
def saved(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "model")
    return tmp_path / "model"


def test_weights_are_those_that_were_saved(saved: Path) -> None:
    taken = take("model", saved.parent)
    assert any(np.array_equal(array, KERNEL) for array in taken.origin.weights.values())


def test_a_damaged_array_is_told(saved: Path) -> None:
    file = saved / "variables" / DATA
    content = file.read_bytes()
    at = content.index(KERNEL.tobytes())
    file.write_bytes(content[:at] + b"\x01" + content[at + 1 :])
    with pytest.raises(ModelFormatError, match="is not what its checksum says"):
        take("model", saved.parent)


FLOAT, STRING, SLICE = 1, 7, b"\x3a\x00"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (entry(FLOAT, shape(-1, 3), 0, KERNEL.tobytes()), "the shape of .* is not that of its 48"),
        (entry(FLOAT, shape(1 << 40, 3), 0, KERNEL.tobytes()), "the shape of .* is not that of"),
        (entry(FLOAT, shape(*[2] * 300), 0, KERNEL.tobytes()), "the shape of .* is not that of"),
        (entry(FLOAT, shape(4, 3), 0, KERNEL.tobytes(), 1 << 40), "lies behind the end of its"),
        (entry(FLOAT, shape(4, 3), -1, KERNEL.tobytes()), "lies behind the end of its file"),
        (entry(FLOAT, shape(4, 3), 0, KERNEL.tobytes()) + SLICE, "is cut into slices"),
        (entry(STRING, shape(), 0, KERNEL.tobytes()), "holds no numbers that are known"),
        (b"\xff\xff", "cannot be read"),
    ],
    ids=range(8),
)
def test_an_index_that_lies_is_refused(changed: bytes, words: str, saved: Path) -> None:
    content = (saved / "variables" / DATA).read_bytes()
    assert content.startswith(KERNEL.tobytes()), "the entries above say where the kernel is"
    reshaped(saved / "variables" / "variables.index", KEY, changed)
    with pytest.raises(ModelFormatError, match=words):
        take("model", saved.parent)


def test_a_missing_file_of_arrays_is_told(saved: Path) -> None:
    (saved / "variables" / DATA).unlink()
    with pytest.raises(ModelFormatError, match=r"cannot read .*No such file"):
        take("model", saved.parent)
