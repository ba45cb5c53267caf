/* Portable sum: both operands are brought to one scale with 20 more bits, added, rescaled. */
#include "tinyrob/tr_add_s8.h"

static int32_t widen(const tr_add_operand *operand, int32_t value)
{
    const int32_t wide = (value + operand->offset) * (1 << 20);
    return tr_divide_by_pot(tr_doubling_high_mul(wide, operand->multiplier), -operand->shift);
}

TR_INLINE int8_t sum(const void *layer, int32_t a, int32_t b)
{
    const tr_add *add = (const tr_add *)layer;
    return tr_requantize(widen(&add->a, a) + widen(&add->b, b), add->multiplier, add->shift,
                         &add->output);
}

void tr_add_s8(const tr_add *add, const int8_t *a, const int8_t *b, int8_t *out, void *scratch)
{
    (void)scratch;
    tr_broadcast_pairs(&add->shape, a, b, out, sum, add);
}
