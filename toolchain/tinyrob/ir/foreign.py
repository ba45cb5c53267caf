"""Networks of a kind that tinyrob does not take, each with a sentence of its own."""

from __future__ import annotations

from tinyrob.errors import Obstacle
from tinyrob.ir import operators as kinds
from tinyrob.ir.graph import Graph, Op
from tinyrob.ir.islands import INSIDE, origin
from tinyrob.ir.raw import Foreign

_QUANTIZE = (
    "quantize it to int8: `converter.representative_dataset = …` and "
    "`converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]`"
)
_NPUS = {
    "ethos": ("an Arm Ethos-U by Vela", "Vela"),
    "vela": ("an Arm Ethos-U by Vela", "Vela"),
    "edgetpu": ("a Coral Edge TPU", "edgetpu_compiler"),
    "neutron": ("an NXP eIQ Neutron NPU", "NXP's converter"),
}
"""Of custom operators' names, which chip they are for and what compiled them."""


def foreign_network(graph: Graph, sparse: bool = False) -> Obstacle | None:
    """The one obstacle of a network that is foreign as a whole; None where it is not.

    ``sparse``: whether constants are stored without their zeros.
    """
    for op in graph.ops:
        custom = op.kind.lower() if isinstance(op.attributes, Foreign) else ""
        for part, (chip, compiler) in _NPUS.items():
            if part in custom:
                return Obstacle(
                    "",
                    f"the network was compiled for {chip}: its operators are that chip's own "
                    "command stream",
                    f"give the .tflite from before {compiler}",
                )
    if sparse:
        return Obstacle(
            "",
            "the network is sparse: its weights are stored without their zeros, which TFLite "
            "Micro does not run",
            "convert without tf.lite.Optimize.EXPERIMENTAL_SPARSITY: zeros then stay zeros",
        )
    if any(_dtype(graph, i) == "float16" for op in graph.ops for i in op.inputs):
        what = "the network is float16: its weights are stored short, and computed with as float32"
        return Obstacle("", what, _QUANTIZE)
    computing = [
        op for op in graph.ops if not isinstance(op.attributes, (kinds.Quantize, kinds.Dequantize))
    ]
    floats = [
        op
        for op in computing
        if any(_dtype(graph, i) == "float32" for i in op.outputs) and not _island(graph, op)
    ]
    mixed = any([_dtype(graph, i) for i in op.inputs[:2]] == ["float32", "int8"] for op in floats)
    if mixed or (floats and _weights_only(graph, floats)):
        return Obstacle(
            "",
            "the network is hybrid: int8 weights with float32 activations (dynamic range "
            "quantization)",
            _QUANTIZE,
        )
    inside = any(isinstance(op.attributes, kinds.Quantize) for op in graph.ops)
    if floats and not inside and not any(_integers(graph, op) for op in computing):
        return Obstacle("", "the network is float32: nothing in it is quantized", _QUANTIZE)
    made = {_dtype(graph, i) for op in computing for i in op.outputs}
    if "uint8" in made and not made & {"int8", "int16"}:
        return Obstacle(
            "",
            "the network is uint8 throughout, as TensorFlow 1 quantized: TFLite Micro computes "
            "in int8",
            f"{_QUANTIZE}; its inputs and outputs may stay uint8",
        )
    return None


def _island(graph: Graph, op: Op) -> bool:
    """Whether it is a function of single integers that happens in float32."""
    inside = type(op.attributes) in INSIDE and op.outputs[0] >= 0
    return inside and origin(graph.ops, graph.tensors, op.outputs[0]) is not None


def _weights_only(graph: Graph, floats: list[Op]) -> bool:
    """Whether constants are dequantized, and computed with as floats."""
    made = {
        i
        for op in graph.ops
        if isinstance(op.attributes, kinds.Dequantize)
        and any(graph.tensors[k].data is not None for k in op.inputs if k >= 0)
        for i in op.outputs
    }
    return any(i in made for op in floats for i in op.inputs)


def _integers(graph: Graph, op: Op) -> bool:
    return any(_dtype(graph, i) in ("int8", "int16", "uint8") for i in op.outputs)


def _dtype(graph: Graph, index: int) -> str:
    return graph.tensors[index].dtype if index >= 0 else ""
