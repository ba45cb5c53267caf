"""Operators that move, join or repeat values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tinyrob.ir.operators.base import Activation, Attributes


@dataclass(frozen=True)
class Reshape(Attributes):
    """Inputs: activations, and the new shape as an int32 constant or absent (``new_shape``)."""

    kind: ClassVar[str] = "RESHAPE"
    new_shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class ExpandDims(Attributes):
    """Inputs: activations, axis (int32 constant)."""

    kind: ClassVar[str] = "EXPAND_DIMS"


@dataclass(frozen=True)
class Squeeze(Attributes):
    """Inputs: activations; ``axes`` none: all of size 1."""

    kind: ClassVar[str] = "SQUEEZE"
    axes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Transpose(Attributes):
    """Inputs: activations, permutation (int32 constant)."""

    kind: ClassVar[str] = "TRANSPOSE"


@dataclass(frozen=True)
class StridedSlice(Attributes):
    """Inputs: activations, begin, end, strides (int32 constants); masks as TFLite has them."""

    kind: ClassVar[str] = "STRIDED_SLICE"
    begin_mask: int = 0
    end_mask: int = 0
    ellipsis_mask: int = 0
    new_axis_mask: int = 0
    shrink_axis_mask: int = 0


@dataclass(frozen=True)
class Slice(Attributes):
    """Inputs: activations, begin, size (int32 constants)."""

    kind: ClassVar[str] = "SLICE"


@dataclass(frozen=True)
class Split(Attributes):
    """Inputs: axis (int32 constant), activations. As many outputs as parts."""

    kind: ClassVar[str] = "SPLIT"
    parts: int = 0


@dataclass(frozen=True)
class SplitV(Attributes):
    """Inputs: activations, sizes, axis (int32 constants). As many outputs as sizes."""

    kind: ClassVar[str] = "SPLIT_V"
    parts: int = 0


@dataclass(frozen=True)
class Pack(Attributes):
    """Inputs: activations of one shape and quantization, which become one axis."""

    kind: ClassVar[str] = "PACK"
    count: int = 0
    axis: int = 0


@dataclass(frozen=True)
class Unpack(Attributes):
    """Inputs: activations. One output for each index along ``axis``."""

    kind: ClassVar[str] = "UNPACK"
    count: int = 0
    axis: int = 0


@dataclass(frozen=True)
class Gather(Attributes):
    """Inputs: activations and indices (int32 constant), or rows of a constant along axis 0, and
    indices that are the network's input or come from ARG_MAX."""

    kind: ClassVar[str] = "GATHER"
    axis: int = 0
    batch_dims: int = 0


@dataclass(frozen=True)
class BroadcastTo(Attributes):
    """Inputs: activations, shape (int32 constant)."""

    kind: ClassVar[str] = "BROADCAST_TO"


@dataclass(frozen=True)
class MirrorPad(Attributes):
    """Inputs: activations, paddings (rank, 2) constant. ``mode`` 0: REFLECT, 1: SYMMETRIC."""

    kind: ClassVar[str] = "MIRROR_PAD"
    mode: int = 0


@dataclass(frozen=True)
class DepthToSpace(Attributes):
    """Inputs: activations (N,H,W,C)."""

    kind: ClassVar[str] = "DEPTH_TO_SPACE"
    block: int = 0


@dataclass(frozen=True)
class SpaceToDepth(Attributes):
    """Inputs: activations (N,H,W,C)."""

    kind: ClassVar[str] = "SPACE_TO_DEPTH"
    block: int = 0


@dataclass(frozen=True)
class ResizeNearestNeighbor(Attributes):
    """Inputs: activations (N,H,W,C), size (int32 constant)."""

    kind: ClassVar[str] = "RESIZE_NEAREST_NEIGHBOR"
    align_corners: bool = False
    half_pixel_centers: bool = False


@dataclass(frozen=True)
class Pad(Attributes):
    """Inputs: activations, paddings (rank, 2) constant. Pads with the zero point."""

    kind: ClassVar[str] = "PAD"


@dataclass(frozen=True)
class PadV2(Attributes):
    """Inputs: activations, paddings (rank, 2) constant, value (constant)."""

    kind: ClassVar[str] = "PADV2"


@dataclass(frozen=True)
class Concatenation(Attributes):
    """Inputs: two or more activations of the same quantization."""

    kind: ClassVar[str] = "CONCATENATION"
    axis: int = -1
    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class ResizeBilinear(Attributes):
    """Inputs: activations (N,H,W,C), size (int32 constant)."""

    kind: ClassVar[str] = "RESIZE_BILINEAR"
    align_corners: bool = False
    half_pixel_centers: bool = False


@dataclass(frozen=True)
class ReverseV2(Attributes):
    """Inputs: activations, axes (int32 constant)."""

    kind: ClassVar[str] = "REVERSE_V2"


@dataclass(frozen=True)
class GatherNd(Attributes):
    """Inputs: activations, indices (..., axes) (int32 constant)."""

    kind: ClassVar[str] = "GATHER_ND"


@dataclass(frozen=True)
class SpaceToBatchNd(Attributes):
    """Inputs: activations (N,H,W,C) or (N,H,C), block and paddings (int32 constants)."""

    kind: ClassVar[str] = "SPACE_TO_BATCH_ND"


@dataclass(frozen=True)
class BatchToSpaceNd(Attributes):
    """Inputs: activations (N,H,W,C) or (N,H,C), block and crops (int32 constants)."""

    kind: ClassVar[str] = "BATCH_TO_SPACE_ND"
