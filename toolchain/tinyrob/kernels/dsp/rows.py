"""The kernels for Cortex-M with DSP."""

from __future__ import annotations

from tinyrob.kernels import narrow
from tinyrob.kernels.dsp import depthwise, describe, int16, packed, padded, state, winograd
from tinyrob.kernels.gates import CURVES
from tinyrob.kernels.kernel import InstructionSet, Kernel, first_input, not_repeated
from tinyrob.kernels.portable import describe as portable

_GATHER = (
    "tr_dsp_clamp", "tr_dsp_copy_window", "tr_dsp_expand", "tr_dsp_expand_tails", "tr_dsp_gather",
    "tr_dsp_walk_start",
)  # fmt: skip
_CONV = ("tr_dsp_conv", "tr_dsp_dot", *_GATHER)
_2BIT = ("tr_dsp_conv_2bit", "tr_dsp_dot_2bit", "tr_dsp_packed_sums", *_GATHER)
_4BIT = ("tr_dsp_conv_4bit", "tr_dsp_dot_4bit", "tr_dsp_packed_sums", *_GATHER)

_SUMS16 = ("tr_dsp_dot16", "tr_dsp_outputs16")

_WINOGRAD = (
    "tr_dsp_winograd", "tr_dsp_winograd_inputs", "tr_dsp_winograd_kernels",
    "tr_dsp_winograd_outputs", "tr_dsp_winograd_products",
)  # fmt: skip

_SMALL = (
    "tr_average_pool_dsp_s8", "tr_conv2d_add_dsp_s8", "tr_conv2d_add_winograd_dsp_s8",
    "tr_conv2d_dsp_s8", "tr_conv2d_padded_dsp_s8", "tr_conv2d_short12_dsp_s8",
    "tr_conv2d_short2_dsp_s8", "tr_conv2d_short6_dsp_s8", "tr_conv2d_short8_dsp_s8",
    "tr_conv2d_short_dsp_s8", "tr_conv2d_winograd_dsp_s8", "tr_dsp_add", "tr_dsp_clamp",
    "tr_dsp_conv", "tr_dsp_filled_up", "tr_dsp_gather", "tr_dsp_walk_start", "tr_dsp_winograd",
    "tr_fully_connected_dsp_s8", "tr_fully_connected_scaled_dsp_s8", "tr_transpose_conv_dsp_s8",
)  # fmt: skip
"""They start what others compute."""

