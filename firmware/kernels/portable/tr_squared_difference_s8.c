/* Portable squared difference: on one scale with 7 more bits, where a square fits 31. */
#include "tinyrob/tr_squared_difference_s8.h"

static int32_t widen(const tr_add_operand *operand, int32_t value)
{
    const int32_t wide = (value + operand->offset) * (1 << 7);
    return tr_divide_by_pot(tr_doubling_high_mul(wide, operand->multiplier), -operand->shift);
}

static int8_t square(const void *layer, int32_t a, int32_t b)
{
    const tr_add *pair = layer;
    const int32_t wide = widen(&pair->a, a) - widen(&pair->b, b);
    return tr_requantize(wide * wide, pair->multiplier, pair->shift, &pair->output);
}

void tr_squared_difference_s8(const tr_add *layer, const int8_t *a, const int8_t *b, int8_t *out,
                              void *scratch)
{
    (void)scratch;
    tr_broadcast_pairs(&layer->shape, a, b, out, square, layer);
}
