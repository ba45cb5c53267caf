/* Depthwise 2-D convolution on Cortex-M with DSP, one window: what a stream computes a step. */
#ifndef TINYROB_TR_DEPTHWISE_CONV2D_ONCE_DSP_S8_H
#define TINYROB_TR_DEPTHWISE_CONV2D_ONCE_DSP_S8_H

#include "tinyrob/tr_depthwise_conv2d_dsp_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_depthwise_conv2d_dsp_s8 with out_h, out_w, batches and depth of 1 and no padding. `out` may
 * be `in`; there is no scratch. */
void tr_depthwise_conv2d_once_dsp_s8(const tr_depthwise_conv2d_dsp *conv, const int8_t *in,
                                     int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
