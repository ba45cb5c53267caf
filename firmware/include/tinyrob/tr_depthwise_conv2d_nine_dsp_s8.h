/* Depthwise 2-D convolution on Cortex-M with DSP, int8, per-channel, 3x3 with a stride of 1 or 2. */
#ifndef TINYROB_TR_DEPTHWISE_CONV2D_NINE_DSP_S8_H
#define TINYROB_TR_DEPTHWISE_CONV2D_NINE_DSP_S8_H

#include "tinyrob/tr_depthwise_conv2d_dsp_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_depthwise_conv2d_dsp_s8, for windows of 3 x 3 taps, not dilated, with one stride, 1 or 2,
 * and a depth of 1. `bias` is the stream of each four channels, one behind the other, as
 * kernels/dsp/tr_dsp_nine.h has it; there are no other constants. scratch, aligned to 4, in words:
 * 3 * (stride * (out_w - 1) + 3) for the input rows, and out_w. */
void tr_depthwise_conv2d_nine_dsp_s8(const tr_depthwise_conv2d_dsp *conv, const int8_t *in,
                                     int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
