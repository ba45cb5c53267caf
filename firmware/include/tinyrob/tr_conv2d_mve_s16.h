/* 2-D convolution on Cortex-M with MVE, int16 with int8 weights: TFLite's CONV_2D of 16x8. */
#ifndef TINYROB_TR_CONV2D_MVE_S16_H
#define TINYROB_TR_CONV2D_MVE_S16_H

#include "tinyrob/tr_sums16.h"
#include "tinyrob/tr_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_conv2d16, dilation_w 1 where kernel_w is not, in_c below 2^14. `stream` holds weights as
 * kernels/mve/tr_mve_outputs16.h has them, taps along columns, then rows, then channels; `sums` as that
 * does. `direct` is 1 for kernels of one row without padding. */
typedef struct tr_conv2d_mve16 {
    tr_window window;
    uint16_t batches, in_c, out_c;
    uint8_t direct;
    const int32_t *stream;
    tr_sums16 sums;
} tr_conv2d_mve16;

/* in: batches * in_h * in_w * in_c values; out: batches * out_h * out_w * out_c; no overlap.
 * scratch: none where direct; else ((out_w - 1) * stride_w + kernel_w) * kernel_h * in_c values, aligned
 * as they are. */
void tr_conv2d_mve_s16(const tr_conv2d_mve16 *conv, const int16_t *in, int16_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
