/* Portable depthwise convolution of int16. Weights: (row, column, output channel), as TFLite has
 * them; one output channel at a time. */
#include "tinyrob/tr_depthwise_conv2d_s16.h"

/* The taps of one channel; `in` is the image and `w` the kernel, both at it. */
static int64_t add_taps(int64_t sum, const tr_depthwise_conv2d16 *conv, tr_taps rows,
                        tr_taps columns, const int16_t *in, const int8_t *w)
{
    const tr_window *window = &conv->window;
    const int32_t out_c = conv->in_c * conv->depth;
    const int32_t step = window->dilation_w * conv->in_c;
    for (int32_t ky = rows.first; ky < rows.last; ky++) {
        const int32_t y = rows.origin + ky * window->dilation_h;
        const int32_t x = columns.origin + columns.first * window->dilation_w;
        const int8_t *tap = w + (ky * window->kernel_w + columns.first) * out_c;
        const int16_t *value = in + (y * window->in_w + x) * conv->in_c;
        for (int32_t n = columns.last - columns.first; n > 0; n--, tap += out_c, value += step) {
            sum += *value * *tap;
        }
    }
    return sum;
}

static void all_channels(const tr_depthwise_conv2d16 *conv, tr_taps rows, tr_taps columns,
                         const int16_t *in, int16_t *out)
{
    const int32_t out_c = conv->in_c * conv->depth;
    for (int32_t o = 0, repeat = 0; o < out_c; o++) {
        const int64_t bias = conv->sums.bias[o];
        const int64_t sum = add_taps(bias, conv, rows, columns, in, conv->weights + o);
        out[o] = tr_finish16(sum, &conv->sums, o);
        if (++repeat == conv->depth) {
            repeat = 0;
            in++;
        }
    }
}

void tr_depthwise_conv2d_s16(const tr_depthwise_conv2d16 *conv, const int16_t *in, int16_t *out,
                             void *scratch)
{
    const tr_window *w = &conv->window;
    (void)scratch;
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * conv->in_c) {
        for (int32_t y = 0; y < w->out_h; y++) {
            const tr_taps rows = tr_clip_rows(w, y);
            for (int32_t x = 0; x < w->out_w; x++, out += conv->in_c * conv->depth) {
                all_channels(conv, rows, tr_clip_columns(w, x), in, out);
            }
        }
    }
}
