"""The inputs of a comparison: from a file, from a dataset's test split, or seeded random ones."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinyrob import data
from tinyrob.data.dataset import Labels, to_int8
from tinyrob.errors import DataError
from tinyrob.files.whole import write_atomically
from tinyrob.project.manifest import Manifest
from tinyrob.run.base import Int8Array

SEED = 20260101
_BUDGET_MACS = 500_000_000
_FEWEST, _MOST = 10, 1000


@dataclass(frozen=True, eq=False)
class Vectors:
    """Inputs (N, *input_shape) int8, labels (N,) where they are known, and where they are from."""

    inputs: Int8Array
    labels: Labels | None
    source: str


def default_count(manifest: Manifest) -> int:
    """How many inputs an emulator runs in about half a minute: 10 to 1,000."""
    return int(np.clip(_BUDGET_MACS // max(manifest.macs, 1), _FEWEST, _MOST))


def from_file(path: Path, manifest: Manifest) -> Vectors:
    """An .npy of int8 (N, *input_shape). Raises DataError where it is anything else."""
    return Vectors(read_inputs(path, manifest), None, str(path))


def read_inputs(path: Path, manifest: Manifest) -> Int8Array:
    """The inputs in an .npy file. Nothing in it is executed. Raises DataError."""
    shape = manifest.input.shape
    try:
        array = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise DataError(f"there is no file {path}") from None
    except (ValueError, EOFError, zipfile.BadZipFile):
        raise DataError(f"{path} is not a .npy file of numbers", "np.save makes one") from None
    if not isinstance(array, np.ndarray):
        raise DataError(f"{path} holds several arrays, not one", "np.save makes the right file")
    if array.dtype != np.int8:
        raise DataError(
            f"{path} holds {array.dtype}, not int8",
            f"quantize: round(x / {manifest.input.scale:g}) + {manifest.input.zero_point}",
        )
    if array.shape[1:] != shape or len(array) == 0:
        raise DataError(
            f"{path} holds an array {array.shape}; the network takes "
            f"(N, {', '.join(map(str, shape))}) with N at least 1"
        )
    return np.ascontiguousarray(array)


def from_dataset(
    name: str, manifest: Manifest, count: int | None, data_dir: Path | None = None
) -> Vectors:
    """The first ``count`` (None: all) of a dataset's test split. Raises DataError."""
    dataset = data.load(name, data_dir)
    if dataset.shape != manifest.input.shape:
        raise DataError(
            f"{name} has inputs {dataset.shape}, the network takes {manifest.input.shape}",
            "name the dataset that the network is for",
        )
    inputs, labels = to_int8(dataset.x_test)[:count], dataset.y_test[:count]
    whole = "all" if len(inputs) == len(dataset.x_test) else "the first"
    return Vectors(inputs, labels, f"{whole} {len(inputs):,} of the test split of {name}")


def random(count: int, manifest: Manifest) -> Vectors:
    """``count`` inputs, every value of int8 alike; the same ones each time."""
    shape = (count, *manifest.input.shape)
    inputs = np.random.default_rng(SEED).integers(-128, 128, shape, dtype=np.int8)
    return Vectors(inputs, None, f"{count:,} random inputs (seed {SEED})")


def default(manifest: Manifest, count: int | None, data_dir: Path | None = None) -> Vectors:
    """The model's dataset where it is known and there, else random inputs, saying why."""
    wanted = count or default_count(manifest)
    if manifest.dataset is None:
        return random(wanted, manifest)
    try:
        return from_dataset(manifest.dataset, manifest, wanted, data_dir)
    except DataError as error:
        made = random(wanted, manifest)
        return Vectors(made.inputs, None, f"{made.source}, since {error.message}")


def write_outputs(path: Path, outputs: Int8Array) -> None:
    """Writes an .npy, whole or not at all. Raises DataError where ``path`` is a folder."""
    if path.is_dir():
        raise DataError(f"{path} is a folder, not a file", "name the .npy to write")
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    np.save(buffer, outputs, allow_pickle=False)
    write_atomically(path, buffer.getvalue())
