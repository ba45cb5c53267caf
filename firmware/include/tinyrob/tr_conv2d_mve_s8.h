/* 2-D convolution on Cortex-M with MVE, int8, per-channel: TFLite's CONV_2D. */
#ifndef TINYROB_TR_CONV2D_MVE_S8_H
#define TINYROB_TR_CONV2D_MVE_S8_H

#include "tinyrob/tr_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Activations are NHWC; dilation_w is 1 where kernel_w is not. `stream` holds weights, biases
 * and multipliers of groups of channels, laid out as kernels/mve/tr_mve_dot.h says, with the
 * ranges it relies on; taps run along columns, then rows, then channels. `direct` is 1 for
 * kernels of one row without padding; `rectified` where lo >= zero_point. */
typedef struct tr_conv2d_mve {
    tr_window window;
    uint16_t batches, in_c, out_c;
    uint8_t direct, rectified;
    int8_t input_zero_point;
    int8_t zero_point, lo, hi;
    const int32_t *stream;
} tr_conv2d_mve;

/* in: batches * in_h * in_w * in_c values; out: batches * out_h * out_w * out_c; no overlap.
 * scratch: none where direct; else ((out_w - 1) * stride_w + kernel_w) * kernel_h * in_c bytes. */
void tr_conv2d_mve_s8(const tr_conv2d_mve *conv, const int8_t *in, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
