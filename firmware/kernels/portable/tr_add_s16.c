/* Portable sum of int16: both operands are brought to one scale with 15 more bits. */
#include "tinyrob/tr_add_s16.h"

TR_INLINE int16_t sum(const void *given, int32_t a, int32_t b)
{
    const tr_add16 *layer = (const tr_add16 *)given;
    return tr_add16_finish(layer, tr_add16_widen(&layer->a, a) + tr_add16_widen(&layer->b, b));
}

void tr_add_s16(const tr_add16 *layer, const int16_t *a, const int16_t *b, int16_t *out,
                void *scratch)
{
    (void)scratch;
    tr_broadcast_pairs16(&layer->shape, a, b, out, sum, layer);
}
