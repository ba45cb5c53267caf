"""The graph, run in NumPy: equal to TFLite Micro on every tensor, for many inputs at once.

Inside, an activation is an int8 array (N, *tensor.shape): one more axis in front of the tensor's
own, so that an operator works on N samples whatever it does to the tensor's axes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from tinyrob.ir.graph import Graph
from tinyrob.ir.interp.common import Call, Int8Array
from tinyrob.ir.interp.elementwise import (
    run_add,
    run_maximum,
    run_minimum,
    run_quantize,
    run_relu,
    run_relu6,
    run_softmax,
)
from tinyrob.ir.interp.matmul import run_convolution, run_dense, run_depthwise
from tinyrob.ir.interp.pool import run_average_pool, run_max_pool
from tinyrob.ir.interp.shape import run_concatenation, run_mean, run_pad, run_reshape

RUN: dict[str, Callable[[Call], Int8Array]] = {
    "CONV_2D": run_convolution,
    "DEPTHWISE_CONV_2D": run_depthwise,
    "FULLY_CONNECTED": run_dense,
    "ADD": run_add,
    "AVERAGE_POOL_2D": run_average_pool,
    "MAX_POOL_2D": run_max_pool,
    "MEAN": run_mean,
    "RESHAPE": run_reshape,
    "PAD": run_pad,
    "SOFTMAX": run_softmax,
    "RELU": run_relu,
    "RELU6": run_relu6,
    "QUANTIZE": run_quantize,
    "MINIMUM": run_minimum,
    "MAXIMUM": run_maximum,
    "CONCATENATION": run_concatenation,
}
# Bytes of the largest activation times this are what one batch may take.
_BATCH_BYTES = 2**22


def interpret(graph: Graph, inputs: NDArray[np.int8]) -> Int8Array:
    """int8 outputs (N, *output sample shape) for int8 inputs (N, *input sample shape).

    ``graph`` must be valid (``rules.check_graph``). Raises ValueError for other inputs.
    """
    tensor, output = graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
    if inputs.dtype != np.int8 or inputs.shape[1:] != tensor.sample_shape:
        raise ValueError(f"inputs are {inputs.dtype} {inputs.shape}, not int8 (N, ...)")
    results = np.empty((len(inputs), *output.sample_shape), np.int8)
    largest = max(t.elements for t in graph.tensors if t.data is None)
    step = max(1, _BATCH_BYTES // largest)
    for start in range(0, len(inputs), step):
        batch = inputs[start : start + step]
        for index, value in _run(graph, batch):
            if index == graph.outputs[0]:
                results[start : start + step] = value.reshape(len(batch), *output.sample_shape)
    return results


def trace(graph: Graph, one: NDArray[np.int8]) -> dict[str, Int8Array]:
    """Every operator's output by name, in execution order and without the batch axis, for one
    int8 input of the input's sample shape. Raises ValueError for another input."""
    tensor = graph.tensors[graph.inputs[0]]
    if one.dtype != np.int8 or one.shape != tensor.sample_shape:
        raise ValueError(f"the input is {one.dtype} {one.shape}, not int8 {tensor.sample_shape}")
    return {
        graph.tensors[index].name: value.reshape(graph.tensors[index].sample_shape)
        for index, value in _run(graph, one[None])
    }


def _run(graph: Graph, batch: NDArray[np.int8]) -> Iterator[tuple[int, Int8Array]]:
    """Each operator's output; a value is dropped behind its last use."""
    last = {i: n for n, op in enumerate(graph.ops) for i in op.inputs}
    shape = graph.tensors[graph.inputs[0]].shape
    values: dict[int, Int8Array] = {graph.inputs[0]: batch.reshape(len(batch), *shape)}
    for n, op in enumerate(graph.ops):
        index = op.outputs[0]
        values[index] = RUN[op.kind](Call(graph, op, values))
        yield index, values[index]
        for used in {*op.inputs, index}:
            if last.get(used, -1) <= n:
                values.pop(used, None)
