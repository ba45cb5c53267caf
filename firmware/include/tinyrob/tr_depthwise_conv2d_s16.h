/* Depthwise 2-D convolution, int16 with int8 weights, per channel: TFLite's DEPTHWISE_CONV_2D of
 * 16x8. */
#ifndef TINYROB_TR_DEPTHWISE_CONV2D_S16_H
#define TINYROB_TR_DEPTHWISE_CONV2D_S16_H

#include "tinyrob/tr_sums16.h"
#include "tinyrob/tr_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_conv2d16; output channel o of in_c * depth reads input channel o / depth. */
typedef struct tr_depthwise_conv2d16 {
    tr_window window;
    uint16_t batches, in_c, depth;
    const int8_t *weights;
    tr_sums16 sums;
} tr_depthwise_conv2d16;

/* in: batches * in_h * in_w * in_c values; out: batches * out_h * out_w * in_c * depth; no
 * overlap. */
void tr_depthwise_conv2d_s16(const tr_depthwise_conv2d16 *conv, const int16_t *in, int16_t *out,
                             void *scratch);

#ifdef __cplusplus
}
#endif

#endif
