/* Transposed convolution, int16 with int8 weights, per channel: TFLite's TRANSPOSE_CONV of 16x8. */
#ifndef TINYROB_TR_TRANSPOSE_CONV_S16_H
#define TINYROB_TR_TRANSPOSE_CONV_S16_H

#include "tinyrob/tr_spread.h"
#include "tinyrob/tr_sums16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `weights` are tr_dot.h's blocks, taps in the order (row, column, channel). */
typedef struct tr_transpose_conv16 {
    tr_spread spread;
    uint16_t batches, in_c, out_c;
    const int8_t *weights;
    tr_sums16 sums;
} tr_transpose_conv16;

/* in: batches * in_h * in_w * in_c values; out: batches * out_h * out_w * out_c; no overlap. */
void tr_transpose_conv_s16(const tr_transpose_conv16 *conv, const int16_t *in, int16_t *out,
                           void *scratch);

#ifdef __cplusplus
}
#endif

#endif
