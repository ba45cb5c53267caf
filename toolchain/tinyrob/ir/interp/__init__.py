"""The graph, run in NumPy: equal to TFLite Micro on every tensor, for many inputs at once.

Inside, an activation is an array (N, *tensor.shape): one more axis in front of the tensor's own,
so that an operator works on N samples whatever it does to the tensor's axes. With variables there
is one sample at a time: each begins where the one before it ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from tinyrob.ir import operators as kinds
from tinyrob.ir.comparisons import COMPARISONS
from tinyrob.ir.graph import Graph, numpy_type
from tinyrob.ir.interp import (
    elementwise,
    islands,
    matmul,
    places,
    pool,
    products,
    rows,
    shape,
    state,
)
from tinyrob.ir.interp.common import Array, Call
from tinyrob.ir.islands import UNARY
from tinyrob.ir.lookup import LOOKUPS
from tinyrob.ir.moves import MOVES

_Run = Callable[[Call], Array | tuple[Array, ...]]

RUN: dict[type[kinds.Attributes], _Run] = {
    **dict.fromkeys(MOVES, shape.run_move),
    **dict.fromkeys(UNARY, islands.run_function),
    **dict.fromkeys(LOOKUPS, islands.run_unary),
    **dict.fromkeys(COMPARISONS, islands.run_comparison),
    kinds.Dequantize: islands.run_entry,
    kinds.Cast: islands.run_entry,
    kinds.SelectV2: islands.run_select,
    kinds.LogicalAnd: islands.run_both,
    kinds.LogicalOr: islands.run_either,
    kinds.LogicalNot: islands.run_not,
    kinds.ReduceAll: islands.run_all,
    kinds.ArgMax: places.run_arg,
    kinds.ArgMin: places.run_arg,
    kinds.Cumsum: places.run_cumsum,
    kinds.AddN: places.run_add_n,
    kinds.Conv2D: matmul.run_convolution,
    kinds.DepthwiseConv2D: matmul.run_depthwise,
    kinds.FullyConnected: matmul.run_dense,
    kinds.TransposeConv: products.run_transpose_conv,
    kinds.BatchMatmul: products.run_batch_matmul,
    kinds.L2Normalization: rows.run_l2_normalization,
    kinds.LogSoftmax: rows.run_log_softmax,
    kinds.Div: elementwise.run_div,
    kinds.Add: elementwise.run_add,
    kinds.Sub: elementwise.run_sub,
    kinds.Mul: elementwise.run_mul,
    kinds.SquaredDifference: elementwise.run_squared_difference,
    kinds.Prelu: elementwise.run_prelu,
    kinds.AveragePool2D: pool.run_average_pool,
    kinds.MaxPool2D: pool.run_max_pool,
    kinds.Mean: shape.run_mean,
    kinds.Sum: shape.run_mean,
    kinds.ReduceMax: shape.run_reduce_max,
    kinds.ReduceMin: shape.run_reduce_min,
    kinds.Reshape: shape.run_reshape,
    kinds.Pad: shape.run_pad,
    kinds.PadV2: shape.run_pad_v2,
    kinds.Softmax: elementwise.run_softmax,
    kinds.Relu: elementwise.run_relu,
    kinds.Relu6: elementwise.run_relu6,
    kinds.Quantize: islands.run_quantize,
    kinds.Minimum: elementwise.run_minimum,
    kinds.Maximum: elementwise.run_maximum,
    kinds.Concatenation: shape.run_concatenation,
    kinds.Pack: shape.run_pack,
    kinds.ResizeBilinear: shape.run_bilinear,
    kinds.ReadVariable: state.run_read,
    kinds.AssignVariable: state.run_assign,
    kinds.UnidirectionalSequenceLstm: state.run_lstm,
    kinds.Svdf: state.run_svdf,
}
# Bytes of the largest activation times this are what one batch may take.
_BATCH_BYTES = 2**22


def interpret(graph: Graph, inputs: Array) -> Array:
    """int8 outputs (N, *output sample shape) for int8 inputs (N, *input sample shape), of a graph
    with one of each.

    ``graph`` must be valid (``rules.check_graph``). Raises ValueError for other inputs.
    """
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise ValueError(f"the graph has {len(graph.inputs)} inputs, {len(graph.outputs)} outputs")
    return interpret_all(graph, (inputs,))[0]


def interpret_all(graph: Graph, inputs: Sequence[Array]) -> tuple[Array, ...]:
    """Every output (N, *sample shape) for every input (N, *sample shape): integers, as the
    operators see them (``Graph.inputs``). Variables hold their first values before sample 0.
    """
    for index, values in zip(graph.inputs, inputs, strict=True):
        tensor = graph.tensors[index]
        if values.dtype != numpy_type(tensor.dtype) or values.shape[1:] != tensor.sample_shape:
            raise ValueError(
                f"inputs are {values.dtype} {values.shape}, not {tensor.dtype} (N, ...)"
            )
    count = len(inputs[0])
    outputs = [graph.tensors[i] for i in graph.outputs]
    results = tuple(np.empty((count, *t.sample_shape), numpy_type(t.dtype)) for t in outputs)
    largest = max(t.elements for t in graph.tensors if t.data is None)
    step = 1 if graph.stateful else max(1, _BATCH_BYTES // max(largest, 1))
    variables = _first_values(graph)
    for start in range(0, count, step):
        batch = [values[start : start + step] for values in inputs]
        size = len(batch[0])
        for index, value in _run(graph, batch, variables):
            for position, wanted in enumerate(graph.outputs):
                if index == wanted:
                    shaped = value.reshape(size, *outputs[position].sample_shape)
                    results[position][start : start + step] = shaped
    return results


def trace(graph: Graph, one: Array | Sequence[Array]) -> dict[str, Array]:
    """Every operator's outputs by name, in execution order and without the batch axis, for one
    input of the sample shape (several: a sequence of them). Float32 between integers is left out:
    a layer's code has none. Raises ValueError for another."""
    inputs = [one] if isinstance(one, np.ndarray) else list(one)
    for index, values in zip(graph.inputs, inputs, strict=True):
        tensor = graph.tensors[index]
        if values.dtype != numpy_type(tensor.dtype) or values.shape != tensor.sample_shape:
            raise ValueError(
                f"the input is {values.dtype} {values.shape}, not {tensor.dtype} "
                f"{tensor.sample_shape}"
            )
    return {
        graph.tensors[index].name: value.reshape(graph.tensors[index].sample_shape)
        for index, value in _run(graph, [v[None] for v in inputs], _first_values(graph))
        if graph.tensors[index].dtype != "float32"
    }


def _first_values(graph: Graph) -> dict[int, Array]:
    return {i: t.initial[None] for i, t in enumerate(graph.tensors) if t.initial is not None}


def _run(
    graph: Graph, batch: Sequence[Array], variables: dict[int, Array]
) -> Iterator[tuple[int, Array]]:
    """Each operator's outputs; values are dropped behind their last use, variables updated."""
    last = {i: n for n, op in enumerate(graph.ops) for i in op.inputs}
    values: dict[int, Array] = dict(variables)
    for index, given in zip(graph.inputs, batch, strict=True):
        values[index] = given.reshape(len(given), *graph.tensors[index].shape)
    for n, op in enumerate(graph.ops):
        made = RUN[type(op.attributes)](Call(graph, op, values))
        made = made if isinstance(made, tuple) else (made,)
        for index, value in zip(op.outputs, made, strict=True):
            values[index] = value
            yield index, value
        for used in {*op.inputs, *op.outputs}:
            if last.get(used, -1) <= n and used not in variables:
                values.pop(used, None)
    variables.update((index, values[index]) for index in variables)
