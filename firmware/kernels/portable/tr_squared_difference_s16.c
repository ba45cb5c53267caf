/* Portable squared difference of int16: on one scale with a bit less, where a square fits 31. */
#include "tinyrob/tr_squared_difference_s16.h"

static int32_t halved(const tr_add16_operand *operand, int32_t value)
{
    return tr_divide_by_pot(tr_doubling_high_mul(value, operand->multiplier), -operand->shift);
}

TR_INLINE int16_t square(const void *given, int32_t a, int32_t b)
{
    const tr_add16 *layer = (const tr_add16 *)given;
    const int32_t difference = halved(&layer->a, a) - halved(&layer->b, b);
    return tr_add16_finish(layer, difference * difference);
}

void tr_squared_difference_s16(const tr_add16 *layer, const int16_t *a, const int16_t *b,
                               int16_t *out, void *scratch)
{
    (void)scratch;
    tr_broadcast_pairs16(&layer->shape, a, b, out, square, layer);
}
