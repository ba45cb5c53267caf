/* Depthwise 2-D convolution on Cortex-M with DSP, int8, per-channel: TFLite's DEPTHWISE_CONV_2D. */
#ifndef TINYROB_TR_DEPTHWISE_CONV2D_DSP_S8_H
#define TINYROB_TR_DEPTHWISE_CONV2D_DSP_S8_H

#include "tinyrob/tr_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_conv2d_dsp; output channel o of in_c * depth reads input channel o / depth. The window's
 * rows may be columns of the image: a step along a row is in_x bytes of the input and out_x of the
 * output, one to the next row in_y and out_y.
 * `together`: input channels that are computed at a time, 4, or 2 for less scratch.
 *
 * For each output channel: `bias`, which holds the input's zero point, and a factor
 * multiplier * 2^(-exponent - 31) in the ranges of kernels/dsp/tr_dsp_dot.h. `weights` are
 * (four output channels, row, column, one of the four), zeros for channels that are missing. */
typedef struct tr_depthwise_conv2d_dsp {
    tr_window window;
    int32_t in_x, in_y, out_x, out_y;
    uint16_t batches, in_c, depth;
    uint8_t together;
    int8_t input_zero_point;
    uint8_t rectified;
    int8_t zero_point, lo, hi;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *exponent;
    const int8_t *weights;
} tr_depthwise_conv2d_dsp;

/* in: batches * in_h * in_w * in_c values; out: batches * out_h * out_w * in_c * depth. `out` may
 * be `in` where depth and batches are 1, and each output row ends at or before the first input row
 * that later rows read (pad_top < kernel_h, out_h <= in_h, out_w <= in_w; where rows are columns of
 * the image, sizes are the same and strides 1).
 *
 * scratch, aligned to 4, in words: with a window's reach (kernel - 1) * dilation + 1 of either
 * axis, 2 * ((out_w - 1) * stride_w + reach_w) * min(2 * reach_h, (out_h - 1) * stride_h + reach_h)
 * for input rows, 16 + 3 * kernel_h * kernel_w for four output channels, and out_w. */
void tr_depthwise_conv2d_dsp_s8(const tr_depthwise_conv2d_dsp *conv, const int8_t *in, int8_t *out,
                                void *scratch);

#ifdef __cplusplus
}
#endif

#endif
