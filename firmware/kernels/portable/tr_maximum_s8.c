/* Portable maximum. */
#include "tinyrob/tr_maximum_s8.h"

TR_INLINE int8_t larger(const void *layer, int32_t a, int32_t b)
{
    return tr_clamp(a > b ? a : b, &((const tr_extremum *)layer)->output);
}

void tr_maximum_s8(const tr_extremum *layer, const int8_t *a, const int8_t *b, int8_t *out,
                   void *scratch)
{
    (void)scratch;
    tr_broadcast_pairs(&layer->shape, a, b, out, larger, layer);
}
