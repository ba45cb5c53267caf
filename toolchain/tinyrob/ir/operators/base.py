"""What the options of every operator share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Literal

Padding = Literal["SAME", "VALID"]


class Activation(str, Enum):
    """The clamp fused behind an operator."""

    NONE = "NONE"
    RELU = "RELU"
    RELU6 = "RELU6"
    RELU_N1_TO_1 = "RELU_N1_TO_1"


@dataclass(frozen=True)
class Attributes:
    """Base of every operator's options; ``kind`` is TFLite's name of the operator."""

    kind: ClassVar[str]
