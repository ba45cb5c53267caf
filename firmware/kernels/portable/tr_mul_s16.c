/* Portable product of int16. */
#include "tinyrob/tr_mul_s16.h"

TR_INLINE int16_t product(const void *layer, int32_t a, int32_t b)
{
    const tr_mul16 *mul = (const tr_mul16 *)layer;
    return tr_clamp16(tr_multiply(a * b, mul->multiplier, mul->shift), &mul->output);
}

void tr_mul_s16(const tr_mul16 *mul, const int16_t *a, const int16_t *b, int16_t *out,
                void *scratch)
{
    (void)scratch;
    tr_broadcast_pairs16(&mul->shape, a, b, out, product, mul);
}
