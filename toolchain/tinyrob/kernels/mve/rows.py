"""The kernels for Cortex-M with the vector extension."""

from __future__ import annotations

from tinyrob.kernels import narrow
from tinyrob.kernels.gates import CURVES
from tinyrob.kernels.kernel import InstructionSet, Kernel, not_repeated
from tinyrob.kernels.mve import depthwise, describe, int16, state
from tinyrob.kernels.portable import describe as portable

_CONV = ("tr_mve_conv_row", "tr_mve_dot", "tr_mve_few", "tr_mve_strip")
_CONV16 = ("tr_mve_outputs16", "tr_mve_strip")

_SMALL = (
    "tr_conv2d_add_mve_s8", "tr_conv2d_mve_s8",
    "tr_depthwise_conv2d_mve_s8", "tr_depthwise_conv2d_pairs_mve_s8",
    "tr_fully_connected_mve_s8", "tr_mve_conv_row", "tr_mve_planes", "tr_mve_strip",
)  # fmt: skip
"""What loops over assembly."""

MVE = InstructionSet("mve", (
    Kernel(
        "CONV_2D", "mve", "tr_conv2d_mve_s8", describe.conv2d, describe.conv2d_accepts,
        describe.conv2d_scratch, align=4, parts=_CONV,
    ),
    Kernel(
        "CONV_2D_GROUPED", "mve", "tr_conv2d_grouped_mve_s8", describe.conv2d_grouped.describe,
        describe.conv2d_grouped.accepts, describe.conv2d_grouped.scratch, align=4,
        parts=("tr_conv2d_mve_s8", *_CONV),
    ),
    Kernel(
        "TRANSPOSE_CONV", "mve", "tr_transpose_conv_mve_s8", describe.transpose_conv.describe,
        describe.transpose_conv.accepts, describe.transpose_conv.scratch, align=4,
        parts=("tr_conv2d_mve_s8", *_CONV),
    ),
    Kernel(
        "CONV_2D_ADD", "mve", "tr_conv2d_add_mve_s8", describe.conv2d_add,
        describe.conv2d_add_accepts, describe.conv2d_add_scratch,
        describe.conv2d_add_in_place, align=4, parts=(*_CONV, "tr_mve_add"),
    ),
    Kernel(
        "DEPTHWISE_CONV_2D", "mve", "tr_depthwise_conv2d_pairs_mve_s8", depthwise.describe_layer,
        depthwise.accepts_pairs, depthwise.scratch, align=4,
        parts=("tr_mve_pairs", "tr_mve_planes"), vector_products=True,
    ),
    Kernel(
        "DEPTHWISE_CONV_2D", "mve", "tr_depthwise_conv2d_mve_s8", depthwise.describe_layer,
        depthwise.accepts, depthwise.scratch, align=4,
        parts=("tr_mve_planes",), vector_products=True,
    ),
    Kernel(
        "FULLY_CONNECTED", "mve", "tr_fully_connected_mve_s8", describe.fully_connected,
        describe.fully_connected_accepts,
    ),
    Kernel(
        "ADD", "mve", "tr_add_mve_s8", portable.add, describe.add_accepts,
        in_place=not_repeated, parts=("tr_mve_add",),
    ),
    Kernel("AVERAGE_POOL_2D", "mve", "tr_average_pool_mve_s8", portable.pool),
    Kernel(
        "BATCH_MATMUL", "mve", "tr_batch_matmul_mve_s8", portable.batch_matmul,
        portable.rows_in_one_piece, describe.batch_matmul_scratch, align=4,
    ),
    Kernel("MAX_POOL_2D", "mve", "tr_max_pool_mve_s8", portable.pool),
    Kernel("LSTM", "mve", "tr_lstm_mve_s8", state.lstm, align=4, parts=CURVES),
    Kernel("LSTM", "mve", "tr_lstm_mve_s16", state.lstm16, align=4, parts=CURVES, dtype="int16"),
    Kernel("SVDF", "mve", "tr_svdf_mve_s8", state.svdf, align=4),
    Kernel("MEAN", "mve", "tr_mean_mve_s8", portable.mean, describe.mean_accepts),
    Kernel(
        "CONV_2D", "mve", "tr_conv2d_mve_s16", int16.conv2d, int16.conv2d_accepts,
        int16.conv2d_scratch, align=4, parts=_CONV16, dtype="int16",
    ),
    Kernel(
        "CONV_2D_GROUPED", "mve", "tr_conv2d_grouped_mve_s16", int16.conv2d_grouped.describe,
        int16.conv2d_grouped.accepts, int16.conv2d_grouped.scratch, align=4,
        parts=("tr_conv2d_mve_s16", *_CONV16), dtype="int16",
    ),
    Kernel(
        "TRANSPOSE_CONV", "mve", "tr_transpose_conv_mve_s16", int16.transpose_conv.describe,
        int16.transpose_conv.accepts, int16.transpose_conv.scratch, align=4,
        parts=("tr_conv2d_mve_s16", *_CONV16), dtype="int16",
    ),
    Kernel(
        "DEPTHWISE_CONV_2D", "mve", "tr_depthwise_conv2d_mve_s16", narrow.depthwise_conv2d,
        narrow.depthwise_accepts, align=4, dtype="int16",
    ),
    Kernel(
        "FULLY_CONNECTED", "mve", "tr_fully_connected_mve_s16", int16.fully_connected, align=4,
        parts=("tr_mve_outputs16",), dtype="int16",
    ),
), small=_SMALL)  # fmt: skip
