/* A row's softmax: gemmlowp's fixed-point exponential and reciprocal, as TFLite uses them.
 * Qm.n below has m integer and n fractional bits beside the sign. */
#ifndef TR_SOFTMAX_ROW_H
#define TR_SOFTMAX_ROW_H

#include "tinyrob/tr_softmax_s8.h"

#include "tr_fixedpoint.h"

/* The greatest value, and the reciprocal of the exponentials' sum, Q0, times 2^(zeros - 12). */
typedef struct softmax_row {
    int32_t max, scale, zeros;
} softmax_row;

/* exp of a value's distance to the maximum, for distance in [diff_min, 0]. */
static inline int32_t exp_distance(const tr_softmax *softmax, int32_t distance)
{
    const int32_t scaled = tr_shift_left(distance, softmax->left_shift);
    return tr_exp_negative(tr_doubling_high_mul(scaled, softmax->multiplier));
}

static inline softmax_row row_of(const tr_softmax *softmax, const int8_t *in)
{
    int32_t max = INT8_MIN;
    int32_t sum = 0; /* Q12.19 */
    for (uint32_t i = 0; i < softmax->columns; i++) {
        max = in[i] > max ? in[i] : max;
    }
    for (uint32_t i = 0; i < softmax->columns; i++) {
        if (in[i] - max >= softmax->diff_min) {
            sum += tr_divide_by_pot(exp_distance(softmax, in[i] - max), 12);
        }
    }
    const int32_t zeros = tr_leading_zeros((uint32_t)sum);
    const int32_t scale = tr_reciprocal((int32_t)(((uint32_t)sum << zeros) - 0x80000000u));
    return (softmax_row){max, scale, zeros};
}

/* A value's part of the whole, which is 2^bits. */
static inline int32_t part_of(const tr_softmax *softmax, const softmax_row *row, int32_t value,
                              int32_t bits)
{
    const int32_t shift = 12 - row->zeros + 31 - bits;
    if (value - row->max < softmax->diff_min || shift >= 32) { /* below half a step */
        return 0;
    }
    const int32_t exponential = exp_distance(softmax, value - row->max);
    return tr_divide_by_pot(tr_doubling_high_mul(row->scale, exponential), shift);
}

#endif
