/* Portable minimum of int16. */
#include "tinyrob/tr_minimum_s16.h"

TR_INLINE int16_t smaller(const void *layer, int32_t a, int32_t b)
{
    return tr_clamp16(a < b ? a : b, &((const tr_extremum16 *)layer)->output);
}

void tr_minimum_s16(const tr_extremum16 *layer, const int16_t *a, const int16_t *b, int16_t *out,
                    void *scratch)
{
    (void)scratch;
    tr_broadcast_pairs16(&layer->shape, a, b, out, smaller, layer);
}
