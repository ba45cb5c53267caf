/* Depthwise 2-D convolution on Cortex-M with MVE, int16 with int8 weights, of multiplier 1. */
#ifndef TINYROB_TR_DEPTHWISE_CONV2D_MVE_S16_H
#define TINYROB_TR_DEPTHWISE_CONV2D_MVE_S16_H

#include "tinyrob/tr_depthwise_conv2d_s16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_depthwise_conv2d_s16, `sums` as kernels/mve/tr_mve_outputs16.h has them, where `depth` is 1 and
 * the kernel has at most 256 taps. */
void tr_depthwise_conv2d_mve_s16(const tr_depthwise_conv2d16 *conv, const int16_t *in, int16_t *out,
                                 void *scratch);

#ifdef __cplusplus
}
#endif

#endif
