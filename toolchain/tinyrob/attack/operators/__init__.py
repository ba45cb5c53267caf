"""What each operator computes in real numbers, differentiable, before its output is rounded.

One function an operator, in files by family as lowering has them, in one table, which a test
compares with the operators of ``ir``.
"""

from __future__ import annotations

from collections.abc import Mapping

from tinyrob.attack.operators import elementwise, movement, reductions, weighted
from tinyrob.attack.operators.site import Differentiable, Site, Value, dequantized, quantization
from tinyrob.errors import UnsupportedModel
from tinyrob.ir import graph as ir
from tinyrob.ir.comparisons import COMPARISONS
from tinyrob.ir.islands import UNARY
from tinyrob.ir.moves import MOVES

__all__ = [
    "OPERATORS",
    "Differentiable",
    "Site",
    "Value",
    "dequantized",
    "differentiable",
    "quantization",
]

OPERATORS: Mapping[type[ir.Attributes], Differentiable] = {
    ir.Conv2D: Differentiable(weighted.convolution),
    ir.DepthwiseConv2D: Differentiable(weighted.depthwise),
    ir.FullyConnected: Differentiable(weighted.dense),
    ir.TransposeConv: Differentiable(weighted.transpose_conv),
    ir.BatchMatmul: Differentiable(weighted.batch_matmul),
    ir.L2Normalization: Differentiable(reductions.l2_normalization),
    ir.LogSoftmax: Differentiable(reductions.log_softmax),
    ir.Div: Differentiable(elementwise.div),
    ir.Dequantize: Differentiable(elementwise.identity, rounds=False),
    ir.Cast: Differentiable(elementwise.identity, rounds=False),
    ir.SelectV2: Differentiable(elementwise.select, rounds=False),
    ir.LogicalAnd: Differentiable(elementwise.minimum, rounds=False),
    ir.LogicalOr: Differentiable(elementwise.maximum, rounds=False),
    ir.LogicalNot: Differentiable(elementwise.negated, rounds=False),
    ir.ReduceAll: Differentiable(reductions.least, rounds=False),
    ir.ArgMax: Differentiable(reductions.place, rounds=False),
    ir.ArgMin: Differentiable(reductions.place, rounds=False),
    ir.Cumsum: Differentiable(reductions.cumsum),
    ir.AddN: Differentiable(elementwise.add_n),
    **dict.fromkeys(COMPARISONS, Differentiable(elementwise.compared, rounds=False)),
    **dict.fromkeys(UNARY, Differentiable(elementwise.function, rounds=False)),
    ir.Add: Differentiable(elementwise.add),
    ir.Sub: Differentiable(elementwise.sub),
    ir.Mul: Differentiable(elementwise.mul),
    ir.SquaredDifference: Differentiable(elementwise.squared_difference),
    ir.Prelu: Differentiable(elementwise.prelu),
    ir.LeakyRelu: Differentiable(elementwise.leaky_relu),
    ir.Logistic: Differentiable(elementwise.logistic),
    ir.Tanh: Differentiable(elementwise.tanh),
    ir.HardSwish: Differentiable(elementwise.hard_swish),
    ir.Elu: Differentiable(elementwise.elu),
    ir.Abs: Differentiable(elementwise.absolute),
    ir.Rsqrt: Differentiable(elementwise.rsqrt),
    **dict.fromkeys(MOVES, Differentiable(movement.move, rounds=False)),
    ir.Pack: Differentiable(movement.pack, rounds=False),
    ir.ResizeBilinear: Differentiable(movement.bilinear),
    ir.PadV2: Differentiable(movement.pad, rounds=False),
    ir.Sum: Differentiable(reductions.total),
    ir.ReduceMax: Differentiable(reductions.greatest, rounds=False),
    ir.ReduceMin: Differentiable(reductions.least, rounds=False),
    ir.AveragePool2D: Differentiable(reductions.average_pool),
    ir.MaxPool2D: Differentiable(reductions.max_pool),
    ir.Mean: Differentiable(reductions.mean),
    ir.Pad: Differentiable(movement.pad, rounds=False),
    ir.Softmax: Differentiable(reductions.softmax),
    ir.Relu: Differentiable(elementwise.identity, clamp=ir.Activation.RELU),
    ir.Relu6: Differentiable(elementwise.identity, clamp=ir.Activation.RELU6),
    ir.Quantize: Differentiable(elementwise.identity),
    ir.Minimum: Differentiable(elementwise.minimum, rounds=False),
    ir.Maximum: Differentiable(elementwise.maximum, rounds=False),
    ir.Concatenation: Differentiable(movement.concatenation, rounds=False),
}
"""By operator; what has no row cannot be differentiated, and is refused by name."""


def differentiable(op: ir.Op, output: str) -> Differentiable:
    """The operator's row. Raises UnsupportedModel where it has none."""
    row = OPERATORS.get(type(op.attributes))
    if row is None:
        raise UnsupportedModel(
            f"the attack cannot differentiate {op.kind} ({output})",
            "give the network's Keras model with --surrogate, or run black-box attacks only",
        )
    return row
