/* A convolution and the ADD that reads it on Cortex-M with DSP, for ternary kernels in 2 bits. */
#ifndef TINYROB_TR_CONV2D_ADD_2BIT_DSP_S8_H
#define TINYROB_TR_CONV2D_ADD_2BIT_DSP_S8_H

#include "tinyrob/tr_conv2d_add_dsp_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_conv2d_add_dsp_s8; the convolution's stream and scratch are as in
 * tr_conv2d_2bit_dsp_s8. */
void tr_conv2d_add_2bit_dsp_s8(const tr_conv2d_add_dsp *both, const int8_t *in, const int8_t *other,
                               int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
