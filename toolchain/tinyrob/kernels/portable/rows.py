"""The kernels in portable C: one for every kind of layer."""

from __future__ import annotations

from tinyrob.kernels.gates import CURVES
from tinyrob.kernels.kernel import InstructionSet, Kernel, every_input, first_input, not_repeated
from tinyrob.kernels.portable import describe, int16, packed

_INT8 = int16.requantizes("int8")
_INT16 = int16.requantizes("int16")
_INT32 = int16.requantizes("int32")

PORTABLE = InstructionSet("portable", (
    Kernel("CONV_2D", "portable", "tr_conv2d_s8", describe.conv2d),
    Kernel(
        "CONV_2D_GROUPED", "portable", "tr_conv2d_grouped_s8", describe.conv2d_grouped.describe,
        describe.conv2d_grouped.accepts, describe.conv2d_grouped.scratch, parts=("tr_conv2d_s8",),
    ),
    Kernel("DEPTHWISE_CONV_2D", "portable", "tr_depthwise_conv2d_s8", describe.depthwise_conv2d),
    Kernel("FULLY_CONNECTED", "portable", "tr_fully_connected_s8", describe.fully_connected),
    Kernel("ADD", "portable", "tr_add_s8", describe.add, in_place=not_repeated),
    Kernel("AVERAGE_POOL_2D", "portable", "tr_average_pool_s8", describe.pool),
    Kernel("MAX_POOL_2D", "portable", "tr_max_pool_s8", describe.pool),
    Kernel("MEAN", "portable", "tr_mean_s8", describe.mean),
    Kernel("PAD", "portable", "tr_pad_s8", describe.pad),
    Kernel("SOFTMAX", "portable", "tr_softmax_s8", describe.softmax, in_place=first_input),
    Kernel(
        "REQUANTIZE", "portable", "tr_requantize_s8", describe.requantize, _INT8,
        in_place=first_input,
    ),
    Kernel("MINIMUM", "portable", "tr_minimum_s8", describe.extremum, in_place=not_repeated),
    Kernel("MAXIMUM", "portable", "tr_maximum_s8", describe.extremum, in_place=not_repeated),
    Kernel("SUB", "portable", "tr_sub_s8", describe.add, in_place=not_repeated),
    Kernel(
        "SQUARED_DIFFERENCE", "portable", "tr_squared_difference_s8", describe.add,
        in_place=not_repeated,
    ),
    Kernel("TRANSPOSE_CONV", "portable", "tr_transpose_conv_s8", describe.transpose_conv),
    Kernel("BATCH_MATMUL", "portable", "tr_batch_matmul_s8", describe.batch_matmul),
    Kernel("L2_NORMALIZATION", "portable", "tr_l2_normalization_s8", describe.l2_normalization),
    Kernel("DIV", "portable", "tr_div_s8", describe.div, in_place=not_repeated),
    Kernel(
        "LOG_SOFTMAX", "portable", "tr_log_softmax_s8", describe.log_softmax, in_place=first_input
    ),
    Kernel("COMPARE", "portable", "tr_compare_s8", describe.compare, in_place=not_repeated),
    Kernel("SELECT", "portable", "tr_select_s8", describe.select),
    Kernel("MUL", "portable", "tr_mul_s8", describe.mul, in_place=not_repeated),
    Kernel("PRELU", "portable", "tr_prelu_s8", describe.prelu, in_place=not_repeated),
    Kernel("LOOKUP", "portable", "tr_lookup_s8", describe.lookup, in_place=first_input),
    Kernel("RESIZE_BILINEAR", "portable", "tr_resize_bilinear_s8", describe.bilinear),
    Kernel("MOVE", "portable", "tr_move", describe.move, dtype=None),
    Kernel("COPY", "portable", "tr_copy", describe.copy, dtype=None),
    Kernel("ROWS", "portable", "tr_rows_s8", describe.rows),
    Kernel("SLIDE", "portable", "tr_slide", describe.slide, dtype=None, align=4),
    Kernel(
        "LSTM", "portable", "tr_lstm_s8", describe.lstm, align=2,
        parts=CURVES,
    ),
    Kernel("SVDF", "portable", "tr_svdf_s8", describe.svdf, align=2),
    Kernel("REDUCE_MAX", "portable", "tr_reduce_max_s8", describe.reduce),
    Kernel("REDUCE_MIN", "portable", "tr_reduce_min_s8", describe.reduce),
    Kernel(
        "CONCATENATION", "portable", "tr_concatenation_s8", describe.concatenation, variadic=True
    ),
    Kernel("ARG", "portable", "tr_arg_s8", describe.arg, dtype="int32"),
    Kernel("CUMSUM", "portable", "tr_cumsum_s8", describe.cumsum, in_place=first_input),
    Kernel(
        "ADD_N", "portable", "tr_add_n_s8", describe.add_n, in_place=every_input, variadic=True
    ),
    Kernel(
        "CONV_2D_2BIT", "portable", "tr_conv2d_2bit_s8", packed.conv2d(2), packed.accepts(2),
        slowdown=packed.conv2d_slowdown,
    ),
    Kernel(
        "CONV_2D_4BIT", "portable", "tr_conv2d_4bit_s8", packed.conv2d(4), packed.accepts(4),
        slowdown=packed.conv2d_slowdown,
    ),
    Kernel(
        "DEPTHWISE_CONV_2D_UNIFORM", "portable", "tr_depthwise_uniform_s8", packed.uniform,
        packed.uniform_accepts, slowdown=packed.uniform_slowdown,
    ),
    Kernel("CONV_2D", "portable", "tr_conv2d_s16", int16.conv2d, dtype="int16"),
    Kernel(
        "DEPTHWISE_CONV_2D", "portable", "tr_depthwise_conv2d_s16", int16.depthwise_conv2d,
        dtype="int16",
    ),
    Kernel(
        "FULLY_CONNECTED", "portable", "tr_fully_connected_s16", int16.fully_connected,
        dtype="int16",
    ),
    Kernel(
        "TRANSPOSE_CONV", "portable", "tr_transpose_conv_s16", int16.transpose_conv, dtype="int16"
    ),
    Kernel("ADD", "portable", "tr_add_s16", int16.add, in_place=not_repeated, dtype="int16"),
    Kernel("SUB", "portable", "tr_sub_s16", int16.add, in_place=not_repeated, dtype="int16"),
    Kernel("MUL", "portable", "tr_mul_s16", int16.mul, in_place=not_repeated, dtype="int16"),
    Kernel(
        "MINIMUM", "portable", "tr_minimum_s16", int16.extremum, in_place=not_repeated,
        dtype="int16",
    ),
    Kernel(
        "MAXIMUM", "portable", "tr_maximum_s16", int16.extremum, in_place=not_repeated,
        dtype="int16",
    ),
    Kernel(
        "SQUARED_DIFFERENCE", "portable", "tr_squared_difference_s16", int16.add,
        in_place=not_repeated, dtype="int16",
    ),
    Kernel(
        "PRELU", "portable", "tr_prelu_s16", int16.prelu, in_place=int16.first_not_repeated,
        dtype="int16",
    ),
    Kernel(
        "LSTM", "portable", "tr_lstm_s16", int16.lstm, align=2,
        parts=CURVES, dtype="int16",
    ),
    Kernel("SELECT", "portable", "tr_select_s16", describe.select, dtype="int16"),
    Kernel(
        "BATCH_MATMUL", "portable", "tr_batch_matmul_s16", int16.batch_matmul, dtype="int16"
    ),
    Kernel("MEAN", "portable", "tr_mean_s16", int16.mean, dtype="int16"),
    Kernel(
        "ABS", "portable", "tr_abs_s16", int16.magnitude, in_place=first_input, dtype="int16"
    ),
    Kernel("AVERAGE_POOL_2D", "portable", "tr_average_pool_s16", int16.pool, dtype="int16"),
    Kernel("MAX_POOL_2D", "portable", "tr_max_pool_s16", int16.pool, dtype="int16"),
    Kernel("PAD", "portable", "tr_pad_s16", int16.pad, dtype="int16"),
    Kernel(
        "LOGISTIC", "portable", "tr_logistic_s16", int16.curve, in_place=first_input,
        parts=("tr_interpolate16", "tr_sigmoid16"), dtype="int16",
    ),
    Kernel(
        "TANH", "portable", "tr_tanh_s16", int16.curve, in_place=first_input,
        parts=("tr_interpolate16", "tr_tanh16"), dtype="int16",
    ),
    Kernel(
        "LEAKY_RELU", "portable", "tr_leaky_relu_s16", int16.leaky_relu, in_place=first_input,
        dtype="int16",
    ),
    Kernel(
        "SOFTMAX", "portable", "tr_softmax_s16", int16.softmax, int16.interpolates,
        in_place=first_input, dtype="int16",
    ),
    Kernel(
        "SOFTMAX", "portable", "tr_softmax_s8_s16", describe.softmax, int16.in_fixed_point,
        dtype="int16",
    ),
    Kernel(
        "CONCATENATION", "portable", "tr_concatenation_s16", int16.concatenation, variadic=True,
        dtype="int16",
    ),
    Kernel(
        "REQUANTIZE", "portable", "tr_requantize_s16", int16.requantize, _INT16,
        in_place=first_input, dtype="int16",
    ),
    Kernel(
        "REQUANTIZE", "portable", "tr_requantize_s8_s16", int16.requantize, _INT8, dtype="int16"
    ),
    Kernel(
        "REQUANTIZE", "portable", "tr_requantize_s32_s16", int16.requantize, _INT32, dtype="int16"
    ),
    Kernel(
        "REQUANTIZE", "portable", "tr_requantize_s16_s8", int16.requantize, _INT16, dtype="int8"
    ),
    Kernel(
        "REQUANTIZE", "portable", "tr_requantize_s32_s8", int16.requantize, _INT32, dtype="int8"
    ),
    Kernel(
        "REQUANTIZE", "portable", "tr_requantize_s16_s32", int16.requantize, _INT16, dtype="int32"
    ),
    Kernel(
        "REQUANTIZE", "portable", "tr_requantize_s8_s32", int16.requantize, _INT8, dtype="int32"
    ),
), fallback=(), small=("tr_slide", "tr_softmax_s8"))  # fmt: skip
