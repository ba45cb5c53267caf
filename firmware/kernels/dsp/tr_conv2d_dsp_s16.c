/* Convolution of int16 for Cortex-M with DSP: each window is laid out in a row, padding as zeros,
 * from which all output channels are made, four at a time (tr_dsp_dot16.h). */
#include "tinyrob/tr_conv2d_dsp_s16.h"

#include "tr_dsp_outputs16.h"

static int16_t *zeros(int16_t *to, int32_t count)
{
    for (; count > 0; count--) {
        *to++ = 0;
    }
    return to;
}

static int16_t *copy(int16_t *to, const int16_t *from, int32_t count)
{
    for (; count >= 4; count -= 4, to += 4, from += 4) {
        __builtin_memcpy(to, from, 8);
    }
    for (; count > 0; count--) {
        *to++ = *from++;
    }
    return to;
}

/* The window at (y, x), filled up with zeros. */
static void lay_out(const tr_conv2d_dsp16 *conv, const int16_t *image, tr_taps rows, tr_taps columns,
                    int16_t *to)
{
    const tr_window *w = &conv->window;
    const int32_t c = conv->in_c, taps = columns.last - columns.first;
    const int32_t left = columns.first * c, right = (w->kernel_w - columns.last) * c;
    to = zeros(to, rows.first * w->kernel_w * c);
    for (int32_t ky = rows.first; ky < rows.last; ky++) {
        const int32_t y = rows.origin + ky * w->dilation_h;
        const int32_t x = columns.origin + columns.first * w->dilation_w;
        const int16_t *from = image + (y * w->in_w + x) * c;
        to = zeros(to, left);
        if (w->dilation_w == 1) {
            to = copy(to, from, taps * c);
        } else {
            for (int32_t n = taps; n > 0; n--, from += w->dilation_w * c) {
                to = copy(to, from, c);
            }
        }
        to = zeros(to, right);
    }
    to = zeros(to, (w->kernel_h - rows.last) * w->kernel_w * c);
    zeros(to, -(w->kernel_h * w->kernel_w * c) & 3);
}

void tr_conv2d_dsp_s16(const tr_conv2d_dsp16 *conv, const int16_t *in, int16_t *out,
                       void *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t c = conv->in_c, steps = (w->kernel_h * w->kernel_w * c + 3) / 4;
    const int32_t in_place = w->kernel_h == 1 && w->kernel_w == 1 && c % 4 == 0;
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * c) {
        for (int32_t y = 0; y < w->out_h; y++) {
            const tr_taps rows = tr_clip_rows(w, y);
            for (int32_t x = 0; x < w->out_w; x++, out += conv->out_c) {
                const tr_taps columns = tr_clip_columns(w, x);
                const int16_t *window = scratch;
                if (in_place && rows.last > rows.first && columns.last > columns.first) {
                    window = in + (rows.origin * w->in_w + columns.origin) * c;
                } else {
                    lay_out(conv, in, rows, columns, scratch);
                }
                tr_dsp_outputs16(&conv->sums, conv->weights, window, steps, conv->out_c, out);
            }
        }
    }
}
