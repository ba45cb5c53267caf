"""What the user of an attack asks for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """What the user asked for; None and () leave it to the suite, the model or the data."""

    model: str | None = None
    suite: str = "quick"
    attacks: tuple[str, ...] = ()
    linf: tuple[float, ...] | None = None
    l2: tuple[float, ...] | None = None
    samples: int | None = None
    on: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    transfer: tuple[str, ...] | None = None
    dataset: str | None = None
    data_dir: Path | None = None
    inputs: Path | None = None
    labels: Path | None = None
    surrogate: Path | None = None
    surrogate_input: str = "artefact"
    target: str = "stm32"
    port: str | None = None
    baud: int | None = None
    seed: int = 0
    out: Path | None = None
