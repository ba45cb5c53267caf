/* TFLite's CONV_2D on Cortex-M with DSP, for kernels of 16 levels in 4 bits a weight. */
#ifndef TINYROB_TR_CONV2D_4BIT_DSP_S8_H
#define TINYROB_TR_CONV2D_4BIT_DSP_S8_H

#include "tinyrob/tr_conv2d_dsp_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_conv2d_dsp_s8, but `stream` is laid out as kernels/dsp/tr_dsp_packed.h says, and scratch
 * has at least 48 bytes for each eight taps of a window, rounded up. */
void tr_conv2d_4bit_dsp_s8(const tr_conv2d_dsp *conv, const int8_t *in, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
