/* Depthwise 2-D convolution on Cortex-M with DSP, int8, per-channel: TFLite's DEPTHWISE_CONV_2D. */
#ifndef TINYROB_TR_DEPTHWISE_CONV2D_DSP_S8_H
#define TINYROB_TR_DEPTHWISE_CONV2D_DSP_S8_H

#include "tinyrob/tr_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_conv2d_dsp; output channel o of in_c * depth reads input channel o / depth. Rows are not
 * dilated (dilation_h is 1). For each output channel: `bias`, which holds the input's zero point,
 * and a factor multiplier * 2^(-exponent - 31) in the ranges of kernels/dsp/tr_dsp_dot.h.
 * `weights` are (output channel, row, column). */
typedef struct tr_depthwise_conv2d_dsp {
    tr_window window;
    uint16_t batches, in_c, depth;
    int8_t input_zero_point;
    uint8_t rectified;
    int8_t zero_point, lo, hi;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *exponent;
    const int8_t *weights;
} tr_depthwise_conv2d_dsp;

/* in: batches * in_h * in_w * in_c values; out: batches * out_h * out_w * in_c * depth. `out` may
 * be `in` where depth and batches are 1, and each output row starts at or before the first input
 * row that later rows read (pad_top < kernel_h, out_h * out_w <= in_h * in_w, out_w <= in_w).
 * scratch, aligned to 4, in words: width * (4 * (kernel_h - 1) + 2) for the input rows (see
 * kernels/dsp/tr_dsp_lines.h), width * 4 where kernel_h is 1; and with p = ceil(kernel_h / 2) pairs
 * of kernel rows p + depth * min(in_c, 4) * (10 + p * kernel_w), with ceil(kernel_w / 2) for
 * p * kernel_w where kernel_h is 1. */
void tr_depthwise_conv2d_dsp_s8(const tr_depthwise_conv2d_dsp *conv, const int8_t *in, int8_t *out,
                                void *scratch);

#ifdef __cplusplus
}
#endif

#endif
