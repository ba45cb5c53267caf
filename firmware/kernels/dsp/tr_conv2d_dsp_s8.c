/* Convolution for Cortex-M with DSP: three pixels by two output channels at a time.
 *
 * Windows of three pixels are expanded to int16 (tr_dsp_gather.h), then all output channels are
 * computed from them (tr_dsp_dot.h). Any kernel, stride, dilation, padding and channel count.
 *
 * Measured instructions a MAC, all in, are in README.md beside this file. */
#include "tinyrob/tr_conv2d_dsp_s8.h"

#include "tr_dsp.h"
#include "tr_dsp_clamp.h"
#include "tr_dsp_conv.h"

void tr_conv2d_dsp_s8(const tr_conv2d_dsp *conv, const int8_t *in, int8_t *out, void *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t steps = tr_words(w->kernel_h * w->kernel_w * conv->in_c), each = 3 * conv->ring;
    int8_t *rest = scratch;
    int8_t *const first = out;
    if (conv->ring > 1) {
        rest += 24 * steps;
    }
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * conv->in_c) {
        tr_dsp_walk walk;
        tr_dsp_walk_start(&walk, w, conv->in_c, conv->input_zero_point, in, rest);
        for (int32_t left = w->out_h * w->out_w; left > 0; left -= each) {
            const int32_t pixels = left < each ? left : each;
            tr_dsp_conv(conv, &walk, pixels, out);
            out += pixels * conv->out_c;
        }
    }
    tr_dsp_clamp(first, (int32_t)(out - first), conv->lo, conv->hi);
}
