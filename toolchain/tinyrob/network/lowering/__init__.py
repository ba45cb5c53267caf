"""From an operator to its layer's arithmetic: integer factors and an explicit clamp.

One small function an operator, in files by family as the specs are (``network/specs``); ``SPECS``
has them all.
"""

from __future__ import annotations

from collections.abc import Callable

from tinyrob.ir import graph as ir
from tinyrob.ir.comparisons import COMPARISONS
from tinyrob.ir.lookup import LOOKUPS
from tinyrob.network.lowering import elementwise, movement, reductions, weighted
from tinyrob.network.lowering.common import Lowered
from tinyrob.network.view import View

SPECS: dict[type[ir.Attributes], Callable[[View], Lowered]] = {
    ir.Conv2D: weighted.conv,
    ir.DepthwiseConv2D: weighted.depthwise,
    ir.FullyConnected: weighted.dense,
    ir.TransposeConv: weighted.transpose_conv,
    ir.BatchMatmul: weighted.batch_matmul,
    ir.L2Normalization: reductions.l2_normalization,
    ir.LogSoftmax: reductions.log_softmax,
    ir.Div: elementwise.div,
    ir.Add: elementwise.add,
    ir.Sub: elementwise.add,
    ir.SquaredDifference: elementwise.add,
    ir.Mul: elementwise.mul,
    ir.Prelu: elementwise.prelu,
    **dict.fromkeys(LOOKUPS, elementwise.lookup),
    ir.AveragePool2D: reductions.pool,
    ir.MaxPool2D: reductions.pool,
    ir.Mean: reductions.mean,
    ir.Sum: reductions.mean,
    ir.ReduceMax: reductions.extreme,
    ir.ReduceMin: reductions.extreme,
    ir.ReduceAll: reductions.every,
    ir.ArgMax: reductions.arg,
    ir.ArgMin: reductions.arg,
    ir.Cumsum: reductions.cumsum,
    ir.AddN: elementwise.add_n,
    ir.LogicalAnd: elementwise.logical,
    ir.LogicalOr: elementwise.logical,
    ir.LogicalNot: elementwise.negated,
    ir.Pad: movement.pad,
    ir.PadV2: movement.pad,
    ir.Softmax: reductions.softmax,
    ir.SelectV2: elementwise.select,
    **dict.fromkeys(COMPARISONS, elementwise.comparison),
    ir.Quantize: elementwise.quantize,
    ir.Relu: elementwise.relu,
    ir.Relu6: elementwise.relu6,
    ir.Minimum: elementwise.extremum,
    ir.Maximum: elementwise.extremum,
    ir.Concatenation: movement.concatenation,
    ir.Pack: movement.pack,
    ir.ResizeBilinear: movement.bilinear,
}
"""A layer's arithmetic and clamp from an operator; RESHAPE makes no layer."""
