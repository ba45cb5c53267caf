/* Portable product. */
#include "tinyrob/tr_mul_s8.h"

static int8_t product(const void *layer, int32_t a, int32_t b)
{
    const tr_mul *mul = layer;
    const int32_t wide = (a + mul->a_offset) * (b + mul->b_offset);
    return tr_requantize(wide, mul->multiplier, mul->shift, &mul->output);
}

void tr_mul_s8(const tr_mul *mul, const int8_t *a, const int8_t *b, int8_t *out, void *scratch)
{
    (void)scratch;
    tr_broadcast_pairs(&mul->shape, a, b, out, product, mul);
}
