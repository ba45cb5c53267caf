/* 2-D convolution, int8, per-channel: TFLite's CONV_2D. */
#ifndef TINYROB_TR_CONV2D_S8_H
#define TINYROB_TR_CONV2D_S8_H

#include "tinyrob/tr_qmath.h"
#include "tinyrob/tr_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Activations are NHWC. `weights` are laid out as the chosen kernel reads them (its file says
 * how). Arrays have out_c entries; multiplier and shift as in tr_qmath.h. `input_offset` in
 * [-127, 128] is added to every input value that is not padding; it is 0 where the build folded
 * it into `bias`. |bias| + 255 * (sum of |weights| of a channel) < 2^31. */
typedef struct tr_conv2d {
    tr_window window;
    uint16_t batches, in_c, out_c;
    int16_t input_offset;
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
    tr_output output;
} tr_conv2d;

/* in: batches * in_h * in_w * in_c values; out: batches * out_h * out_w * out_c; no overlap. */
void tr_conv2d_s8(const tr_conv2d *conv, const int8_t *in, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
