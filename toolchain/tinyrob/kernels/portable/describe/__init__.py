"""Layers as the descriptors of the portable kernels (firmware/include/tinyrob).

Kernels of another instruction set that read the same struct use these too, with their own weight
layout.
"""

from tinyrob.kernels.portable.describe.common import Layout, spec_of
from tinyrob.kernels.portable.describe.elementwise import (
    add,
    add_n,
    broadcast,
    compare,
    div,
    extremum,
    lookup,
    mul,
    prelu,
    requantize,
    select,
)
from tinyrob.kernels.portable.describe.movement import (
    bilinear,
    concatenation,
    copy,
    move,
    pad,
    rows,
    slide,
)
from tinyrob.kernels.portable.describe.reductions import (
    arg,
    cumsum,
    l2_normalization,
    log_softmax,
    mean,
    pool,
    reduce,
    softmax,
)
from tinyrob.kernels.portable.describe.state import lstm, svdf
from tinyrob.kernels.portable.describe.weighted import (
    batch_matmul,
    conv2d,
    conv2d_grouped,
    depthwise_conv2d,
    fully_connected,
    rows_in_one_piece,
    transpose_conv,
)

__all__ = [
    "Layout",
    "add",
    "add_n",
    "arg",
    "batch_matmul",
    "bilinear",
    "broadcast",
    "compare",
    "concatenation",
    "conv2d",
    "conv2d_grouped",
    "copy",
    "cumsum",
    "depthwise_conv2d",
    "div",
    "extremum",
    "fully_connected",
    "l2_normalization",
    "log_softmax",
    "lookup",
    "lstm",
    "mean",
    "move",
    "mul",
    "pad",
    "pool",
    "prelu",
    "reduce",
    "requantize",
    "rows",
    "rows_in_one_piece",
    "select",
    "slide",
    "softmax",
    "spec_of",
    "svdf",
    "transpose_conv",
]
