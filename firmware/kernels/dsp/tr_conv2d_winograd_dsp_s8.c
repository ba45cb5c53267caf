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
    for (int32_t n = conv->batches; n > 0; n--, in += w->in_h * w->in_w * conv->in_c) {
        for (int32_t y = 0; y < w->out_h; y += step) {
            tr_dsp_winograd(conv, in, y, out + y * line, scratch);
        }
        tr_dsp_clamp(out, w->out_h * line, conv->lo, conv->hi);
        out += w->out_h * line;
    }
}
