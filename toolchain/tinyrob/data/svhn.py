"""Street View House Numbers, cropped digits, in the official .mat files (Netzer et al., 2011)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tinyrob.data.dataset import Dataset, Labels, UInt8Array
from tinyrob.errors import DataError, ToolMissing
from tinyrob.files.installed import install_command

FOLDER = "svhn"
TRAIN, TEST = "train_32x32.mat", "test_32x32.mat"
ZERO = 10  # how the files call the digit 0
_HINT = "`tinyrob data fetch svhn` downloads it again and checks its sum"


def load(root: Path) -> Dataset:
    """Reads ``root/svhn/{train,test}_32x32.mat``: (N, 32, 32, 3), labels 0..9.

    However many digits the files hold: the official ones have 73,257 and 26,032. Figures on 8,000
    and 2,000 of them are SVHN-10k's. Raises DataError that names the file which is missing or
    damaged, ToolMissing where SciPy is not installed.
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
    try:
        from scipy.io import loadmat
    except ImportError as error:
        raise ToolMissing(
            f"reading {path.name} needs SciPy: {error}", install_command("train")
        ) from error
    if not path.is_file():
        raise DataError(f"there is no file {path}", _HINT)
    try:
        content = loadmat(path, variable_names=("X", "y"))
        images, labels = content["X"], content["y"]
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[:3] != (32, 32, 3):
            raise ValueError(f"X is {images.dtype} {images.shape}, not uint8 (32, 32, 3, N)")
        if labels.shape != (images.shape[3], 1) or labels.dtype.kind not in "ui":
            raise ValueError(f"y is {labels.dtype} {labels.shape}, not {images.shape[3]} integers")
        if labels.size == 0 or labels.min() < 1 or labels.max() > ZERO:
            raise ValueError(f"labels must be in 1..{ZERO}")
    except Exception as error:  # a damaged .mat file fails in any way it likes
        raise DataError(f"{path} is partial or damaged: {error}", _HINT) from error
    digits = labels[:, 0].astype(np.int64) % ZERO
    return np.ascontiguousarray(images.transpose(3, 0, 1, 2)), digits
