"""What the reader and the writer share of TFLite's schema: one row an operator.

A row says how an operator's options are stored: the options table, and for each attribute of
``ir.graph`` the slots that hold it. Enumerations come from the ``tflite`` package.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tflite.ActivationFunctionType import ActivationFunctionType
from tflite.BuiltinOperator import BuiltinOperator
from tflite.BuiltinOptions import BuiltinOptions
from tflite.TensorType import TensorType

from tinyrob.ir import graph as ir

IDENTIFIER = b"TFL3"
SCHEMA_VERSION = 3
PRODUCER = "tinyrob"
ALIGNMENT = 16

FieldKind = Literal[
    "padding", "activation", "int", "byte", "bool", "float", "pair", "ints",
    "text",
]  # fmt: skip


def _names(enumeration: type) -> dict[int, str]:
    return {v: k for k, v in vars(enumeration).items() if not k.startswith("_")}


OPERATOR_NAMES: dict[int, str] = _names(BuiltinOperator)
TYPE_NAMES: dict[int, str] = {v: k.lower() for v, k in _names(TensorType).items()}
ACTIVATION_NAMES: dict[int, str] = _names(ActivationFunctionType)
OPERATOR_CODES = {name: code for code, name in OPERATOR_NAMES.items()}
TYPE_CODES = {name: code for code, name in TYPE_NAMES.items()}
ACTIVATION_CODES = {name: code for code, name in ACTIVATION_NAMES.items()}
PADDINGS: tuple[ir.Padding, ir.Padding] = ("SAME", "VALID")


@dataclass(frozen=True)
class Field:
    """An attribute and its slots; a pair is (height, width), each an int32."""

    attribute: str
    kind: FieldKind
    slots: tuple[int, ...]
    default: int = 0


@dataclass(frozen=True)
class Fixed:
    """An option that is no attribute: only ``value`` is taken."""

    option: str
    slot: int
    value: int
    hint: str


@dataclass(frozen=True)
class Layout:
    """How one operator is stored. ``version`` is the first one whose int8 form TFLite takes."""

    attributes: type[ir.Attributes]
    options: int
    fields: tuple[Field, ...] = ()
    fixed: tuple[Fixed, ...] = ()
    version: Callable[[ir.Graph, ir.Op], int] = lambda graph, op: 2


def _activated(kind: type[ir.Attributes], options: int) -> Layout:
    return Layout(kind, options, (Field("activation", "activation", (0,)),))


def _reducer(kind: type[ir.Attributes]) -> Layout:
    return Layout(kind, BuiltinOptions.ReducerOptions, (Field("keep_dims", "bool", (0,)),))


def _dense_version(graph: ir.Graph, op: ir.Op) -> int:
    attributes, kernel = op.attributes, graph.tensors[op.inputs[1]].quantization
    if kernel is not None and len(kernel.scales) > 1:
        return 12
    if len(op.inputs) < 3 or op.inputs[2] < 0:
        return 6
    return 5 if isinstance(attributes, ir.FullyConnected) and attributes.keep_num_dims else 4


def _pool(kind: type[ir.Attributes]) -> Layout:
    return Layout(
        kind,
        BuiltinOptions.Pool2DOptions,
        (
            Field("padding", "padding", (0,)),
            Field("stride", "pair", (2, 1)),
            Field("window", "pair", (4, 3)),
            Field("activation", "activation", (5,)),
        ),
    )


_UNSHUFFLED = Fixed("weights_format", 1, 0, "convert without shuffled weights")

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        ir.Conv2D,
        BuiltinOptions.Conv2DOptions,
        (
            Field("padding", "padding", (0,)),
            Field("stride", "pair", (2, 1)),
            Field("activation", "activation", (3,)),
            Field("dilation", "pair", (5, 4), 1),
            Field("quantized_bias_type", "byte", (6,)),
        ),
        version=lambda graph, op: 3,
    ),
    Layout(
        ir.DepthwiseConv2D,
        BuiltinOptions.DepthwiseConv2DOptions,
        (
            Field("padding", "padding", (0,)),
            Field("stride", "pair", (2, 1)),
            Field("multiplier", "int", (3,)),
            Field("activation", "activation", (4,)),
            Field("dilation", "pair", (6, 5), 1),
        ),
        version=lambda graph, op: 3,
    ),
    Layout(
        ir.FullyConnected,
        BuiltinOptions.FullyConnectedOptions,
        (
            Field("activation", "activation", (0,)),
            Field("keep_num_dims", "bool", (2,)),
            Field("quantized_bias_type", "byte", (4,)),
        ),
        (_UNSHUFFLED,),
        _dense_version,
    ),
    _activated(ir.Add, BuiltinOptions.AddOptions),
    Layout(ir.AddN, BuiltinOptions.AddNOptions, version=lambda graph, op: 1),
    _activated(ir.Mul, BuiltinOptions.MulOptions),
    _activated(ir.Sub, BuiltinOptions.SubOptions),
    Layout(ir.SquaredDifference, BuiltinOptions.SquaredDifferenceOptions),
    _pool(ir.AveragePool2D),
    _pool(ir.MaxPool2D),
    _reducer(ir.Mean),
    _reducer(ir.Sum),
    _reducer(ir.ReduceMax),
    _reducer(ir.ReduceMin),
    _reducer(ir.ReduceAll),
    Layout(ir.ArgMax, BuiltinOptions.ArgMaxOptions, (Field("output_type", "byte", (0,)),)),
    Layout(ir.ArgMin, BuiltinOptions.ArgMinOptions, (Field("output_type", "byte", (0,)),)),
    Layout(
        ir.Cumsum,
        BuiltinOptions.CumsumOptions,
        (Field("exclusive", "bool", (0,)), Field("reverse", "bool", (1,))),
        version=lambda graph, op: 1,
    ),
    Layout(
        ir.Reshape,
        BuiltinOptions.ReshapeOptions,
        (Field("new_shape", "ints", (0,)),),
        version=lambda graph, op: 1,
    ),
    Layout(ir.Pad, BuiltinOptions.PadOptions),
    Layout(ir.Softmax, BuiltinOptions.SoftmaxOptions, (Field("beta", "float", (0,)),)),
    Layout(ir.Relu, BuiltinOptions.NONE),
    Layout(ir.Relu6, BuiltinOptions.NONE),
    Layout(ir.Quantize, BuiltinOptions.QuantizeOptions),
    Layout(ir.Dequantize, BuiltinOptions.DequantizeOptions),
    Layout(ir.Logistic, BuiltinOptions.NONE),
    Layout(ir.Tanh, BuiltinOptions.NONE),
    Layout(ir.HardSwish, BuiltinOptions.HardSwishOptions),
    Layout(ir.Elu, BuiltinOptions.NONE),
    Layout(ir.LeakyRelu, BuiltinOptions.LeakyReluOptions, (Field("alpha", "float", (0,)),)),
    Layout(ir.Prelu, BuiltinOptions.NONE),
    Layout(ir.Abs, BuiltinOptions.AbsOptions),
    Layout(ir.Rsqrt, BuiltinOptions.NONE),
    Layout(ir.Neg, BuiltinOptions.NegOptions),
    Layout(ir.Square, BuiltinOptions.SquareOptions),
    Layout(ir.Sin, BuiltinOptions.NONE),
    Layout(ir.Cos, BuiltinOptions.CosOptions),
    Layout(ir.Floor, BuiltinOptions.NONE),
    Layout(ir.Ceil, BuiltinOptions.NONE),
    Layout(ir.Round, BuiltinOptions.NONE),
    Layout(ir.Equal, BuiltinOptions.EqualOptions),
    Layout(ir.NotEqual, BuiltinOptions.NotEqualOptions),
    Layout(ir.Greater, BuiltinOptions.GreaterOptions),
    Layout(ir.GreaterEqual, BuiltinOptions.GreaterEqualOptions),
    Layout(ir.Less, BuiltinOptions.LessOptions),
    Layout(ir.LessEqual, BuiltinOptions.LessEqualOptions),
    Layout(ir.LogicalAnd, BuiltinOptions.LogicalAndOptions, version=lambda graph, op: 1),
    Layout(ir.LogicalOr, BuiltinOptions.LogicalOrOptions, version=lambda graph, op: 1),
    Layout(ir.LogicalNot, BuiltinOptions.LogicalNotOptions, version=lambda graph, op: 1),
    Layout(ir.SelectV2, BuiltinOptions.SelectV2Options, version=lambda graph, op: 1),
    Layout(ir.Minimum, BuiltinOptions.MaximumMinimumOptions),
    Layout(ir.Maximum, BuiltinOptions.MaximumMinimumOptions),
    Layout(
        ir.Concatenation,
        BuiltinOptions.ConcatenationOptions,
        (Field("axis", "int", (0,)), Field("activation", "activation", (1,))),
    ),
)

LAYOUTS += (
    Layout(ir.ExpandDims, BuiltinOptions.ExpandDimsOptions),
    Layout(ir.Squeeze, BuiltinOptions.SqueezeOptions, (Field("axes", "ints", (0,)),)),
    Layout(ir.Transpose, BuiltinOptions.TransposeOptions),
    Layout(
        ir.StridedSlice,
        BuiltinOptions.StridedSliceOptions,
        tuple(
            Field(name, "int", (slot,))
            for slot, name in enumerate(
                (
                    "begin_mask",
                    "end_mask",
                    "ellipsis_mask",
                    "new_axis_mask",
                    "shrink_axis_mask",
                )
            )
        ),
        (Fixed("offset", 5, 0, "give the end of a slice, not its length"),),
    ),
    Layout(ir.Slice, BuiltinOptions.SliceOptions),
    Layout(ir.Split, BuiltinOptions.SplitOptions, (Field("parts", "int", (0,)),)),
    Layout(ir.SplitV, BuiltinOptions.SplitVOptions, (Field("parts", "int", (0,)),)),
    Layout(
        ir.Pack,
        BuiltinOptions.PackOptions,
        (Field("count", "int", (0,)), Field("axis", "int", (1,))),
    ),
    Layout(
        ir.Unpack,
        BuiltinOptions.UnpackOptions,
        (Field("count", "int", (0,)), Field("axis", "int", (1,))),
    ),
    Layout(
        ir.Gather,
        BuiltinOptions.GatherOptions,
        (Field("axis", "int", (0,)), Field("batch_dims", "int", (1,))),
    ),
    Layout(ir.GatherNd, BuiltinOptions.GatherNdOptions),
    Layout(ir.ReverseV2, BuiltinOptions.ReverseV2Options),
    Layout(ir.SpaceToBatchNd, BuiltinOptions.SpaceToBatchNDOptions),
    Layout(ir.BatchToSpaceNd, BuiltinOptions.BatchToSpaceNDOptions),
    Layout(
        ir.TransposeConv,
        BuiltinOptions.TransposeConvOptions,
        (
            Field("padding", "padding", (0,)),
            Field("stride", "pair", (2, 1)),
            Field("activation", "activation", (3,)),
        ),
        version=lambda graph, op: 4,
    ),
    Layout(
        ir.BatchMatmul,
        BuiltinOptions.BatchMatMulOptions,
        (Field("adjoint_a", "bool", (0,)), Field("adjoint_b", "bool", (1,))),
    ),
    Layout(
        ir.L2Normalization,
        BuiltinOptions.L2NormOptions,
        fixed=(Fixed("the fused activation", 0, 0, "normalize without one"),),
    ),
    Layout(ir.LogSoftmax, BuiltinOptions.LogSoftmaxOptions),
    _activated(ir.Div, BuiltinOptions.DivOptions),
    Layout(ir.BroadcastTo, BuiltinOptions.BroadcastToOptions),
    Layout(ir.MirrorPad, BuiltinOptions.MirrorPadOptions, (Field("mode", "byte", (0,)),)),
    Layout(ir.PadV2, BuiltinOptions.PadV2Options),
    Layout(ir.DepthToSpace, BuiltinOptions.DepthToSpaceOptions, (Field("block", "int", (0,)),)),
    Layout(ir.SpaceToDepth, BuiltinOptions.SpaceToDepthOptions, (Field("block", "int", (0,)),)),
    Layout(
        ir.ResizeNearestNeighbor,
        BuiltinOptions.ResizeNearestNeighborOptions,
        (Field("align_corners", "bool", (0,)), Field("half_pixel_centers", "bool", (1,))),
    ),
    Layout(
        ir.UnidirectionalSequenceLstm,
        BuiltinOptions.UnidirectionalSequenceLSTMOptions,
        (
            Field("activation", "byte", (0,)),
            Field("cell_clip", "float", (1,)),
            Field("projection_clip", "float", (2,)),
            Field("time_major", "bool", (3,)),
            Field("diagonal", "bool", (5,)),
        ),
    ),
    Layout(
        ir.Svdf,
        BuiltinOptions.SVDFOptions,
        (Field("rank", "int", (0,)), Field("activation", "activation", (1,))),
        version=lambda graph, op: 3,
    ),
    Layout(
        ir.ResizeBilinear,
        BuiltinOptions.ResizeBilinearOptions,
        (Field("align_corners", "bool", (2,)), Field("half_pixel_centers", "bool", (3,))),
    ),
    Layout(ir.Shape, BuiltinOptions.ShapeOptions),
    Layout(ir.Fill, BuiltinOptions.FillOptions),
    Layout(ir.ZerosLike, BuiltinOptions.ZerosLikeOptions),
    Layout(ir.BroadcastArgs, BuiltinOptions.NONE),
    Layout(ir.Cast, BuiltinOptions.CastOptions),
    Layout(ir.ReadVariable, BuiltinOptions.ReadVariableOptions),
    Layout(ir.AssignVariable, BuiltinOptions.AssignVariableOptions),
    Layout(
        ir.VarHandle,
        BuiltinOptions.VarHandleOptions,
        (Field("container", "text", (0,)), Field("shared_name", "text", (1,))),
    ),
    Layout(ir.CallOnce, BuiltinOptions.CallOnceOptions, (Field("subgraph", "int", (0,)),)),
)

BY_KIND = {layout.attributes.kind: layout for layout in LAYOUTS}
