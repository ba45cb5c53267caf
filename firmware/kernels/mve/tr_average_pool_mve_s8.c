/* Average pooling for Cortex-M with MVE: four channels at a time; about 5 instructions for four
 * values, and 12 for an output. Windows are clipped to the image; halves away from zero. */
#include "tinyrob/tr_average_pool_mve_s8.h"

#include "tr_mve_area_of.h"

TR_INLINE int8_t *pixel(const tr_pool *pool, tr_taps rows, tr_taps columns, const int8_t *in,
                        int8_t *out)
{
    tr_mve_area area = tr_mve_area_of(pool, rows, columns, in);
    const int32_t count = area.rows * area.columns;
    for (int32_t left = pool->channels; left > 0; left -= 4, area.in += 4) {
        int32_t sums[4];
        tr_v4_store(sums, tr_mve_sum(&area, tr_v4_all(0), tr_v4_first(left)));
        for (int32_t i = 0; i < (left < 4 ? left : 4); i++) {
            const int32_t half = sums[i] > 0 ? count / 2 : -(count / 2);
            /* Every window holds a pixel. NOLINTNEXTLINE(clang-analyzer-core.DivideZero) */
            *out++ = tr_clamp((sums[i] + half) / count, &pool->output);
        }
    }
    return out;
}

void tr_average_pool_mve_s8(const tr_pool *pool, const int8_t *in, int8_t *out, void *scratch)
{
    (void)scratch;
    tr_pool_pixels(pool, in, out, pixel);
}
