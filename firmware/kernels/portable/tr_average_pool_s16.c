/* Portable average pooling of int16; halves away from zero. */
#include "tinyrob/tr_average_pool_s16.h"

TR_INLINE int32_t sum(int32_t before, int32_t value)
{
    return before + value;
}

TR_INLINE int16_t average(const tr_pool16 *pool, tr_taps rows, tr_taps columns, const int16_t *in)
{
    const int32_t count = (rows.last - rows.first) * (columns.last - columns.first);
    const int32_t total = tr_pool16_fold(pool, rows, columns, in, 0, sum);
    const int32_t half = total > 0 ? count / 2 : -(count / 2);
    /* Every window holds a pixel. NOLINTNEXTLINE(clang-analyzer-core.DivideZero) */
    return tr_clamp16((total + half) / count, &pool->output);
}

void tr_average_pool_s16(const tr_pool16 *pool, const int16_t *in, int16_t *out, void *scratch)
{
    (void)scratch;
    tr_pool16_each(pool, in, out, average);
}
