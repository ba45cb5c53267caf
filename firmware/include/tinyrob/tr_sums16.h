/* How sums of int16 activations times int8 weights become an int16. */
#ifndef TINYROB_TR_SUMS16_H
#define TINYROB_TR_SUMS16_H

#include "tinyrob/tr_output16.h"
#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of each channel: a bias and a factor. Where `wide` is 1, sums are rescaled as TFLite rescales
 * those of 64 bits: `multiplier` in [0, 2^15], `shift` in [8, 46], real = multiplier * 2^-shift,
 * |sum| < 2^47; where it is 0 as those of 32 bits, by tr_multiply, and sums are below 2^31. The
 * result fits an int32 either way. */
typedef struct tr_sums16 {
    const int64_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
    uint8_t wide;
    tr_output16 output;
} tr_sums16;

/* A 64-bit sum times multiplier * 2^-shift, rounded to nearest, halves up. */
static inline int32_t tr_multiply_wide(int64_t sum, int32_t multiplier, int32_t shift)
{
    return (int32_t)((sum * multiplier + ((int64_t)1 << (shift - 1))) >> shift);
}

/* A sum, bias included, as an output of `channel`. */
static inline int16_t tr_finish16(int64_t sum, const tr_sums16 *of, int32_t channel)
{
    const int32_t multiplier = of->multiplier[channel];
    const int32_t shift = of->shift[channel];
    const int32_t made = of->wide ? tr_multiply_wide(sum, multiplier, shift)
                                  : tr_multiply((int32_t)sum, multiplier, shift);
    return tr_clamp16(made, &of->output);
}

#ifdef __cplusplus
}
#endif

#endif
