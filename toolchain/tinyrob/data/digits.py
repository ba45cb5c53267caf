"""Handwritten digits, 8x8, as scikit-learn ships them (UCI Optical Recognition, test part).

The 1,797 images are embedded, so that nothing has to be installed or downloaded for them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tinyrob.data.dataset import Dataset
from tinyrob.errors import DataError
from tinyrob.files.archive import read_npz
from tinyrob.files.limits import Damaged

TRAIN = 1400
_FILE = Path(__file__).with_name("digits.npz")


def load(root: Path | None = None) -> Dataset:
    """The first 1,400 images for training, the other 397 for testing; (8, 8, 1).

    Levels v in 0..16 become bytes ``min(16 * v, 255)``. ``root`` is not used. Raises DataError
    where the embedded file is missing or damaged.
    """
    del root
    try:
        archive = read_npz(_FILE)
        levels, labels = archive["levels"], archive["labels"]
    except (OSError, Damaged, KeyError) as error:
        raise DataError(f"{_FILE} is missing or damaged: {error}", "reinstall tinyrob") from error
    pixels = np.minimum(levels.astype(np.uint16) * 16, 255).astype(np.uint8)[..., None]
    labels = labels.astype(np.int64)
    return Dataset(
        "digits",
        pixels[:TRAIN],
        labels[:TRAIN],
        pixels[TRAIN:],
        labels[TRAIN:],
        tuple("0123456789"),
    )
