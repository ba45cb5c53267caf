"""What a valid graph is: everything that the kernels and the interpreter may rely on.

Shapes follow from the operators, quantizations are those that TFLite Micro takes, and no int32
accumulator can overflow for any int8 input. TFLite Micro itself checks only part of this.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tinyrob.errors import ModelFormatError, Obstacle, UnsupportedModel
from tinyrob.ir import operators as kinds
from tinyrob.ir.absent import ON_FLOATS
from tinyrob.ir.comparisons import COMPARISONS
from tinyrob.ir.graph import Attributes, DType, Graph, Tensor
from tinyrob.ir.islands import UNARY
from tinyrob.ir.moves import MOVES
from tinyrob.ir.raw import Foreign
from tinyrob.ir.rules import (
    elementwise,
    islands,
    matmul,
    movement,
    places,
    pool,
    products,
    rows,
    shape,
    state,
)
from tinyrob.ir.rules.common import Site, check_tensor
from tinyrob.ir.rules.floats import left_in_float

_ANY: tuple[DType, ...] = ("int8", "int16", "int32")
_INT8: tuple[DType, ...] = ("int8",)
_BOTH: tuple[DType, ...] = ("int8", "int16")


@dataclass(frozen=True)
class _Rule:
    """What is checked of an operator, and the types of activations that it takes: one for all of
    them, unless they may be ``mixed``."""

    check: Callable[[Site], None]
    types: tuple[DType, ...] = _INT8
    mixed: bool = False

    def types_for(self, output: DType) -> tuple[DType, ...]:
        """Those of its activations, of which an output is of type ``output``."""
        return (output,) if output in self.types and not self.mixed else self.types


CHECKS: dict[type[Attributes], _Rule] = {
    kinds.Conv2D: _Rule(matmul.check_convolution, _BOTH),
    kinds.DepthwiseConv2D: _Rule(matmul.check_depthwise, _BOTH),
    kinds.FullyConnected: _Rule(matmul.check_dense, _BOTH),
    kinds.TransposeConv: _Rule(products.check_transpose_conv, _BOTH),
    kinds.BatchMatmul: _Rule(products.check_batch_matmul, _BOTH),
    kinds.L2Normalization: _Rule(rows.check_l2_normalization),
    kinds.LogSoftmax: _Rule(rows.check_log_softmax),
    kinds.Div: _Rule(elementwise.check_div),
    kinds.Add: _Rule(elementwise.check_add, _BOTH),
    kinds.Sub: _Rule(elementwise.check_add, _BOTH),
    kinds.Mul: _Rule(elementwise.check_mul, _BOTH),
    kinds.SquaredDifference: _Rule(elementwise.check_squared_difference, _BOTH),
    kinds.Prelu: _Rule(elementwise.check_prelu, _BOTH, mixed=True),
    kinds.AveragePool2D: _Rule(pool.check_pool, _BOTH),
    kinds.MaxPool2D: _Rule(pool.check_pool, _BOTH),
    kinds.Mean: _Rule(shape.check_mean, _BOTH),
    kinds.Sum: _Rule(shape.check_mean, _BOTH),
    kinds.ReduceMax: _Rule(shape.check_reduce),
    kinds.ReduceMin: _Rule(shape.check_reduce),
    kinds.ReduceAll: _Rule(islands.check_all),
    kinds.ArgMax: _Rule(places.check_arg, ("int8", "int32"), mixed=True),
    kinds.ArgMin: _Rule(places.check_arg, ("int8", "int32"), mixed=True),
    kinds.Cumsum: _Rule(places.check_cumsum),
    kinds.AddN: _Rule(places.check_add_n),
    kinds.LogicalAnd: _Rule(islands.check_logical),
    kinds.LogicalOr: _Rule(islands.check_logical),
    kinds.LogicalNot: _Rule(islands.check_not),
    kinds.Reshape: _Rule(shape.check_reshape, _BOTH),
    kinds.Pad: _Rule(shape.check_pad, _BOTH),
    kinds.PadV2: _Rule(shape.check_pad, _BOTH),
    kinds.Softmax: _Rule(elementwise.check_softmax, _BOTH, mixed=True),
    kinds.Relu: _Rule(elementwise.check_relu, _BOTH),
    kinds.Relu6: _Rule(elementwise.check_relu6, _BOTH),
    kinds.Quantize: _Rule(elementwise.check_quantize, _ANY, mixed=True),
    kinds.Logistic: _Rule(elementwise.check_logistic, _BOTH),
    kinds.Tanh: _Rule(elementwise.check_tanh, _BOTH),
    kinds.HardSwish: _Rule(elementwise.check_hard_swish),
    kinds.Elu: _Rule(elementwise.check_lookup),
    kinds.LeakyRelu: _Rule(elementwise.check_leaky_relu, _BOTH),
    kinds.Abs: _Rule(elementwise.check_abs, _BOTH),
    kinds.Rsqrt: _Rule(elementwise.check_rsqrt),
    kinds.Minimum: _Rule(elementwise.check_extremum, _BOTH),
    kinds.Maximum: _Rule(elementwise.check_extremum, _BOTH),
    kinds.Concatenation: _Rule(shape.check_concatenation, _BOTH),
    kinds.Pack: _Rule(movement.check_pack, _BOTH),
    kinds.ResizeBilinear: _Rule(movement.check_bilinear),
    kinds.ReadVariable: _Rule(state.check_read, _ANY),
    kinds.AssignVariable: _Rule(state.check_assign, _ANY),
    kinds.UnidirectionalSequenceLstm: _Rule(state.check_lstm, _BOTH),
    kinds.Svdf: _Rule(state.check_svdf),
    kinds.Dequantize: _Rule(islands.check_dequantize),
    kinds.Cast: _Rule(islands.check_cast),
    kinds.SelectV2: _Rule(islands.check_select, _BOTH),
    **dict.fromkeys(COMPARISONS, _Rule(islands.check_comparison)),
    **dict.fromkeys(set(UNARY) - {kinds.Elu, kinds.Abs}, _Rule(islands.check_function)),
    kinds.Gather: _Rule(movement.check_gather),
    **{
        kind: _Rule(movement.check_move)
        for kind in (
            kinds.MirrorPad, kinds.DepthToSpace, kinds.SpaceToDepth, kinds.GatherNd,
            kinds.SpaceToBatchNd, kinds.BatchToSpaceNd,
        )
    },
    **{
        kind: _Rule(movement.check_move, _BOTH)
        for kind in (
            kinds.ExpandDims, kinds.Squeeze, kinds.Transpose, kinds.StridedSlice, kinds.Slice,
            kinds.Split, kinds.SplitV, kinds.Unpack, kinds.ResizeNearestNeighbor,
            kinds.BroadcastTo, kinds.ReverseV2,
        )
    },
}  # fmt: skip
_FLOATS: dict[type[Attributes], _Rule] = {
    kinds.Dequantize: _Rule(islands.check_dequantize),
    kinds.Cast: _Rule(islands.check_cast),
    kinds.Quantize: _Rule(islands.check_float_quantize),
    **dict.fromkeys(UNARY, _Rule(islands.check_function)),
    **dict.fromkeys(MOVES, _Rule(islands.check_float_move)),
}
"""What is checked of operators on float32, between DEQUANTIZE and QUANTIZE."""
_BOOKKEEPING = "convert again with a fixed input shape, so that shapes are known"


def check_graph(graph: Graph) -> None:
    """Raises ModelFormatError where the graph contradicts itself, and UnsupportedModel, with every
    obstacle, where it holds what tinyrob cannot run exactly as TFLite Micro does."""
    found = obstacles_of(graph)
    if found:
        raise UnsupportedModel.of(found)


def obstacles_of(graph: Graph) -> list[Obstacle]:
    """All that tinyrob cannot run exactly as TFLite Micro does.

    Raises ModelFormatError where a tensor contradicts itself, and where operators contradict each
    other, unless something is found: that may come of it.
    """
    found: list[Obstacle] = []
    contradiction: ModelFormatError | None = None

    def attempt(check: Callable[[], None]) -> None:
        nonlocal contradiction
        try:
            check()
        except UnsupportedModel as error:
            found.extend(error.obstacles)
        except ModelFormatError as error:
            contradiction = contradiction or error

    _check_names(graph)
    used = {i for op in graph.ops for i in (*op.inputs, *op.outputs) if i >= 0}
    for index in sorted(used.union(graph.inputs, graph.outputs, graph.entries, graph.exits)):
        try:
            check_tensor(graph.tensors[index])
        except UnsupportedModel as error:
            found.extend(error.obstacles)
    attempt(partial(_check_border, graph))
    known = set(graph.inputs)
    known.update(i for i, t in enumerate(graph.tensors) if t.data is not None)
    known.update(i for i, t in enumerate(graph.tensors) if t.initial is not None)
    for index in range(len(graph.ops)):
        attempt(partial(_check_op, graph, index, known))
        known.update(graph.ops[index].outputs)
    made = {i for op in graph.ops for i in op.outputs}
    for index in graph.outputs:
        if index not in made:
            attempt(partial(_unmade, graph.tensors[index].name))
    if contradiction is not None and not found:
        raise contradiction
    return found


def _check_names(graph: Graph) -> None:
    names = {t.name for t in graph.tensors}
    if len(names) != len(graph.tensors) or "" in names:
        raise ModelFormatError("a tensor has no name of its own", "name each tensor differently")


def _unmade(name: str) -> None:
    raise ModelFormatError(f"no operator makes the network's output {name!r}")


def _check_op(graph: Graph, index: int, known: set[int]) -> None:
    op = graph.ops[index]
    site = Site(graph, index)
    floats = any(graph.tensors[i].dtype == "float32" for i in (*op.inputs, *op.outputs) if i >= 0)
    if isinstance(op.attributes, Foreign):
        what = op.attributes.what
        if floats and op.kind in ON_FLOATS:
            what, _ = left_in_float(graph, index)
        site.refuse(what, op.attributes.hint)
    rule = CHECKS.get(type(op.attributes))
    if floats:
        rule = _FLOATS.get(type(op.attributes))
        if rule is None:
            site.refuse(*left_in_float(graph, index))
    if rule is None:
        site.refuse("it is not computed before the network runs", _BOOKKEEPING)
    made = graph.tensors[op.outputs[0]].dtype if op.outputs and op.outputs[0] >= 0 else None
    site = Site(graph, index, rule.types if made is None else rule.types_for(made))
    if any(i < 0 for i in op.outputs) or (
        not op.outputs and not isinstance(op.attributes, kinds.AssignVariable)
    ):
        site.contradiction(f"has {len(op.outputs)} outputs")
    for i in op.inputs:
        if i >= 0 and i not in known:
            site.contradiction(f"uses tensor {graph.tensors[i].name!r} before it is made")
    for i in op.outputs:
        if graph.tensors[i].initial is not None:
            site.refuse(
                f"it writes to the variable {graph.tensors[i].name!r}",
                "only ASSIGN_VARIABLE and recurrent layers change variables",
            )
        if i in known:
            site.contradiction(f"makes tensor {graph.tensors[i].name!r} again")
    rule.check(site)


def _check_border(graph: Graph) -> None:
    for what, indices, outer in (
        ("input", graph.inputs, graph.entries),
        ("output", graph.outputs, graph.exits),
    ):
        if not indices:
            raise UnsupportedModel(f"the network has no {what}", "export a network with one")
        for index, shown in zip(indices, outer, strict=True):
            if what == "output" and _refused_itself(graph, index):
                continue
            _check_edge(graph.tensors[index], graph.tensors[shown].name, what)
    if len(set(graph.inputs)) != len(graph.inputs):
        raise UnsupportedModel("one tensor is two of the network's inputs", "give each its own")
    for index in graph.inputs:
        tensor = graph.tensors[index]
        if tensor.sample_shape == tensor.shape and len(tensor.shape) > 1:
            raise UnsupportedModel(
                f"the network's input {tensor.name!r} is a batch of {tensor.shape[0]}",
                "convert with a batch of 1",
            )


def _refused_itself(graph: Graph, index: int) -> bool:
    """Whether a float32 operator makes it, which says more than that it is no int8."""
    makers = (type(op.attributes) for op in graph.ops if index in op.outputs)
    return graph.tensors[index].dtype == "float32" and any(kind not in _FLOATS for kind in makers)


def _check_edge(tensor: Tensor, name: str, what: str) -> None:
    constant = tensor.data is not None or tensor.initial is not None
    if tensor.dtype not in _ANY or constant or tensor.quantization is None:
        raise UnsupportedModel(
            f"the network's {what} {name!r} is no quantized int8 or int16 activation",
            f"set the converter's inference_{what}_type = tf.int8, or tf.float32 or tf.uint8 with "
            "full int8 quantization",
        )
