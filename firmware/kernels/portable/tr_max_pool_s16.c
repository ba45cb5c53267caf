/* Portable max pooling of int16. */
#include "tinyrob/tr_max_pool_s16.h"

TR_INLINE int32_t larger(int32_t before, int32_t value)
{
    return value > before ? value : before;
}

TR_INLINE int16_t most(const tr_pool16 *pool, tr_taps rows, tr_taps columns, const int16_t *in)
{
    return tr_clamp16(tr_pool16_fold(pool, rows, columns, in, INT16_MIN, larger), &pool->output);
}

void tr_max_pool_s16(const tr_pool16 *pool, const int16_t *in, int16_t *out, void *scratch)
{
    (void)scratch;
    tr_pool16_each(pool, in, out, most);
}
