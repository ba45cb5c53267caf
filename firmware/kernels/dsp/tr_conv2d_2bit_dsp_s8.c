/* Convolution for Cortex-M with DSP from ternary kernels in 2 bits a weight: three pixels by
 * two output channels at a time, as tr_conv2d_dsp_s8. Cost: tr_dsp_packed.h. */
#include "tinyrob/tr_conv2d_2bit_dsp_s8.h"

#include "tr_dsp_conv_2bit.h"

void tr_conv2d_2bit_dsp_s8(const tr_conv2d_dsp *conv, const int8_t *in, int8_t *out,
                            void *scratch)
{
    const tr_window *w = &conv->window;
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * conv->in_c) {
        tr_dsp_walk walk;
        tr_dsp_walk_start(&walk, w, conv->in_c, conv->input_zero_point, in, scratch);
        for (int32_t left = w->out_h * w->out_w; left > 0; left -= 3) {
            const int32_t pixels = left < 3 ? left : 3;
            tr_dsp_conv_2bit(conv, &walk, pixels, out);
            out += pixels * conv->out_c;
        }
    }
}
