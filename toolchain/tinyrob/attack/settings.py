"""What the user of an attack asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, Union

from numpy.typing import ArrayLike

from tinyrob.attack.places import Place
from tinyrob.deployable import Deployable
from tinyrob.validate.vectors import Given

if TYPE_CHECKING:
    pass

Array: TypeAlias = Union[Path, str, ArrayLike]  # noqa: UP007 - evaluated by Python 3.10
"""An .npy file, or an array."""
Data: TypeAlias = Union[Given, None]  # noqa: UP007
Names: TypeAlias = Union[str, Sequence[str]]  # noqa: UP007
Eps: TypeAlias = Union[float, Sequence[float], None]  # noqa: UP007


@dataclass(frozen=True)
class Settings:
    """What the user asked for; None and () leave it to the suite, the model or the data."""

    model: str | Deployable | None = None
    suite: str = "quick"
    attacks: tuple[str, ...] = ()
    linf: tuple[float, ...] | None = None
    l2: tuple[float, ...] | None = None
    samples: int | None = None
    on: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    transfer: tuple[str | Deployable, ...] | None = None
    dataset: str | None = None
    data_dir: Path | None = None
    inputs: Array | None = None
    labels: Array | None = None
    surrogate: Path | None = None
    surrogate_input: str = "artefact"
    target: str = "stm32"
    port: str | None = None
    baud: int | None = None
    seed: int = 0
    workers: str | None = None
    out: Path | None = None
    at: Place = "features"
    snr: tuple[float, ...] | None = None
    rooms: int = 1
    room_gain: float = 6.0
    room_shift: float = 50.0
    frame: tuple[int, int] | None = None
