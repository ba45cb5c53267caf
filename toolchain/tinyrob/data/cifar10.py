"""CIFAR-10 in its official layouts (Krizhevsky, 2009): the binary or the Python batches."""

from __future__ import annotations

import io
import math
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tinyrob.data.dataset import Dataset, Labels, UInt8Array
from tinyrob.errors import DataError
from tinyrob.files.limits import Damaged, read_limited
from tinyrob.files.names import safe

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
        return read_limited(path)
    except Damaged as error:
        raise DataError(f"{path} is damaged: {error}", _HINT) from None
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


class _Type:
    """What a pickle says of an array's type; NumPy's own would believe it."""

    def __init__(self, kind: object = None, *_: object) -> None:
        self.kind = kind

    def __setstate__(self, state: object) -> None:
        """Byte order and such: bytes have none."""


class _Stored:
    """An array as a pickle describes it: nothing is made of it before it is checked."""

    def __init__(self) -> None:
        self.state: object = None

    def __setstate__(self, state: object) -> None:
        self.state = state

    def bytes_of(self, shape: tuple[int, ...]) -> UInt8Array:
        """Its bytes. Raises ValueError where it is not an array of bytes of this shape."""
        match self.state:
            case (1, found, _Type(kind=("u1" | b"u1")), False, bytes() as content):
                if found == shape and len(content) == math.prod(shape):
                    return np.frombuffer(content, np.uint8).reshape(shape)
        raise ValueError(f"data must be bytes, {' x '.join(map(str, shape))}")


class _DataOnly(pickle._Unpickler):
    """Unpickles plain values and descriptions of arrays; refuses to find, and so to call, others.

    In Python: the form in C takes the memory that a damaged file asks for.
    """

    _ARRAY_PARTS: Mapping[tuple[str, str], object] = {
        ("numpy", "dtype"): _Type,
        ("numpy", "ndarray"): None,
        ("numpy.core.multiarray", "_reconstruct"): lambda *_: _Stored(),
        ("numpy._core.multiarray", "_reconstruct"): lambda *_: _Stored(),
    }

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._ARRAY_PARTS:
            raise pickle.UnpicklingError(
                f"it asks for {safe(f'{module}.{name}')}, which data has no use for"
            )
        return self._ARRAY_PARTS[module, name]


def _read_python(path: Path) -> tuple[UInt8Array, Labels]:
    content = _bytes(path)
    try:
        batch = _DataOnly(io.BytesIO(content), encoding="bytes").load()
        stored, labels = batch[b"data"], batch[b"labels"]
        if not isinstance(stored, _Stored):
            raise ValueError("data must be an array")
        planes = stored.bytes_of((RECORDS, RECORD - 1))
        if not isinstance(labels, list) or not all(type(n) is int for n in labels):
            raise ValueError("labels must be numbers")
        return _images(planes), _labels(labels, path)
    except DataError:
        raise
    except Exception as error:  # a damaged pickle fails in any way it likes
        raise DataError(f"{path} is partial or damaged: {error}", _HINT) from error
