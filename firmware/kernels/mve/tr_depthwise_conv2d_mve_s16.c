/* Depthwise convolution of int16 for Cortex-M with MVE: four channels of a pixel at a time, as lanes of
 * 32 bits. 10 instructions for the 4 MACs of a tap. */
#include "tinyrob/tr_depthwise_conv2d_mve_s16.h"

#include "tr_mve_sums16.h"

/* Up to four channels; `in` is the image and `w` the kernel, both at the first of them. */
static tr_v4 four(const tr_depthwise_conv2d16 *conv, tr_taps rows, tr_taps columns,
                  const int16_t *in, const int8_t *w, tr_v4_mask mask)
{
    const tr_window *window = &conv->window;
    const int32_t c = conv->in_c, step = window->dilation_w * c;
    tr_v4 sums = tr_v4_all(0);
    for (int32_t ky = rows.first; ky < rows.last; ky++) {
        const int32_t y = rows.origin + ky * window->dilation_h;
        const int32_t x = columns.origin + columns.first * window->dilation_w;
        const int8_t *tap = w + (ky * window->kernel_w + columns.first) * c;
        const int16_t *value = in + (y * window->in_w + x) * c;
        for (int32_t n = columns.last - columns.first; n > 0; n--, tap += c, value += step) {
            sums = tr_v4_multiply_add(sums, tr_v4_load16(value, mask), tr_v4_load8(tap, mask));
        }
    }
    return sums;
}

static void finish(tr_v4 sums, const tr_sums16 *of, int32_t channel, int32_t count, int16_t *out)
{
    int32_t all[4];
    if (of->wide == TR_MVE_NARROW) {
        tr_mve_outputs_narrow(sums, of, channel, count, out);
        return;
    }
    tr_v4_store(all, sums);
    for (int32_t j = 0; j < count; j++) {
        out[j] = tr_finish16(of->bias[channel + j] + all[j], of, channel + j);
    }
}

void tr_depthwise_conv2d_mve_s16(const tr_depthwise_conv2d16 *conv, const int16_t *in, int16_t *out,
                                 void *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t c = conv->in_c;
    (void)scratch;
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * c) {
        for (int32_t y = 0; y < w->out_h; y++) {
            const tr_taps rows = tr_clip_rows(w, y);
            for (int32_t x = 0; x < w->out_w; x++, out += c) {
                const tr_taps columns = tr_clip_columns(w, x);
                for (int32_t o = 0; o < c; o += 4) {
                    const int32_t count = c - o < 4 ? c - o : 4;
                    const tr_v4 sums = four(conv, rows, columns, in + o, conv->weights + o,
                                            tr_v4_first(count));
                    finish(sums, &conv->sums, o, count, out + o);
                }
            }
        }
    }
}
