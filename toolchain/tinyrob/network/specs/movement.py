"""Layers that put values elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tinyrob.ir.geometry import Between
from tinyrob.network.moves import Loops
from tinyrob.network.specs.base import Int8, Spec


@dataclass(frozen=True, eq=False)
class Move(Spec):
    """Values of ``bytes_each`` copied without change."""

    kind: ClassVar[str] = "MOVE"
    clamps: ClassVar[bool] = False
    bytes_each: int
    loops: Loops


@dataclass(frozen=True, eq=False)
class Copy(Spec):
    """``bytes`` copied as they stand, to a place that is not behind them and may overlap theirs. No
    operator: it keeps rows from one band to the next."""

    kind: ClassVar[str] = "COPY"
    clamps: ClassVar[bool] = False
    bytes: int


@dataclass(frozen=True, eq=False)
class Pad(Spec):
    """Up to four axes; ``value`` is the zero point."""

    kind: ClassVar[str] = "PAD"
    clamps: ClassVar[bool] = False
    size: tuple[int, int, int, int]
    before: tuple[int, int, int, int]
    after: tuple[int, int, int, int]
    value: int


@dataclass(frozen=True, eq=False)
class Concat(Spec):
    """``rows`` runs of each input, of ``lengths`` values."""

    kind: ClassVar[str] = "CONCATENATION"
    joins: ClassVar[bool] = True
    rows: int
    lengths: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Rows(Spec):
    """``count`` indices, each of which stands for a row of ``table`` (rows, width)."""

    kind: ClassVar[str] = "ROWS"
    clamps: ClassVar[bool] = False
    count: int
    table: Int8


@dataclass(frozen=True, eq=False)
class Bilinear(Spec):
    """``rows`` and ``columns``: where each output lies between the image's."""

    kind: ClassVar[str] = "RESIZE_BILINEAR"
    clamps: ClassVar[bool] = False
    batches: int
    in_h: int
    in_w: int
    channels: int
    rows: tuple[Between, ...]
    columns: tuple[Between, ...]
