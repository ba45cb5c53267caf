/* Portable average pooling: windows are clipped to the image first; halves away from zero. */
#include "tinyrob/tr_average_pool_s8.h"

static int32_t window_sum(const tr_pool *pool, tr_taps rows, tr_taps columns, const int8_t *in)
{
    const tr_window *w = &pool->window;
    int32_t sum = 0;
    for (int32_t ky = rows.first; ky < rows.last; ky++) {
        const int32_t first = (rows.origin + ky) * w->in_w + columns.origin + columns.first;
        const int8_t *value = in + first * pool->channels;
        for (int32_t n = columns.last - columns.first; n > 0; n--, value += pool->channels) {
            sum += *value;
        }
    }
    return sum;
}

void tr_average_pool_s8(const tr_pool *pool, const int8_t *in, int8_t *out, void *scratch)
{
    const tr_window *w = &pool->window;
    (void)scratch;
    for (int32_t n = 0; n < pool->batches; n++, in += w->in_h * w->in_w * pool->channels) {
        for (int32_t y = 0; y < w->out_h; y++) {
            const tr_taps rows = tr_clip_rows(w, y);
            for (int32_t x = 0; x < w->out_w; x++) {
                const tr_taps columns = tr_clip_columns(w, x);
                const int32_t count = (rows.last - rows.first) * (columns.last - columns.first);
                for (int32_t c = 0; c < pool->channels; c++) {
                    const int32_t sum = window_sum(pool, rows, columns, in + c);
                    const int32_t half = sum > 0 ? count / 2 : -(count / 2);
                    *out++ = tr_clamp((sum + half) / count, &pool->output);
                }
            }
        }
    }
}
