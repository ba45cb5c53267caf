/* Portable max pooling: windows are clipped to the image first. */
#include "tinyrob/tr_max_pool_s8.h"

static int32_t window_max(const tr_pool *pool, tr_taps rows, tr_taps columns, const int8_t *in)
{
    const tr_window *w = &pool->window;
    int32_t best = INT8_MIN;
    for (int32_t ky = rows.first; ky < rows.last; ky++) {
        const int32_t first = (rows.origin + ky) * w->in_w + columns.origin + columns.first;
        const int8_t *value = in + first * pool->channels;
        for (int32_t n = columns.last - columns.first; n > 0; n--, value += pool->channels) {
            best = *value > best ? *value : best;
        }
    }
    return best;
}

void tr_max_pool_s8(const tr_pool *pool, const int8_t *in, int8_t *out, void *scratch)
{
    const tr_window *w = &pool->window;
    (void)scratch;
    for (int32_t n = 0; n < pool->batches; n++, in += w->in_h * w->in_w * pool->channels) {
        for (int32_t y = 0; y < w->out_h; y++) {
            const tr_taps rows = tr_clip_rows(w, y);
            for (int32_t x = 0; x < w->out_w; x++) {
                const tr_taps columns = tr_clip_columns(w, x);
                for (int32_t c = 0; c < pool->channels; c++) {
                    *out++ = tr_clamp(window_max(pool, rows, columns, in + c), &pool->output);
                }
            }
        }
    }
}
