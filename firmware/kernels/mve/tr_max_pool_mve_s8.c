/* Max pooling for Cortex-M with MVE: four channels at a time; about 5 instructions for four
 * values. Padding is not looked at. */
#include "tinyrob/tr_max_pool_mve_s8.h"

#include "tr_mve_area_of.h"

TR_INLINE int8_t *pixel(const tr_pool *pool, tr_taps rows, tr_taps columns, const int8_t *in,
                        int8_t *out)
{
    const tr_v4 lo = tr_v4_all(pool->output.lo), hi = tr_v4_all(pool->output.hi);
    tr_mve_area area = tr_mve_area_of(pool, rows, columns, in);
    for (int32_t c = 0; c < pool->channels; c += 4, area.in += 4) {
        const tr_v4_mask mask = tr_v4_first(pool->channels - c);
        tr_v4_store8(out + c, tr_v4_min(tr_mve_largest(&area, lo, mask), hi), mask);
    }
    return out + pool->channels;
}

void tr_max_pool_mve_s8(const tr_pool *pool, const int8_t *in, int8_t *out, void *scratch)
{
    (void)scratch;
    tr_pool_pixels(pool, in, out, pixel);
}
