/* Portable comparisons. */
#include "tinyrob/tr_compare_s8.h"

static int8_t compared(const void *layer, int32_t a, int32_t b)
{
    const tr_compare *compare = layer;
    const int32_t x = tr_multiply((a + compare->a_offset) * 256, compare->a_multiplier,
                                  compare->a_shift);
    const int32_t y = tr_multiply((b + compare->b_offset) * 256, compare->b_multiplier,
                                  compare->b_shift);
    const uint32_t bit = x < y ? 0 : x == y ? 1 : 2;
    return (int8_t)((uint32_t)compare->taken >> bit & 1u);
}

void tr_compare_s8(const tr_compare *compare, const int8_t *a, const int8_t *b, int8_t *out,
                   void *scratch)
{
    (void)scratch;
    tr_broadcast_pairs(&compare->shape, a, b, out, compared, compare);
}
