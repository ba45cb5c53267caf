/* Max pooling for Cortex-M with MVE: four channels at a time; about 5 instructions for four
 * values. Padding is not looked at. */
#include "tinyrob/tr_max_pool_mve_s8.h"

#include "tr_mve_area_of.h"

void tr_max_pool_mve_s8(const tr_pool *pool, const int8_t *in, int8_t *out, void *scratch)
{
    const tr_window *w = &pool->window;
    const tr_v4 lo = tr_v4_all(pool->output.lo), hi = tr_v4_all(pool->output.hi);
    (void)scratch;
    for (int32_t n = 0; n < pool->batches; n++, in += w->in_h * w->in_w * pool->channels) {
        for (int32_t y = 0; y < w->out_h; y++) {
            for (int32_t x = 0; x < w->out_w; x++, out += pool->channels) {
                tr_mve_area area = tr_mve_area_of(pool, y, x, in);
                for (int32_t c = 0; c < pool->channels; c += 4, area.in += 4) {
                    const tr_v4_mask mask = tr_v4_first(pool->channels - c);
                    const tr_v4 most = tr_mve_largest(&area, lo, mask);
                    tr_v4_store8(out + c, tr_v4_min(most, hi), mask);
                }
            }
        }
    }
}