# Those made of assembly gain nothing by -O3, and grow by a half.
DSP = InstructionSet("dsp", (
    Kernel(
        "CONV_2D", "dsp", "tr_conv2d_short2_dsp_s8", describe.conv2d_short,
        describe.conv2d_short2_accepts, describe.conv2d_short_scratch, describe.conv2d_in_place,
        align=4,
        parts=("tr_dsp_clamp", "tr_dsp_copy_window", "tr_dsp_short2", "tr_dsp_walk_start"),
    ),
    Kernel(
        "CONV_2D", "dsp", "tr_conv2d_short_dsp_s8", describe.conv2d_short,
        describe.conv2d_short_accepts, describe.conv2d_short_scratch, describe.conv2d_in_place,
        align=4,
        parts=("tr_dsp_clamp", "tr_dsp_copy_window", "tr_dsp_short", "tr_dsp_walk_start"),
    ),
    Kernel(
        "CONV_2D", "dsp", "tr_conv2d_short6_dsp_s8", describe.conv2d_short,
        describe.conv2d_short6_accepts, describe.conv2d_short_scratch, describe.conv2d_in_place,
        align=4,
        parts=("tr_dsp_clamp", "tr_dsp_copy_window", "tr_dsp_short6", "tr_dsp_walk_start"),
    ),
    Kernel(
        "CONV_2D", "dsp", "tr_conv2d_short8_dsp_s8", describe.conv2d_short,
        describe.conv2d_short8_accepts, describe.conv2d_short_scratch, describe.conv2d_in_place,
        align=4,
        parts=("tr_dsp_clamp", "tr_dsp_copy_window", "tr_dsp_short8", "tr_dsp_walk_start"),
    ),
    Kernel(
        "CONV_2D", "dsp", "tr_conv2d_short12_dsp_s8", describe.conv2d_short,
        describe.conv2d_short12_accepts, describe.conv2d_short_scratch, describe.conv2d_in_place,
        align=4,
        parts=("tr_dsp_clamp", "tr_dsp_copy_window", "tr_dsp_short12", "tr_dsp_walk_start"),
    ),
    Kernel(
        "CONV_2D", "dsp", "tr_conv2d_padded_dsp_s8", describe.conv2d_shared, padded.accepts,
        padded.scratch, align=4, parts=("tr_conv2d_dsp_s8", *_CONV),
    ),
    Kernel(
        "CONV_2D", "dsp", "tr_conv2d_dsp_s8", describe.conv2d_shared,
        describe.conv2d_accepts, describe.conv2d_shared_scratch, describe.conv2d_in_place,
        align=4, parts=_CONV,
    ),
    Kernel(
        "CONV_2D", "dsp", "tr_conv2d_winograd_dsp_s8", winograd.conv2d, winograd.accepts,
        winograd.scratch, align=4, parts=("tr_dsp_clamp", *_WINOGRAD), roomy=True,
    ),
    Kernel(
        "CONV_2D_GROUPED", "dsp", "tr_conv2d_grouped_dsp_s8", describe.conv2d_grouped.describe,
        describe.conv2d_grouped.accepts, describe.conv2d_grouped.scratch, align=4,
        parts=("tr_conv2d_dsp_s8", *_CONV),
    ),
    Kernel(
        "TRANSPOSE_CONV", "dsp", "tr_transpose_conv_dsp_s8", describe.transpose_conv.describe,
        describe.transpose_conv.accepts, describe.transpose_conv.scratch, align=4,
        parts=("tr_conv2d_dsp_s8", *_CONV),
    ),
    Kernel(
        "CONV_2D_ADD", "dsp", "tr_conv2d_add_dsp_s8", describe.conv2d_add,
        describe.conv2d_add_accepts, describe.conv2d_add_scratch,
        describe.conv2d_add_in_place, align=4, parts=(*_CONV, "tr_dsp_add"),
    ),
    Kernel(
        "CONV_2D_ADD", "dsp", "tr_conv2d_add_winograd_dsp_s8", winograd.conv2d_add,
        winograd.sum_accepts, winograd.add_scratch, describe.conv2d_add_in_place, align=4,
        parts=("tr_dsp_add", "tr_dsp_clamp", *_WINOGRAD), roomy=True,
    ),
    Kernel(
        "CONV_2D_2BIT", "dsp", "tr_conv2d_2bit_dsp_s8", packed.conv2d(2), packed.accepts(2),
        packed.scratch, describe.conv2d_in_place, align=4, parts=_2BIT,
        slowdown=packed.slowdown,
    ),
    Kernel(
        "CONV_2D_4BIT", "dsp", "tr_conv2d_4bit_dsp_s8", packed.conv2d(4), packed.accepts(4),
        packed.scratch, describe.conv2d_in_place, align=4, parts=_4BIT,
        slowdown=packed.slowdown,
    ),
    Kernel(
        "CONV_2D_ADD_2BIT", "dsp", "tr_conv2d_add_2bit_dsp_s8", packed.conv2d_add(2),
        packed.accepts(2), packed.scratch, describe.conv2d_add_in_place, align=4,
        parts=(*_2BIT, "tr_dsp_add"), slowdown=packed.slowdown,
    ),
    Kernel(
        "CONV_2D_ADD_4BIT", "dsp", "tr_conv2d_add_4bit_dsp_s8", packed.conv2d_add(4),
        packed.accepts(4), packed.scratch, describe.conv2d_add_in_place, align=4,
        parts=(*_4BIT, "tr_dsp_add"), slowdown=packed.slowdown,
    ),
    Kernel(
        "DEPTHWISE_CONV_2D", "dsp", "tr_depthwise_conv2d_once_dsp_s8",
        depthwise.conv2d_once, depthwise.once_accepts, in_place=first_input,
        parts=("tr_dsp_clamp",),
    ),
    Kernel(
        "DEPTHWISE_CONV_2D", "dsp", "tr_depthwise_conv2d_nine_dsp_s8",
        depthwise.conv2d_nine, depthwise.nine_accepts,
        depthwise.nine_scratch, depthwise.in_place, align=4,
        parts=("tr_dsp_clamp", "tr_dsp_nine"),
    ),
    Kernel(
        "DEPTHWISE_CONV_2D", "dsp", "tr_depthwise_conv2d_3x3_dsp_s8",
        depthwise.conv2d_square, depthwise.square_accepts,
        depthwise.square_scratch, depthwise.in_place, align=4,
        parts=("tr_dsp_clamp", "tr_dsp_depthwise3", "tr_dsp_planes"),
    ),
    Kernel(
        "DEPTHWISE_CONV_2D", "dsp", "tr_depthwise_conv2d_row_dsp_s8",
        depthwise.conv2d_row, depthwise.row_accepts,
        depthwise.row_scratch, depthwise.row_in_place, align=4,
        parts=("tr_dsp_clamp", "tr_dsp_depthwise1", "tr_dsp_lines_row"),
    ),
    Kernel(
        "DEPTHWISE_CONV_2D", "dsp", "tr_depthwise_conv2d_dsp_s8", depthwise.conv2d,
        depthwise.accepts, depthwise.scratch,
        depthwise.in_place, align=4, parts=("tr_dsp_clamp", "tr_dsp_taps"),
    ),
    Kernel(
        "FULLY_CONNECTED", "dsp", "tr_fully_connected_scaled_dsp_s8",
        describe.fully_connected_scaled, describe.fully_connected_scaled_accepts,
        describe.fully_connected_scratch,
        parts=("tr_dsp_clamp", "tr_dsp_dense", "tr_dsp_filled_up"),
    ),
    Kernel(
        "FULLY_CONNECTED", "dsp", "tr_fully_connected_dsp_s8", describe.fully_connected,
        describe.fully_connected_accepts, describe.fully_connected_scratch,
        parts=("tr_dsp_dot1", "tr_dsp_dot2", "tr_dsp_dot4", "tr_dsp_filled_up"),
    ),
    Kernel(
        "AVERAGE_POOL_2D", "dsp", "tr_average_pool_dsp_s8", portable.pool,
        describe.average_pool_accepts,
    ),
    Kernel(
        "LSTM", "dsp", "tr_lstm_dsp_s8", state.lstm, state.lstm_accepts, state.lstm_scratch,
        align=4, parts=("tr_dsp_dot4", "tr_dsp_filled_up", *CURVES),
    ),
    Kernel(
        "LSTM", "dsp", "tr_lstm_dsp_s16", state.lstm16, scratch=state.lstm16_scratch, align=4,
        parts=("tr_dsp_dot16", *CURVES), dtype="int16",
    ),
    Kernel(
        "SVDF", "dsp", "tr_svdf_dsp_s8", state.svdf, state.svdf_accepts, state.svdf_scratch,
        align=4, parts=("tr_dsp_dot4", "tr_dsp_filled_up"),
    ),
    Kernel(
        "BATCH_MATMUL", "dsp", "tr_batch_matmul_dsp_s8", portable.batch_matmul,
        portable.rows_in_one_piece, describe.batch_matmul_scratch, align=4,
        parts=("tr_dsp_filled_up",),
    ),
    Kernel("MAX_POOL_2D", "dsp", "tr_max_pool_dsp_s8", portable.pool),
    Kernel(
        "ADD", "dsp", "tr_add_dsp_s8", portable.add, describe.add_accepts,
        in_place=not_repeated, parts=("tr_dsp_add", "tr_dsp_clamp"),
    ),
    Kernel(
        "CONV_2D", "dsp", "tr_conv2d_dsp_s16", int16.conv2d, scratch=int16.conv2d_scratch,
        align=4, parts=_SUMS16, dtype="int16",
    ),
    Kernel(
        "CONV_2D_GROUPED", "dsp", "tr_conv2d_grouped_dsp_s16", int16.conv2d_grouped.describe,
        int16.conv2d_grouped.accepts, int16.conv2d_grouped.scratch, align=4,
        parts=("tr_conv2d_dsp_s16", *_SUMS16), dtype="int16",
    ),
    Kernel(
        "TRANSPOSE_CONV", "dsp", "tr_transpose_conv_dsp_s16", int16.transpose_conv.describe,
        int16.transpose_conv.accepts, int16.transpose_conv.scratch, align=4,
        parts=("tr_conv2d_dsp_s16", *_SUMS16), dtype="int16",
    ),
    Kernel(
        "DEPTHWISE_CONV_2D", "dsp", "tr_depthwise_conv2d_dsp_s16", narrow.depthwise_conv2d,
        int16.depthwise_accepts, align=4, dtype="int16",
    ),
    Kernel(
        "FULLY_CONNECTED", "dsp", "tr_fully_connected_dsp_s16", int16.fully_connected,
        scratch=int16.fully_connected_scratch, align=4,
        parts=_SUMS16, dtype="int16",
    ),
), objects=("%_dsp_s8", "%_dsp_s16", "tr_dsp_%"), flags="-O2", small=_SMALL)  # fmt: skip
