/* Rows of a state that move on by one value, and their inner product with weights. */
#ifndef TINYROB_TR_DSP_SLIDE_H
#define TINYROB_TR_DSP_SLIDE_H

#include "tr_dsp.h"

/* row[i] = row[i + 1] for i in [0, n), n >= 0; the sum of what then is there times the weights, modulo
 * 2^32. 11 instructions for 4 values. */
static inline uint32_t tr_dsp_slide8(int8_t *row, const int8_t *weights, uint32_t n)
{
    int32_t sum = 0;
    for (; n >= 4; n -= 4, row += 4, weights += 4) {
        const int32_t word = tr_load4(row + 1), w = tr_load4(weights);
        tr_store4(row, word);
        sum = tr_smlad(tr_sxtb16(w), tr_sxtb16(word), sum);
        sum = tr_smlad(tr_sxtb16_odd(w), tr_sxtb16_odd(word), sum);
    }
    for (; n > 0; n--, row++, weights++) {
        row[0] = row[1];
        sum = tr_wrapping_add(sum, *weights * row[0]);
    }
    return (uint32_t)sum;
}

/* The same of int16, in words of two. 9 instructions for 4 values. */
static inline uint32_t tr_dsp_slide16(int16_t *row, const int16_t *weights, uint32_t n)
{
    int32_t sum = 0;
    for (; n >= 4; n -= 4, row += 4, weights += 4) {
        for (uint32_t i = 0; i < 4; i += 2) {
            const int32_t word = tr_load4((const int8_t *)(row + i + 1));
            tr_store4((int8_t *)(row + i), word);
            sum = tr_smlad(tr_load4((const int8_t *)(weights + i)), word, sum);
        }
    }
    for (; n > 0; n--, row++, weights++) {
        row[0] = row[1];
        sum = tr_wrapping_add(sum, *weights * row[0]);
    }
    return (uint32_t)sum;
}

#endif
