/* The same with a residual sum at its end: rows go to scratch, and from there through tr_dsp_add
 * over the other operand. */
#include "tinyrob/tr_conv2d_add_winograd_dsp_s8.h"

#include "tr_dsp_add.h"
#include "tr_dsp_clamp.h"
#include "tr_dsp_winograd.h"

void tr_conv2d_add_winograd_dsp_s8(const tr_conv2d_add_winograd_dsp *both, const int8_t *in,
                                   const int8_t *other, int8_t *out, void *scratch)
{
    const tr_conv2d_winograd_dsp *conv = &both->conv;
    const tr_window *w = &conv->window;
    const int32_t step = 2 * conv->rows, line = w->out_w * conv->out_c;
    int8_t *rows = (int8_t *)scratch + tr_dsp_winograd_bytes(conv);
    for (int32_t n = conv->batches; n > 0; n--, in += w->in_h * w->in_w * conv->in_c) {
        for (int32_t y = 0; y < w->out_h; y += step) {
            const int32_t left = w->out_h - y, values = (left < step ? left : step) * line;
            tr_dsp_winograd(conv, in, y, rows, scratch);
            tr_dsp_clamp(rows, values, conv->lo, conv->hi);
            tr_dsp_add(&both->add, rows, other, out, values);
            other += values;
            out += values;
        }
    }
}
