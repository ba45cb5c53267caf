"""CIFAR-10 in its official layouts (Krizhevsky, 2009): the binary or the Python batches."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from tinyrob.data.dataset import Dataset, Labels, UInt8Array
from tinyrob.errors import DataError

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
BINARY, PYTHON = "cifar-10-batches-bin", "cifar-10-batches-py"
TRAIN = tuple(f"data_batch_{i}" for i in range(1, 6))
TEST = "test_batch"
RECORDS, RECORD = 10_000, 1 + 3 * 32 * 32  # a binary record: the label, then R, G and B planes
_HINT = "`tinyrob data fetch cifar10` downloads it again and checks its sum"


def load(root: Path) -> Dataset:
    """Reads ``root/cifar-10-batches-bin`` or ``root/cifar-10-batches-py``.

    Raises DataError that names the file which is missing, damaged or cut short.
    """
    if (root / BINARY).is_dir():
        folder, suffix, read = root / BINARY, ".bin", _read_binary
    elif (root / PYTHON).is_dir():
        folder, suffix, read = root / PYTHON, "", _read_python
    else:
        raise DataError(
            f"CIFAR-10 is not in {root}: it has neither {BINARY} nor {PYTHON}",
            "name its folder with --data-dir or TINYROB_DATA, or run `tinyrob data fetch cifar10`",
        )
    train = [read(folder / f"{name}{suffix}") for name in TRAIN]
    x_test, y_test = read(folder / f"{TEST}{suffix}")
    return Dataset(
        "cifar10",
        np.concatenate([x for x, _ in train]),
        np.concatenate([y for _, y in train]),
        x_test,
        y_test,
        CLASSES,
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", _HINT) from error


def _images(planes: UInt8Array) -> UInt8Array:
    """(N, 3072) planes to (N, 32, 32, 3) pixels."""
    return np.ascontiguousarray(planes.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))


def _labels(values: Any, path: Path) -> Labels:
    labels = np.asarray(values, np.int64)
    if labels.shape != (RECORDS,) or labels.min() < 0 or labels.max() >= len(CLASSES):
        raise DataError(f"{path} is damaged: labels must be {RECORDS} numbers in 0..9", _HINT)
    return labels


def _read_binary(path: Path) -> tuple[UInt8Array, Labels]:
    content = _bytes(path)
    if len(content) != RECORDS * RECORD:
        raise DataError(
            f"{path} is partial or damaged: {len(content):,} bytes, not {RECORDS * RECORD:,}", _HINT
        )
    records = np.frombuffer(content, np.uint8).reshape(RECORDS, RECORD)
    return _images(records[:, 1:]), _labels(records[:, 0], path)


class _DataOnly(pickle.Unpickler):
    """Unpickles NumPy arrays and plain values; refuses to find, and so to call, anything else."""

    _ARRAY_PARTS = frozenset(
        (module, name)
        for module, name in (
            ("numpy", "dtype"),
            ("numpy", "ndarray"),
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
        )
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._ARRAY_PARTS:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which data has no use for")
        if name == "_reconstruct":
            return np.ndarray([0]).__reduce__()[0]  # wherever this NumPy keeps it
        return getattr(np, name)


def _read_python(path: Path) -> tuple[UInt8Array, Labels]:
    content = _bytes(path)
    try:
        batch = _DataOnly(io.BytesIO(content), encoding="bytes").load()
        planes, labels = batch[b"data"], batch[b"labels"]
        if not isinstance(planes, np.ndarray) or planes.shape != (RECORDS, RECORD - 1):
            raise ValueError(f"data must be an array of {RECORDS} x {RECORD - 1}")
        if planes.dtype != np.uint8:
            raise ValueError("data must be bytes")
        return _images(planes), _labels(labels, path)
    except DataError:
        raise
    except Exception as error:  # a damaged pickle fails in any way it likes
        raise DataError(f"{path} is partial or damaged: {error}", _HINT) from error
