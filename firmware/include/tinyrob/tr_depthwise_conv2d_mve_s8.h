/* Depthwise 2-D convolution on Cortex-M with MVE, int8: TFLite's DEPTHWISE_CONV_2D. */
#ifndef TINYROB_TR_DEPTHWISE_CONV2D_MVE_S8_H
#define TINYROB_TR_DEPTHWISE_CONV2D_MVE_S8_H

#include "tinyrob/tr_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Output channel o of in_c * depth reads input channel o / depth. Activations are NHWC; where
 * `across` is 1, the window's rows are the image's columns. dilation_w is 1 where kernel_w is not.
 *
 * `rows` output rows are made at a time from `lines` input rows: here 1, from kernel_h. A plane,
 * of ((out_w - 1) * stride_w + kernel_w) * lines values, has at most 8191.
 *
 * `stream` is that of tr_fully_connected_mve_s8.h for groups of four output channels, whose weight
 * of column x and row y is number x * lines + y. `rectified` is 1 where lo >= zero_point. `pairs`
 * is for tr_depthwise_conv2d_pairs_mve_s8.h. */
typedef struct tr_depthwise_conv2d_mve {
    tr_window window;
    uint16_t batches, in_c, depth;
    uint16_t rows, lines;
    uint8_t across, pairs;
    uint8_t rectified;
    int8_t input_zero_point;
    int8_t zero_point, lo, hi;
    const int32_t *stream;
} tr_depthwise_conv2d_mve;

/* in: batches * in_h * in_w * in_c values; out: batches * out_h * out_w * in_c * depth; no
 * overlap. scratch: eight planes and 16 bytes. */
void tr_depthwise_conv2d_mve_s8(const tr_depthwise_conv2d_mve *conv, const int8_t *in, int8_t *out,
                                void *scratch);

#ifdef __cplusplus
}
#endif

#endif
