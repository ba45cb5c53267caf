/* Depthwise 2-D convolution, int8, per-channel: TFLite's DEPTHWISE_CONV_2D. */
#ifndef TINYROB_TR_DEPTHWISE_CONV2D_S8_H
#define TINYROB_TR_DEPTHWISE_CONV2D_S8_H

#include "tinyrob/tr_qmath.h"
#include "tinyrob/tr_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tr_conv2d; output channel o of in_c * depth reads input channel o / depth. */
typedef struct tr_depthwise_conv2d {
    tr_window window;
    uint16_t batches, in_c, depth;
    int16_t input_offset;
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
    tr_output output;
} tr_depthwise_conv2d;

/* in: batches * in_h * in_w * in_c values; out: batches * out_h * out_w * in_c * depth; no
 * overlap. */
void tr_depthwise_conv2d_s8(const tr_depthwise_conv2d *conv, const int8_t *in, int8_t *out,
                            void *scratch);

#ifdef __cplusplus
}
#endif

#endif
