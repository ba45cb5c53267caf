/* 2-D convolution on Cortex-M with DSP, int8, per-channel, of one or two taps. */
#ifndef TINYROB_TR_CONV2D_SHORT2_DSP_S8_H
#define TINYROB_TR_CONV2D_SHORT2_DSP_S8_H

#include "tinyrob/tr_conv2d_dsp_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_conv2d_dsp_s8, but `stream` is laid out as kernels/dsp/tr_dsp_short.h says; scratch: 192
 * bytes, aligned to 4. */
void tr_conv2d_short2_dsp_s8(const tr_conv2d_dsp *conv, const int8_t *in, int8_t *out,
                             void *scratch);

#ifdef __cplusplus
}
#endif

#endif
