"""A dataset from arrays that are in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tinyrob.data.dataset import Dataset, UInt8Array, from_int8
from tinyrob.errors import DataError

KEYS = ("x_train", "y_train", "x_test", "y_test")
NAME = "arrays"


def from_arrays(
    given: Mapping[str, ArrayLike] | Sequence[ArrayLike] | Dataset,
    classes: Sequence[str] | None = None,
) -> Dataset:
    """A dataset of ``x_train, y_train, x_test, y_test``, in this order or by these names.

    Inputs (N, *shape) are uint8, as a sensor gives them, or int8, as the network takes them (bytes
    less 128); labels (N,) are class numbers. ``classes`` names them (None: by number). Raises
    DataError that lists all that is wrong.
    """
    if isinstance(given, Dataset):
        return given
    named = given if isinstance(given, Mapping) else dict(zip(KEYS, given, strict=False))
    known = set(named) == set(KEYS) and len(given) == len(KEYS)
    if not known:
        raise DataError(
            f"a dataset of arrays has {len(KEYS)}: {', '.join(KEYS)}; here are "
            f"{', '.join(map(str, named)) if isinstance(given, Mapping) else len(given)}",
            "hold inputs out for a test split: a share that training never sees",
        )
    arrays = {key: np.asarray(named[key]) for key in KEYS}
    wrong = [*_wrong_inputs(arrays), *_wrong_labels(arrays, classes)]
    if wrong:
        raise DataError(
            "; ".join(wrong), "inputs are uint8 (N, ...), labels one integer for each of them"
        )
    count = 1 + int(max(arrays["y_train"].max(), arrays["y_test"].max()))
    return Dataset(
        NAME,
        _as_bytes(arrays["x_train"]),
        arrays["y_train"].astype(np.int64),
        _as_bytes(arrays["x_test"]),
        arrays["y_test"].astype(np.int64),
        tuple(map(str, range(count) if classes is None else classes)),
    )


def _wrong_inputs(arrays: Mapping[str, NDArray[Any]]) -> list[str]:
    wrong = []
    for key in ("x_train", "x_test"):
        x = arrays[key]
        if x.dtype not in (np.uint8, np.int8):
            wrong.append(f"{key} holds {x.dtype}, not uint8 or int8")
        if x.ndim < 2 or len(x) == 0:
            wrong.append(f"{key} has the shape {x.shape}, not (N, ...) with N at least 1")
    if arrays["x_train"].shape[1:] != arrays["x_test"].shape[1:]:
        shapes = f"{arrays['x_train'].shape[1:]} and {arrays['x_test'].shape[1:]}"
        wrong.append(f"x_train and x_test have inputs of different shapes: {shapes}")
    return wrong


def _wrong_labels(arrays: Mapping[str, NDArray[Any]], classes: Sequence[str] | None) -> list[str]:
    wrong = []
    for key in ("y_train", "y_test"):
        y, wanted = arrays[key], len(np.atleast_1d(arrays[key.replace("y", "x", 1)]))
        if y.shape != (wanted,) or not np.issubdtype(y.dtype, np.integer):
            wrong.append(f"{key} holds {y.dtype} of shape {y.shape}, not {wanted} class numbers")
        elif wanted and y.min() < 0:
            wrong.append(f"{key} has the class {y.min()}")
        elif wanted and classes is not None and y.max() >= len(classes):
            wrong.append(f"{key} has the class {y.max()}, and there are {len(classes)} names")
    return wrong


def _as_bytes(x: NDArray[Any]) -> UInt8Array:
    return np.ascontiguousarray(x if x.dtype == np.uint8 else from_int8(x))
