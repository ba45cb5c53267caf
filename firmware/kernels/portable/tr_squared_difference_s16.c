/* Portable squared difference of int16: on one scale with a bit less, where a square fits 31. */
#include "tinyrob/tr_squared_difference_s16.h"

TR_INLINE int16_t square(const void *given, int32_t a, int32_t b)
{
    const tr_add16 *layer = (const tr_add16 *)given;
    const int32_t one = tr_multiply(a, layer->a.multiplier, layer->a.shift);
    const int32_t other = tr_multiply(b, layer->b.multiplier, layer->b.shift);
    return tr_add16_finish(layer, (one - other) * (one - other));
}

void tr_squared_difference_s16(const tr_add16 *layer, const int16_t *a, const int16_t *b,
                               int16_t *out, void *scratch)
{
    (void)scratch;
    tr_broadcast_pairs16(&layer->shape, a, b, out, square, layer);
}
