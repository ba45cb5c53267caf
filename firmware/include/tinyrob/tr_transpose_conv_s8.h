/* Transposed convolution, int8, per channel: TFLite's TRANSPOSE_CONV. */
#ifndef TINYROB_TR_TRANSPOSE_CONV_S8_H
#define TINYROB_TR_TRANSPOSE_CONV_S8_H

#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where inputs go: input (y, x) meets the outputs from (y * stride_h - pad_top, x * stride_w -
 * pad_left) on, as many as the kernel has rows and columns. All are in [1, 32767], pads from 0. */
typedef struct tr_spread {
    uint16_t in_h, in_w;
    uint16_t out_h, out_w;
    uint16_t kernel_h, kernel_w;
    uint16_t stride_h, stride_w;
    uint16_t pad_top, pad_left;
} tr_spread;

/* Activations are NHWC. `weights` are tr_dot.h's blocks, taps in the order (row, column, channel).
 * Arrays have out_c entries. `input_offset` in [-127, 128]. |bias| + 255 * (sum of |weights| of a
 * channel) < 2^31. */
typedef struct tr_transpose_conv {
    tr_spread spread;
    uint16_t batches, in_c, out_c;
    int16_t input_offset;
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
    tr_output output;
} tr_transpose_conv;

/* in: batches * in_h * in_w * in_c values; out: batches * out_h * out_w * out_c; no overlap. */
void tr_transpose_conv_s8(const tr_transpose_conv *conv, const int8_t *in, int8_t *out,
                          void *scratch);

#ifdef __cplusplus
}
#endif

#endif
