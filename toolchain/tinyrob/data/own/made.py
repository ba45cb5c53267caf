"""What a kind of data comes to before it is cut into splits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyrob.data.dataset import Remake
from tinyrob.data.own.split import Item
from tinyrob.data.units import Units
from tinyrob.features.spec import Features


@dataclass(frozen=True, eq=False)
class Made:
    """Bytes ``x`` (N, *shape) of all examples, their items, and each one's number in ``SPLITS``.

    ``remake`` makes a dataset's of the numbers of the training examples; ``features`` are what
    recordings became, ``recorded`` their int16 samples (N, n), by number.
    """

    x: NDArray[np.uint8]
    items: Sequence[Item]
    place: NDArray[np.int64]
    classes: tuple[str, ...]
    units: Units | None
    form: str
    remake: Callable[[NDArray[np.int64]], Remake] | None = None
    features: Features | None = None
    recorded: Callable[[NDArray[np.int64]], NDArray[np.int16]] | None = None
