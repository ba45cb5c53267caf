/* Convolution with a residual sum at its end, from ternary kernels in 2 bits a weight: as
 * tr_conv2d_add_dsp_s8. */
#include "tinyrob/tr_conv2d_add_2bit_dsp_s8.h"

#include "tr_dsp.h"
#include "tr_dsp_add.h"
#include "tr_dsp_conv_2bit.h"

void tr_conv2d_add_2bit_dsp_s8(const tr_conv2d_add_dsp *both, const int8_t *in,
                               const int8_t *other, int8_t *out, void *scratch)
{
    const tr_conv2d_dsp *conv = &both->conv;
    const tr_window *w = &conv->window;
    int8_t *three = scratch;
    int8_t *rest = three + 4 * tr_words(3 * conv->out_c);
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * conv->in_c) {
        tr_dsp_walk walk;
        tr_dsp_walk_start(&walk, w, conv->in_c, conv->input_zero_point, in, rest);
        for (int32_t left = w->out_h * w->out_w; left > 0; left -= 3) {
            const int32_t pixels = left < 3 ? left : 3, values = pixels * conv->out_c;
            tr_dsp_conv_2bit(conv, &walk, pixels, three);
            tr_dsp_add(&both->add, three, other, out, values);
            other += values;
            out += values;
        }
    }
}
