/* Depthwise convolution whose channels each have one weight for all taps: average pooling, as
 * frozen models have it. TFLite's DEPTHWISE_CONV_2D. */
#ifndef TINYROB_TR_DEPTHWISE_UNIFORM_S8_H
#define TINYROB_TR_DEPTHWISE_UNIFORM_S8_H

#include "tinyrob/tr_qmath.h"
#include "tinyrob/tr_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Arrays have `channels` entries; multiplier and shift as in tr_qmath.h. `input_offset`, in
 * [-127, 128], is added to every input value that is not padding. |bias| + 255 * taps * |weight|
 * < 2^31. */
typedef struct tr_depthwise_uniform {
    tr_window window;
    uint16_t batches, channels;
    int16_t input_offset;
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
    tr_output output;
} tr_depthwise_uniform;

/* in: batches * in_h * in_w * channels values; out: batches * out_h * out_w * channels; no
 * overlap. */
void tr_depthwise_uniform_s8(const tr_depthwise_uniform *pool, const int8_t *in, int8_t *out,
                             void *scratch);

#ifdef __cplusplus
}
#endif

#endif
