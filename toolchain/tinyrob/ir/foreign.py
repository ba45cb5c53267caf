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
_NPU = ("ethos", "vela")


def float_network(graph: Graph) -> Obstacle | None:
    """The one obstacle of a network that is foreign as a whole; None where it is not."""
    for op in graph.ops:
        if isinstance(op.attributes, Foreign) and any(n in op.kind.lower() for n in _NPU):
            return Obstacle(
                "",
                "the network was compiled for an Arm Ethos-U by Vela: its operators are that "
                "NPU's command stream",
                "give the .tflite from before Vela",
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
