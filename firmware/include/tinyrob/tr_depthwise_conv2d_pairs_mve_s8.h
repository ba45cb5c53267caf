/* Depthwise 2-D convolution with small windows on Cortex-M with MVE, int8: TFLite's
 * DEPTHWISE_CONV_2D. */
#ifndef TINYROB_TR_DEPTHWISE_CONV2D_PAIRS_MVE_S8_H
#define TINYROB_TR_DEPTHWISE_CONV2D_PAIRS_MVE_S8_H

#include "tinyrob/tr_depthwise_conv2d_mve_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A layer's `pairs`. */
#define TR_MVE_PAIRS_OF_ROWS 1
#define TR_MVE_PAIRS_OF_COLUMNS 2

/* As tr_depthwise_conv2d_mve_s8, but for this:
 *
 * `rows` in [1, 4] output rows are made at a time from lines = (rows - 1) * stride_h + kernel_h
 * input rows; dilation_h is 1 where rows > 1. A window spans (kernel_w - 1) * lines + kernel_h
 * values of a plane: for TR_MVE_PAIRS_OF_ROWS (2 <= rows <= out_h) at most 16 - stride_h, for
 * TR_MVE_PAIRS_OF_COLUMNS (rows = 1; out_w is even or at least 8) at most
 * 16 - stride_w * lines. The outputs of four pairs lie within 65536 bytes.
 *
 * `stream` is that of kernels/mve/tr_mve_pairs.h; weights between columns are zero.
 *
 * scratch: eight planes, 16 bytes, and the distance of four neighbouring pairs in a plane:
 * 3 * stride_w * lines, or twice that for pairs of columns. */
void tr_depthwise_conv2d_pairs_mve_s8(const tr_depthwise_conv2d_mve *conv, const int8_t *in,
                                      int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
