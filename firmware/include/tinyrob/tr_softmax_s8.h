/* Softmax in fixed point, int8 to int8 (scale 1/256, zero point -128): TFLite's SOFTMAX. */
#ifndef TINYROB_TR_SOFTMAX_S8_H
#define TINYROB_TR_SOFTMAX_S8_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* beta * input scale is multiplier * 2^(left_shift - 31) on a grid with 26 fractional bits;
 * left_shift in [0, 31]. Differences to a row's maximum below diff_min give a probability of 0;
 * those from diff_min and -255 on, times 2^left_shift, fit 32 bits. columns in [1, 4095]. */
typedef struct tr_softmax {
    uint32_t rows, columns;
    int32_t multiplier;
    int32_t diff_min;
    int8_t left_shift;
} tr_softmax;

/* in and out: rows * columns values; out may be in. */
void tr_softmax_s8(const tr_softmax *softmax, const int8_t *in, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
