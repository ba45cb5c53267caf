/* Transposed convolution, int8, per channel: TFLite's TRANSPOSE_CONV. */
#ifndef TINYROB_TR_TRANSPOSE_CONV_S8_H
#define TINYROB_TR_TRANSPOSE_CONV_S8_H

#include "tinyrob/tr_qmath.h"
#include "tinyrob/tr_spread.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Activations are NHWC. `weights` are tr_dot.h's blocks, taps in the order (row, column, channel).
 * Arrays have out_c entries. `input_offset` in [-127, 128]. |bias| + 255 * (sum of |weights| of a
 * channel) < 2^31. */
typedef struct tr_transpose_conv {
    tr_spread spread;
    uint16_t batches, in_c, out_c;
    int16_t input_offset;
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
    tr_output output;
} tr_transpose_conv;

/* in: batches * in_h * in_w * in_c values; out: batches * out_h * out_w * out_c; no overlap. */
void tr_transpose_conv_s8(const tr_transpose_conv *conv, const int8_t *in, int8_t *out,
                          void *scratch);

#ifdef __cplusplus
}
#endif

#endif
