"""Street View House Numbers, cropped digits, in the official .mat files (Netzer et al., 2011)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tinyrob.data.dataset import Dataset, Labels, UInt8Array
from tinyrob.errors import DataError
from tinyrob.files.limits import DATA_BYTES, Damaged, read_limited
from tinyrob.files.mat5 import parse_mat

FOLDER = "svhn"
TRAIN, TEST = "train_32x32.mat", "test_32x32.mat"
ZERO = 10  # how the files call the digit 0
_HINT = "`tinyrob data fetch svhn` downloads it again and checks its sum"


def load(root: Path) -> Dataset:
    """Reads ``root/svhn/{train,test}_32x32.mat``: (N, 32, 32, 3), labels 0..9.

    However many digits the files hold: the official ones have 73,257 and 26,032. Figures on 8,000
    and 2,000 of them are SVHN-10k's. Raises DataError that names the file which is missing or
    damaged.
    """
    folder = root / FOLDER
    if not folder.is_dir():
        raise DataError(
            f"SVHN is not in {root}: it has no {FOLDER}",
            "name its folder with --data-dir or TINYROB_DATA, or run `tinyrob data fetch svhn`",
        )
    x_train, y_train = _read(folder / TRAIN)
    x_test, y_test = _read(folder / TEST)
    return Dataset("svhn", x_train, y_train, x_test, y_test, tuple("0123456789"))


def _read(path: Path) -> tuple[UInt8Array, Labels]:
    if not path.is_file():
        raise DataError(f"there is no file {path}", _HINT)
    try:
        content = parse_mat(read_limited(path, DATA_BYTES), ("X", "y"))
        missing = [name for name in ("X", "y") if name not in content]
        if missing:
            raise Damaged(f"it has no variable {missing[0]}")
        images, labels = content["X"], content["y"]
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[:3] != (32, 32, 3):
            raise Damaged(f"X is {images.dtype} {images.shape}, not uint8 (32, 32, 3, N)")
        if labels.shape != (images.shape[3], 1) or labels.dtype.kind not in "ui":
            raise Damaged(f"y is {labels.dtype} {labels.shape}, not {images.shape[3]} integers")
        if labels.size == 0 or labels.min() < 1 or labels.max() > ZERO:
            raise Damaged(f"labels must be in 1..{ZERO}")
    except (OSError, Damaged) as error:
        raise DataError(f"{path} is partial or damaged: {error}", _HINT) from error
    digits = labels[:, 0].astype(np.int64) % ZERO
    return np.ascontiguousarray(images.transpose(3, 0, 1, 2)), digits
