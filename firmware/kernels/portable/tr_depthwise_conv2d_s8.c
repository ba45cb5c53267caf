/* Portable depthwise convolution. Weights: (row, column, output channel), as TFLite has them.
 * With one output a channel, four channels share each walk over the clipped window; otherwise one
 * output channel at a time. */
#include "tinyrob/tr_depthwise_conv2d_s8.h"

/* Adds the taps of `width` (1 or 4) neighbouring channels to sum; `in` is the image and `w` the
 * kernel, both at the first of these channels. */
static inline void add_taps(int32_t *sum, int32_t width, const tr_depthwise_conv2d *conv,
                            tr_taps rows, tr_taps columns, const int8_t *in, const int8_t *w)
{
    const tr_window *window = &conv->window;
    const int32_t out_c = conv->in_c * conv->depth;
    const int32_t step = window->dilation_w * conv->in_c;
    for (int32_t ky = rows.first; ky < rows.last; ky++) {
        const int32_t y = rows.origin + ky * window->dilation_h;
        const int32_t x = columns.origin + columns.first * window->dilation_w;
        const int8_t *tap = w + (ky * window->kernel_w + columns.first) * out_c;
        const int8_t *value = in + (y * window->in_w + x) * conv->in_c;
        for (int32_t n = columns.last - columns.first; n > 0; n--, tap += out_c, value += step) {
            sum[0] += (value[0] + conv->input_offset) * tap[0];
            if (width == 4) {
                sum[1] += (value[1] + conv->input_offset) * tap[1];
                sum[2] += (value[2] + conv->input_offset) * tap[2];
                sum[3] += (value[3] + conv->input_offset) * tap[3];
            }
        }
    }
}

static void all_channels(const tr_depthwise_conv2d *conv, tr_taps rows, tr_taps columns,
                         const int8_t *in, int8_t *out)
{
    const int32_t out_c = conv->in_c * conv->depth;
    int32_t o = 0;
    if (conv->depth == 1) {
        for (; o + 4 <= out_c; o += 4) {
            int32_t sum[4] = {conv->bias[o], conv->bias[o + 1], conv->bias[o + 2],
                              conv->bias[o + 3]};
            add_taps(sum, 4, conv, rows, columns, in + o, conv->weights + o);
            for (int32_t j = 0; j < 4; j++) {
                out[o + j] = tr_requantize(sum[j], conv->multiplier[o + j], conv->shift[o + j],
                                           &conv->output);
            }
        }
    }
    in += o;
    for (int32_t repeat = 0; o < out_c; o++) {
        int32_t sum = conv->bias[o];
        add_taps(&sum, 1, conv, rows, columns, in, conv->weights + o);
        out[o] = tr_requantize(sum, conv->multiplier[o], conv->shift[o], &conv->output);
        if (++repeat == conv->depth) {
            repeat = 0;
            in++;
        }
    }
}

void tr_depthwise_conv2d_s8(const tr_depthwise_conv2d *conv, const int8_t *in, int8_t *out,
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
