/* Portable difference: both operands are brought to one scale with 20 more bits, then rescaled. */
#include "tinyrob/tr_sub_s8.h"

static int32_t widen(const tr_add_operand *operand, int32_t value)
{
    const int32_t wide = (value + operand->offset) * (1 << 20);
    return tr_divide_by_pot(tr_doubling_high_mul(wide, operand->multiplier), -operand->shift);
}

static int8_t difference(const void *layer, int32_t a, int32_t b)
{
    const tr_add *sub = layer;
    const int32_t wide = widen(&sub->a, a) - widen(&sub->b, b);
    return tr_requantize(wide, sub->multiplier, sub->shift, &sub->output);
}

void tr_sub_s8(const tr_add *sub, const int8_t *a, const int8_t *b, int8_t *out, void *scratch)
{
    (void)scratch;
    tr_broadcast_pairs(&sub->shape, a, b, out, difference, sub);
}
