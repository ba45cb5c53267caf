"""What a valid graph is: everything that the kernels and the interpreter may rely on.

Shapes follow from the operators, quantizations are those that TFLite Micro takes, and no int32
accumulator can overflow for any int8 input. TFLite Micro itself checks only part of this.
"""

from __future__ import annotations

from collections.abc import Callable

from tinyrob.errors import ModelFormatError, UnsupportedModel
from tinyrob.ir.graph import Graph
from tinyrob.ir.rules.common import Site, check_tensor
from tinyrob.ir.rules.elementwise import (
    check_add,
    check_extremum,
    check_quantize,
    check_relu,
    check_relu6,
    check_softmax,
)
from tinyrob.ir.rules.matmul import check_convolution, check_dense, check_depthwise
from tinyrob.ir.rules.pool import check_pool
from tinyrob.ir.rules.shape import check_concatenation, check_mean, check_pad, check_reshape

CHECKS: dict[str, Callable[[Site], None]] = {
    "CONV_2D": check_convolution,
    "DEPTHWISE_CONV_2D": check_depthwise,
    "FULLY_CONNECTED": check_dense,
    "ADD": check_add,
    "AVERAGE_POOL_2D": check_pool,
    "MAX_POOL_2D": check_pool,
    "MEAN": check_mean,
    "RESHAPE": check_reshape,
    "PAD": check_pad,
    "SOFTMAX": check_softmax,
    "RELU": check_relu,
    "RELU6": check_relu6,
    "QUANTIZE": check_quantize,
    "MINIMUM": check_extremum,
    "MAXIMUM": check_extremum,
    "CONCATENATION": check_concatenation,
}


def check_graph(graph: Graph) -> None:
    """Raises ModelFormatError where the graph contradicts itself, and UnsupportedModel where it
    holds what tinyrob cannot run exactly as TFLite Micro does."""
    for tensor in graph.tensors:
        check_tensor(tensor)
    names = {t.name for t in graph.tensors}
    if len(names) != len(graph.tensors) or "" in names:
        raise ModelFormatError("a tensor has no name of its own", "name each tensor differently")
    _check_border(graph)
    known = set(graph.inputs) | {i for i, t in enumerate(graph.tensors) if t.data is not None}
    for index, op in enumerate(graph.ops):
        site = Site(graph, index)
        if len(op.outputs) != 1 or op.outputs[0] < 0:
            site.contradiction(f"has {len(op.outputs)} outputs instead of one")
        for i in op.inputs:
            if i >= 0 and i not in known:
                site.contradiction(f"uses tensor {graph.tensors[i].name!r} before it is made")
        if op.outputs[0] in known:
            site.contradiction(f"makes tensor {graph.tensors[op.outputs[0]].name!r} again")
        CHECKS[op.kind](site)
        known.add(op.outputs[0])
    made = {op.outputs[0] for op in graph.ops}
    if graph.outputs[0] not in made:
        name = graph.tensors[graph.outputs[0]].name
        raise ModelFormatError(f"no operator makes the network's output {name!r}")


def _check_border(graph: Graph) -> None:
    for what, indices in (("input", graph.inputs), ("output", graph.outputs)):
        if len(indices) != 1:
            raise UnsupportedModel(
                f"the network has {len(indices)} {what}s; tinyrob takes one",
                "split the network, or concatenate in front of the converter",
            )
        tensor = graph.tensors[indices[0]]
        if tensor.dtype != "int8" or tensor.data is not None or tensor.quantization is None:
            raise UnsupportedModel(
                f"the network's {what} {tensor.name!r} is no quantized int8 activation",
                f"set the converter's inference_{what}_type = tf.int8",
            )
    tensor = graph.tensors[graph.inputs[0]]
    if tensor.sample_shape == tensor.shape and len(tensor.shape) > 1:
        raise UnsupportedModel(
            f"the network's input {tensor.name!r} is a batch of {tensor.shape[0]}",
            "convert with a batch of 1",
        )
