"""Variables, and operators that never reach a device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tinyrob.ir.operators.base import Activation, Attributes


@dataclass(frozen=True)
class ReadVariable(Attributes):
    """Inputs: a variable."""

    kind: ClassVar[str] = "READ_VARIABLE"


@dataclass(frozen=True)
class AssignVariable(Attributes):
    """Inputs: a variable, and the activations that it then holds. No output."""

    kind: ClassVar[str] = "ASSIGN_VARIABLE"


@dataclass(frozen=True)
class Shape(Attributes):
    """Folds away."""

    kind: ClassVar[str] = "SHAPE"


@dataclass(frozen=True)
class Fill(Attributes):
    """Inputs: shape and value, both constants: folds away."""

    kind: ClassVar[str] = "FILL"


@dataclass(frozen=True)
class ZerosLike(Attributes):
    """Inputs: integers, of which only the shape counts: folds away."""

    kind: ClassVar[str] = "ZEROS_LIKE"


@dataclass(frozen=True)
class BroadcastArgs(Attributes):
    """Inputs: two shapes: folds away."""

    kind: ClassVar[str] = "BROADCAST_ARGS"


@dataclass(frozen=True)
class Cast(Attributes):
    """bool to float32, or int32 constants: those fold away."""

    kind: ClassVar[str] = "CAST"


@dataclass(frozen=True)
class VarHandle(Attributes):
    """Names a variable; the reader makes a tensor of it."""

    kind: ClassVar[str] = "VAR_HANDLE"
    container: str = ""
    shared_name: str = ""


@dataclass(frozen=True)
class CallOnce(Attributes):
    """Runs another subgraph before the first inference: the variables' first values."""

    kind: ClassVar[str] = "CALL_ONCE"
    subgraph: int = 0


@dataclass(frozen=True)
class UnidirectionalSequenceLstm(Attributes):
    """Inputs as TFLite numbers them: activations (N,T,I); weights of input, forget, cell and
    output gate for the input (1..4) and for the state (5..8); biases (12..15); the two variables,
    hidden (18) and cell state (19)."""

    kind: ClassVar[str] = "UNIDIRECTIONAL_SEQUENCE_LSTM"
    activation: int = 4
    cell_clip: float = 0.0
    projection_clip: float = 0.0
    time_major: bool = False
    diagonal: bool = False


@dataclass(frozen=True)
class Svdf(Attributes):
    """Inputs: activations (1,I), weights of the features (F,I) and of time (F,M), biases (F/rank,),
    and the variable (1,F*M), which holds the last M values of each feature."""

    kind: ClassVar[str] = "SVDF"
    rank: int = 0
    activation: Activation = Activation.NONE
