/* Depthwise 2-D convolution on Cortex-M with DSP, int8, per-channel, kernels of 3 columns, not dilated, and 3 or 4 rows. */
#ifndef TINYROB_TR_DEPTHWISE_CONV2D_3X3_DSP_S8_H
#define TINYROB_TR_DEPTHWISE_CONV2D_3X3_DSP_S8_H

#include "tinyrob/tr_depthwise_conv2d_dsp_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_depthwise_conv2d_dsp_s8. */
void tr_depthwise_conv2d_3x3_dsp_s8(const tr_depthwise_conv2d_dsp *conv, const int8_t *in,
                                    int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
