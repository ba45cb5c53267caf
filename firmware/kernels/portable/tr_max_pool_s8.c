/* Portable max pooling: windows are clipped to the image first. */
#include "tinyrob/tr_max_pool_s8.h"

#include "tr_pool_fold.h"

TR_INLINE int32_t larger(int32_t before, int32_t value)
{
    return value > before ? value : before;
}

TR_INLINE int8_t *pixel(const tr_pool *pool, tr_taps rows, tr_taps columns, const int8_t *in,
                        int8_t *out)
{
    for (int32_t c = 0; c < pool->channels; c++) {
        const int32_t most = tr_pool_fold(pool, rows, columns, in + c, INT8_MIN, larger);
        *out++ = tr_clamp(most, &pool->output);
    }
    return out;
}

void tr_max_pool_s8(const tr_pool *pool, const int8_t *in, int8_t *out, void *scratch)
{
    (void)scratch;
    tr_pool_pixels(pool, in, out, pixel);
}
