/* Portable depthwise convolution with one weight a channel: windows are summed, then multiplied
 * once. Four channels share each walk over the clipped window: 4 instructions a MAC,
 * all in, on Thumb-2. */
#include "tinyrob/tr_depthwise_uniform_s8.h"

/* Adds `width` (1 or 4) neighbouring channels over the window; `in` is the image at the first. */
static inline void add_window(int32_t *sum, int32_t width, const tr_depthwise_uniform *pool,
                              tr_taps rows, tr_taps columns, const int8_t *in)
{
    const tr_window *w = &pool->window;
    const int32_t step = w->dilation_w * pool->channels;
    for (int32_t ky = rows.first; ky < rows.last; ky++) {
        const int32_t y = rows.origin + ky * w->dilation_h;
        const int32_t x = columns.origin + columns.first * w->dilation_w;
        const int8_t *value = in + (y * w->in_w + x) * pool->channels;
        for (int32_t n = columns.last - columns.first; n > 0; n--, value += step) {
            sum[0] += value[0];
            if (width == 4) {
                sum[1] += value[1];
                sum[2] += value[2];
                sum[3] += value[3];
            }
        }
    }
}

static void all_channels(const tr_depthwise_uniform *pool, tr_taps rows, tr_taps columns,
                         const int8_t *in, int8_t *out)
{
    const int32_t taps = (rows.last - rows.first) * (columns.last - columns.first);
    const int32_t offset = taps * pool->input_offset;
    for (int32_t c = 0; c < pool->channels;) {
        const int32_t width = pool->channels - c >= 4 ? 4 : 1;
        int32_t sum[4] = {0, 0, 0, 0};
        if (width == 4) {
            add_window(sum, 4, pool, rows, columns, in + c);
        } else {
            add_window(sum, 1, pool, rows, columns, in + c);
        }
        for (int32_t j = 0; j < width; j++, c++) {
            out[c] = tr_requantize((sum[j] + offset) * pool->weights[c] + pool->bias[c],
                                   pool->multiplier[c], pool->shift[c], &pool->output);
        }
    }
}

void tr_depthwise_uniform_s8(const tr_depthwise_uniform *pool, const int8_t *in, int8_t *out,
                             void *scratch)
{
    const tr_window *w = &pool->window;
    (void)scratch;
    for (int32_t n = 0; n < pool->batches; n++, in += w->in_h * w->in_w * pool->channels) {
        for (int32_t y = 0; y < w->out_h; y++) {
            const tr_taps rows = tr_clip_rows(w, y);
            for (int32_t x = 0; x < w->out_w; x++, out += pool->channels) {
                all_channels(pool, rows, tr_clip_columns(w, x), in, out);
            }
        }
    }
}
