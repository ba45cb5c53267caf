/* 3x3 convolution for Cortex-M with DSP by Winograd's minimal filtering (tr_dsp_winograd.h): 16
 * products in place of 36, for four outputs. About half of what tr_conv2d_dsp_s8 costs, for a
 * multiple of its scratch. */
#include "tinyrob/tr_conv2d_winograd_dsp_s8.h"

#include "tr_dsp_clamp.h"
#include "tr_dsp_winograd.h"

void tr_conv2d_winograd_dsp_s8(const tr_conv2d_winograd_dsp *conv, const int8_t *in, int8_t *out,
                               void *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t step = 2 * conv->rows, line = w->out_w * conv->out_c;
    int8_t *const first = out;
    for (int32_t n = conv->batches; n > 0; n--, in += w->in_h * w->in_w * conv->in_c) {
        for (int32_t y = 0; y < w->out_h; y += step, out += step * line) {
            tr_dsp_winograd(conv, in, y, out, scratch);
        }
        out += (w->out_h - (w->out_h + step - 1) / step * step) * line;
    }
    tr_dsp_clamp(first, (int32_t)(out - first), conv->lo, conv->hi);
}
