/* Portable average pooling: windows are clipped to the image first; halves away from zero. */
#include "tinyrob/tr_average_pool_s8.h"

#include "tr_pool_fold.h"

TR_INLINE int32_t sum(int32_t before, int32_t value)
{
    return before + value;
}

TR_INLINE int8_t *pixel(const tr_pool *pool, tr_taps rows, tr_taps columns, const int8_t *in,
                        int8_t *out)
{
    const int32_t count = (rows.last - rows.first) * (columns.last - columns.first);
    for (int32_t c = 0; c < pool->channels; c++) {
        const int32_t total = tr_pool_fold(pool, rows, columns, in + c, 0, sum);
        const int32_t half = total > 0 ? count / 2 : -(count / 2);
        /* Every window holds a pixel. NOLINTNEXTLINE(clang-analyzer-core.DivideZero) */
        *out++ = tr_clamp((total + half) / count, &pool->output);
    }
    return out;
}

void tr_average_pool_s8(const tr_pool *pool, const int8_t *in, int8_t *out, void *scratch)
{
    (void)scratch;
    tr_pool_pixels(pool, in, out, pixel);
}
