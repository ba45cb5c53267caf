/* 2-D convolution on Cortex-M with DSP, int8, per-channel, whose image is copied with its padding. */
#ifndef TINYROB_TR_CONV2D_PADDED_DSP_S8_H
#define TINYROB_TR_CONV2D_PADDED_DSP_S8_H

#include "tinyrob/tr_conv2d_dsp_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_conv2d_dsp_s8. scratch, aligned to 4: the image with its padding, rounded up to words, then
 * what tr_conv2d_dsp_s8 wants. Where columns are dilated, a row of that is each output's columns side
 * by side: out_w * kernel_w of them. */
void tr_conv2d_padded_dsp_s8(const tr_conv2d_dsp *conv, const int8_t *in, int8_t *out,
                             void *scratch);

#ifdef __cplusplus
}
#endif

#endif
